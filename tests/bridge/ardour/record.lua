-- Ardour without a window: a session with one stereo track that records from JACK until a file says stop.
-- SESSION: the folder to make. FLAG: FLAG.rolling is written when it records, FLAG.stop is waited for.
-- TOOLS: the folder of wait.lua.
local folder, flag, await = os.getenv("SESSION"), os.getenv("FLAG"), dofile(os.getenv("TOOLS") .. "/wait.lua")

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

AudioEngine:set_backend("JACK", "ardour", "")
-- this starts the engine, too, which must not be done twice: Ardour's ports would be made anew beside the old ones
local session = create_session(folder, "session", 48000)
assert(session, "no session could be made")
local tracks = session:new_audio_track(
  2, 2, nil, 1, "bridge", ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
for track in tracks:iter() do
  track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
  await(function() return track:rec_enable_control():get_value() == 1 end, "the track is not armed")
end
session:maybe_enable_record(true)
session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
await(function() return session:actively_recording() end, "nothing is recorded")
io.open(flag .. ".rolling", "w"):close()
await(function() return exists(flag .. ".stop") end, "nobody says stop")
local last = session:transport_sample() + 48000  -- what was played is still on its way
await(function() return session:transport_sample() > last end, "the transport does not go on")
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
await(function() return session:transport_stopped() end, "the transport does not stop")
session:save_state("", false, false, false, false, false)
print("recorded to " .. session:transport_sample())
close_session()
quit()

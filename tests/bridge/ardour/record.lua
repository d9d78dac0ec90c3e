-- Ardour without a window: a session with one stereo track that records from JACK until a file says stop.
-- SESSION: the folder to make. FLAG: FLAG.rolling is written when it records, FLAG.stop is waited for.
local folder, flag = os.getenv("SESSION"), os.getenv("FLAG")

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

-- what is asked for happens in another thread
local function await(happened, problem)
  for _ = 1, 200 do
    if happened() then return end
    os.execute("sleep 0.1")
  end
  error(problem)
end

AudioEngine:set_backend("JACK", "", "")
AudioEngine:start(false)
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
for _ = 1, 900 do
  if exists(flag .. ".stop") then break end
  os.execute("sleep 0.1")
end
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
os.execute("sleep 1")
session:save_state("", false, false, false, false, false)
print("recorded to " .. session:transport_sample())
close_session()
quit()

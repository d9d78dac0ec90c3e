-- Actions in a real session of Ardour, without a window: what only its editor has is imitated, and strictly so.
-- SCENARIO: a file that returns {folder, result, channels, steps}, the steps {script, range, select, answers,
-- cancel_at}; what happened is written to the result, a line each. TOOLS: the folder of wait.lua.
local scenario, await = dofile(os.getenv("SCENARIO")), dofile(os.getenv("TOOLS") .. "/wait.lua")
local RATE = 48000
local said, step = {}, nil  -- the step that runs

local function say(...)
  said[#said + 1] = table.concat({ ... }, "\t")
end

-- A name that is not known is an error.
local function strict(name, known)
  return setmetatable(known, {
    __index = function(_, key) error(name .. "." .. tostring(key) .. " is not known", 2) end,
    __newindex = function(_, key) error(name .. "." .. tostring(key) .. " cannot be set", 2) end,
  })
end

AudioEngine:set_backend("None (Dummy)", "", "")
AudioEngine:set_device_name("Uniform White Noise")
AudioEngine:set_sample_rate(RATE)
local session = assert(create_session(scenario.folder, "session", RATE), "no session could be made")
local track
for one in session:new_audio_track(
  scenario.channels, 2, nil, 1, "voice", ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true):iter() do track = one end
track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
await(function() return track:rec_enable_control():get_value() == 1 end, "the track is not armed")
session:maybe_enable_record(true)
session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
await(function() return session:transport_sample() > 3 * RATE end, "nothing is recorded")
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
await(function() return session:transport_stopped() and track:playlist():region_list():size() == 1 end, "no region")
session:maybe_enable_record(false)
local recorded
for one in track:playlist():region_list():iter() do recorded = one end
recorded:set_position(Temporal.timepos_t(48000))
recorded:set_length(Temporal.timecnt_t(96000))
say("recorded", recorded:start():samples(), recorded:position():samples(), recorded:length():samples())

local function frames_of(path)
  local file = assert(io.open(path, "rb"), "no file " .. path)
  local text = file:read("a")
  file:close()
  local format, data = text:find("fmt ", 1, true), text:find("data", 1, true)
  return string.unpack("<I4", text, data + 4) // string.unpack("<I2", text, format + 20)
end

Session = session
Editing = strict("Editing", { ImportDistinctFiles = 1, ImportAsRegion = 2 })
-- The signature of Ardour 7 and 8. Instead of the file a part of the recording becomes a source, just as long.
local editor = {}
function editor.do_import(_, paths, disposition, mode, quality, names, tempo, position, plugin, onto, markers, ...)
  assert(select("#", ...) == 0 and paths:size() == 1 and disposition == 1 and mode == 2 and markers == false)
  assert(quality == ARDOUR.SrcQuality.SrcBest and names == ARDOUR.MidiTrackNameSource.SMFTrackName)
  assert(tempo == ARDOUR.MidiTempoMapDisposition.SMFTempoIgnore and position:samples() == 0)
  assert(plugin:isnil() and onto:isnil())
  local path = paths:table()[1]
  local frames = frames_of(path)
  session:begin_reversible_command("insert file")  -- as Ardour does, which takes an undo step around it away
  if not session:abort_empty_reversible_command() then session:commit_reversible_command(nil) end
  track:bounce_range(48000, 48000 + frames, ARDOUR.InterThreadInfo(), track:main_outs(), false, "bounced")
  say("imported", path, frames)
end
function editor.get_selection()
  local function list(method, values)
    return { [method] = function() return { iter = function()
      local index = 0
      return function() index = index + 1 return values[index] end
    end } end }
  end
  local first, last = table.unpack(step.range or { 0, 0 })
  return strict("Selection", {
    time = strict("TimeSelection", { start_sample = function() return first end, end_sample = function() return last end }),
    regions = strict("RegionSelection", list("regionlist", step.select == "region" and { recorded } or {})),
    tracks = strict("TrackSelection", list("routelist", step.select and { track } or {})),
  })
end
Editor = strict("Editor", editor)

LuaDialog = strict("LuaDialog", {
  MessageType = strict("MessageType", { Error = 3 }), ButtonType = strict("ButtonType", { Close = 2 }),
  Message = function(title, text, kind, buttons)
    assert(title and kind == 3 and buttons == 2)
    return { run = function() say("message", (text:gsub("\n", " "))) end }
  end,
  Dialog = function(title, fields)
    return { run = function()
      say("dialog", title, #fields)
      if not step.answers then return nil end
      local given = {}
      for index, field in ipairs(fields) do
        assert(field.type == "entry" and field.key and field.title and field.default)
        given[field.key] = step.answers[index] or field.default
      end
      return given
    end }
  end,
  ProgressWindow = function(_, cancel)
    assert(cancel == true)
    local ticks, window = 0, {}
    function window:progress(part, text)
      assert(part >= 0 and part <= 1 and type(text) == "string")
      ticks = ticks + 1
    end
    function window:canceled() return ticks == step.cancel_at end
    function window:done() say("window closed") end
    return strict("ProgressWindow", window)
  end,
})

-- As Ardour does: the head is read, and the function that the factory makes is kept as code, without what is around it.
local function run(script)
  function ardour(head) assert(head.type == "EditorAction" and head.name and head.license and head.author) end
  assert(loadfile(script))()
  local code = string.dump(factory(), true)
  local sandboxed = {}
  for _, name in ipairs({ "dofile", "require", "package", "debug", "rawget", "rawset", "coroutine" }) do
    sandboxed[name], _G[name] = _G[name], nil
  end
  local ok, why = pcall(load(code, "action", "b"))
  for name, value in pairs(sandboxed) do _G[name] = value end
  if not ok then say("raised", tostring(why)) end
end
for _, one in ipairs(scenario.steps) do
  step = one
  run(step.script)
end

session:save_state("", false, false, false, false, false)  -- and the history with it
for route in session:get_tracks():iter() do
  for region in route:to_track():playlist():region_list():iter() do
    say("region", route:name(), region:name(), region:position():samples(), region:length():samples(), region:layer())
  end
end
local out = assert(io.open(scenario.result, "wb"))
out:write(table.concat(said, "\n"))
out:close()
close_session()
quit()

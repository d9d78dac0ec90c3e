-- A Reaper that can do what the scripts need and nothing else: a name or an argument that it does not know is an error.
-- Signatures are those of Reaper's own documentation. `lua reaper.lua SCENARIO RESULT` runs a script in it.
local scenario = dofile(arg[1])
local json = dofile(scenario.scripts .. "lib/json.lua")
local folder = arg[0]:match("^(.*/)")

local P = { kind = "ReaProject*", file = scenario.project or "", tracks = {}, items = {}, accessors = 0 }
local OTHER = { kind = P.kind }  -- in another tab
local front = P
local log = { boxes = {}, dialogs = {}, undo = {}, window = {}, registered = {}, commands = {}, turns = 0, open_blocks = 0 }
local state, deferred, at_exit = scenario.ext or {}, {}, {}
local clock, guid, refresh = 0.0, 0, 0

-- Kinds of arguments: p project (or 0), t track, i item, k take, o source, a accessor, r array, s text, n number,
-- d a whole one, b boolean, f function, w a window's context; ? after a kind: it may be left out.
local KINDS = { t = "MediaTrack*", i = "MediaItem*", k = "MediaItem_Take*", o = "PCM_source*", a = "AudioAccessor*",
  r = "reaper.array", w = "ImGui_Context*" }
local PLAIN = { s = "string", n = "number", b = "boolean", f = "function" }
local API, SIGNATURES = {}, {}

local function fits(kind, value)
  if PLAIN[kind] then return type(value) == PLAIN[kind] end
  if kind == "d" then return math.type(value) ~= nil and value % 1 == 0 end
  if kind == "p" then return value == 0 or value == P or value == OTHER end
  if kind == "x" then return type(value) == "table" end  -- any pointer
  return type(value) == "table" and value.kind == KINDS[kind]
end

local function check(name, ...)
  local given, at = table.pack(...), 0
  for kind, optional in SIGNATURES[name]:gmatch("(%a)(%??)") do
    at = at + 1
    local missing = given[at] == nil and optional == "?"
    if not missing and not fits(kind, given[at]) then
      error(("reaper.%s: argument %d is %s, a %s is due"):format(name, at, tostring(given[at]), kind), 3)
    end
  end
  if given.n > at then error(("reaper.%s takes %d arguments, got %d"):format(name, at, given.n), 3) end
end

reaper = setmetatable({}, {
  __index = function(_, name)
    if not API[name] then error("reaper." .. tostring(name) .. " is not known", 2) end
    return function(...)
      check(name, ...)
      clock = clock + 0.0005
      return API[name](...)
    end
  end,
  __newindex = function(_, name) error("reaper." .. tostring(name) .. " cannot be set", 2) end,
})

local function define(name, signature, call)
  SIGNATURES[name], API[name] = signature, call
end

local function without(list, one)
  for index = #list, 1, -1 do
    if list[index] == one then table.remove(list, index) end
  end
end

local function contains(list, one)
  for _, other in ipairs(list) do
    if other == one then return true end
  end
  return false
end

local function values(defaults)
  return function(one, name)
    if defaults[name] == nil then error(name .. " is no value of " .. one.kind, 3) end
    return one.values[name] == nil and defaults[name] or one.values[name]
  end
end

local ITEM = { D_POSITION = 0, D_LENGTH = 0, B_LOOPSRC = 1 }
local TAKE = { D_STARTOFFS = 0, D_PLAYRATE = 1, D_PITCH = 0, D_VOL = 1, D_PAN = 0, I_CHANMODE = 0 }

local function changes(what)
  assert(log.open_blocks == 1 and refresh == 1, what .. " outside of an undo block")
end

-- Projects. Reaper 6 wants a text for what it writes texts into, Reaper 7 takes it and needs none.
define("EnumProjects", "d", function(index)
  assert(index == -1 or index == 0)
  if front == P and not P.closed then return P, P.file end
  return OTHER, ""
end)
define("SelectProjectInstance", "p", function(project) front = project end)
define("GetSetProjectInfo", "psnb", function(_, name, _, set)
  assert(not set)
  local found = { PROJECT_SRATE = scenario.rate, PROJECT_SRATE_USE = scenario.rate_used == false and 0 or 1 }
  return assert(found[name], name) + 0.0
end)
define("GetAudioDeviceInfo", "ss", function(name) assert(name == "SRATE") return true, tostring(scenario.device_rate) end)
define("GetProjectPathEx", "ps", function() return P.file:match("^(.*)/") .. "/Media" end)
define("ValidatePtr", "xs", function(one, kind) assert(kind == "ReaProject*") return one == P and not P.closed end)
define("ValidatePtr2", "pxs", function(_, one, kind)
  if one.kind ~= kind then return false end
  if kind == "MediaTrack*" then return contains(P.tracks, one) end
  if kind == "MediaItem*" then return contains(P.items, one) end
  return contains(P.items, one.item) and contains(one.item.takes, one)
end)
define("GetSet_LoopTimeRange2", "pbbnnb", function(_, set)
  assert(not set)
  if not scenario.selection then return 0.0, 0.0 end
  return scenario.selection[1], scenario.selection[2]
end)
define("GetCursorPositionEx", "p", function() return scenario.cursor or 0.0 end)

dofile(folder .. "tempo.lua")(define, scenario.tempo)
define("EnumProjectMarkers3", "pd", function(_, index)
  local one = (scenario.markers or {})[index + 1]
  if not one then return 0, false, 0.0, 0.0, "", 0, 0 end
  return index + 1, one.finish ~= nil, one.start, one.finish or 0.0, one.name, index, 0
end)

-- Tracks, items, takes
local function new_track(index)
  local track = { kind = "MediaTrack*", items = {}, name = "" }
  table.insert(P.tracks, index + 1, track)
  return track
end
local function new_item(track)
  local item = { kind = "MediaItem*", takes = {}, values = {}, track = track }
  table.insert(track.items, item)
  table.insert(P.items, item)
  return item
end
local function new_take(item)
  local take = { kind = "MediaItem_Take*", item = item, values = {}, name = "" }
  table.insert(item.takes, take)
  item.active = item.active or take
  return take
end
define("CountTracks", "p", function() return #P.tracks end)
define("GetTrack", "pd", function(_, index) return P.tracks[index + 1] end)
define("GetSelectedTrack", "pd", function(_, index) return index == 0 and P.selected_track or nil end)
define("InsertTrackInProject", "pdd", function(_, index) changes("a track") new_track(index) end)
define("InsertTrackAtIndex", "db", function(index)
  assert(front == P, "into the project in front")
  changes("a track")
  new_track(index)
end)
define("GetSetMediaTrackInfo_String", "tssb", function(track, name, value, set)
  assert(name == "P_NAME" and set)
  track.name = value
  return true, value
end)
define("CountSelectedMediaItems", "p", function() return #(P.selected or {}) end)
define("GetSelectedMediaItem", "pd", function(_, index) return P.selected[index + 1] end)
define("AddMediaItemToTrack", "t", function(track) changes("an item") return new_item(track) end)
define("GetMediaItemInfo_Value", "is", values(ITEM))
define("SetMediaItemInfo_Value", "isn", function(item, name, value)
  changes("an item's value")
  assert(ITEM[name] ~= nil, name)
  item.values[name] = value
  return true
end)
define("CountTakes", "i", function(item) return #item.takes end)
define("GetTake", "id", function(item, index) return item.takes[index + 1] end)
define("GetActiveTake", "i", function(item) return item.active end)
define("SetActiveTake", "k", function(take) changes("the active take") take.item.active = take end)
define("AddTakeToMediaItem", "i", function(item) changes("a take") return new_take(item) end)
define("TakeIsMIDI", "k", function(take) return take.midi == true end)
define("GetMediaItemTakeInfo_Value", "ks", values(TAKE))
define("SetMediaItemTakeInfo_Value", "ksn", function(take, name, value)
  changes("a take's value")
  assert(TAKE[name] ~= nil, name)
  take.values[name] = value
  return true
end)
define("GetSetMediaItemTakeInfo_String", "kssb", function(take, name, value, set)
  assert(name == "P_NAME" and set)
  take.name = value
  return true, value
end)
define("PCM_Source_CreateFromFile", "s", function(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  file:close()
  return { kind = "PCM_source*", path = path }
end)
define("SetMediaItemTake_Source", "ko", function(take, source) take.source = source return true end)
define("GetMediaItemTake_Source", "k", function(take) return take.source end)
define("GetMediaSourceNumChannels", "o", function(source) return source.channels end)
define("UpdateItemInProject", "i", function() end)
define("UpdateArrange", "", function() end)
define("PreventUIRefresh", "d", function(by) refresh = refresh + by end)
define("Undo_BeginBlock2", "p", function() log.open_blocks = log.open_blocks + 1 end)
define("Undo_EndBlock2", "psd", function(_, name, flags)
  assert(flags == -1)
  log.open_blocks = log.open_blocks - 1
  table.insert(log.undo, name)
end)
define("Main_OnCommandEx", "ddp", function(id) table.insert(log.commands, id) end)

dofile(folder .. "audio.lua")(define, P)

-- Everything around it
define("APIExists", "s", function(name) return API[name] ~= nil end)
define("AddRemoveReaScript", "bdsb", function(add, section, path, commit)
  assert(add and section == 0 and io.open(path, "rb"), path)
  table.insert(log.registered, { path = path, commit = commit })
  return #log.registered
end)
define("GetUserInputs", "sdss", function(title, count, captions, defaults)
  local fields = 0
  for field in (captions .. ","):gmatch("(.-),") do
    if not field:match("^extrawidth=") and not field:match("^separator=") then fields = fields + 1 end
  end
  assert(fields == count, "a caption has a comma")
  table.insert(log.dialogs, { title = title, count = count, captions = captions, defaults = defaults })
  return scenario.answer ~= nil, scenario.answer or ""
end)
define("ShowMessageBox", "ssd", function(text) table.insert(log.boxes, text) return 1 end)
define("GetExtState", "ss", function(section, key) return state[section .. "." .. key] or "" end)
define("SetExtState", "sssb", function(section, key, value) state[section .. "." .. key] = value end)
define("GetOS", "", function() return scenario.windows and "Win64" or "Other" end)
define("genGuid", "s?", function() guid = guid + 1 return ("{%s-%04d}"):format(scenario.guid, guid) end)
define("time_precise", "", function() return clock end)
define("RecursiveCreateDirectory", "sd", function(path) return os.execute(("mkdir -p '%s'"):format(path)) and 1 or 0 end)
define("file_exists", "s", function(path) local file = io.open(path, "rb") return file ~= nil and file:close() end)
define("defer", "f", function(call)
  log.deferred = true
  table.insert(deferred, call)
end)
define("atexit", "f", function(call) table.insert(at_exit, call) end)

gfx = dofile(folder .. "drawing.lua")(define, scenario, log)

if scenario.windows then dofile(folder .. "windows.lua") end

-- The project of the scenario: tracks of items {position, length, offset, speed, rate, channels …}; one may be selected.
for index, one in ipairs(scenario.tracks or {}) do
  local track = new_track(index - 1)
  if one.selected then P.selected_track = track end
  for _, given in ipairs(one) do
    local item = new_item(track)
    item.values = { D_POSITION = given.position, D_LENGTH = given.length, B_LOOPSRC = 1 }
    local take = new_take(item)
    take.midi = given.midi
    take.values = { D_STARTOFFS = given.offset, D_PLAYRATE = given.speed, D_VOL = given.volume, I_CHANMODE = given.mode }
    take.source = { kind = "PCM_source*", rate = given.rate or scenario.rate, channels = given.channels or 1, path = "source" }
    if given.selected then P.selected = { item } end
  end
end

if scenario.old then API.InsertTrackInProject = nil end
local API_OF_TESTS = { project = P, state = state, without = without, leave = function() front = OTHER end }

dofile(scenario.scripts .. scenario.script)
if not log.deferred then table.insert(log.undo, "the script itself") end  -- as Reaper does
while #deferred > 0 and log.turns < 4000 do
  log.turns = log.turns + 1
  local now = deferred
  deferred = {}
  if scenario.meanwhile and scenario.meanwhile[log.turns] then scenario.meanwhile[log.turns](API_OF_TESTS) end
  for _, call in ipairs(now) do call() end
  for _, text in ipairs(log.window) do  -- the user ends the script, or Reaper
    if scenario.end_when and text:find(scenario.end_when, 1, true) then deferred = {} end
  end
  if P.was_read and scenario.once_read then  -- the clip is complete, and nothing was rendered yet
    scenario.once_read(API_OF_TESTS)
    scenario.once_read = nil
  end
  clock = clock + 0.033
  if (scenario.sleep or 0.03) > 0 then os.execute("sleep " .. (scenario.sleep or 0.03)) end
end
for _, call in ipairs(at_exit) do call() end
assert(#deferred == 0, "the script did not end")
assert(log.open_blocks == 0 and refresh == 0, "an undo block was left open")
assert(P.accessors == 0, "an audio accessor was left open")
assert(not log.frame, "a window's frame was left open")
log.left = front == OTHER

log.tracks = {}
for index, track in ipairs(P.tracks) do
  local items = {}
  for number, item in ipairs(track.items) do
    local takes = {}
    for at, take in ipairs(item.takes) do
      takes[at] = { path = take.source and take.source.path, name = take.name, active = take == item.active,
        offset = take.values.D_STARTOFFS or 0, speed = take.values.D_PLAYRATE or 1, volume = take.values.D_VOL or 1 }
    end
    items[number] = { position = item.values.D_POSITION, length = item.values.D_LENGTH, loop = item.values.B_LOOPSRC, takes = takes }
  end
  log.tracks[index] = { name = track.name, items = items }
end
log.state = state
local result = assert(io.open(arg[2], "wb"))
result:write(json.encode(log))
result:close()

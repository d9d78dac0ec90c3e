-- What the Lua that Ardour's actions share with Reaper's asks of a host, done by Ardour's functions.
local host = {}
local ANSWERS = ARDOUR.user_config_directory(-1) .. "/bridge_answers.txt"  -- a line each: key, tab, value

function host.GetOS()
  local folder = ARDOUR.user_config_directory(-1)
  return folder:match("^%a:") and "Win64" or folder:match("/Library/Preferences/") and "OSX64" or "Other"
end

function host.time_precise()
  return ARDOUR.LuaAPI.monotonic_time() * 1e-6
end

function host.genGuid()
  return ("%x-%x-%x"):format(os.time(), ARDOUR.LuaAPI.monotonic_time(), math.random(0, 0xffffff))
end

function host.RecursiveCreateDirectory() end  -- the bridge has made the folder for clips

-- What was answered before, which Ardour itself does not keep for scripts.
local function answers()
  local found, file = {}, io.open(ANSWERS, "rb")
  if not file then return found end
  for line in file:lines() do
    local key, value = line:match("^([^\t]*)\t(.*)$")
    if key then found[key] = value end
  end
  file:close()
  return found
end

function host.GetExtState(_, key)
  return answers()[key] or ""
end

function host.SetExtState(_, key, value)
  local kept = answers()
  kept[key] = value:gsub("[\r\n]", " ")
  local file = io.open(ANSWERS, "wb")
  if not file then return end  -- then it is asked afresh the next time
  for name, text in pairs(kept) do file:write(name, "\t", text, "\n") end
  file:close()
end

-- One line for each caption; the answers come back as lines.
function host.GetUserInputs(title, count, captions, defaults)
  local fields, values = {}, (defaults .. "\n"):gmatch("(.-)\n")
  for caption in (captions .. ","):gmatch("(.-),") do
    if #fields < count then
      fields[#fields + 1] = { type = "entry", key = "f" .. #fields, title = caption, default = values() }
    end
  end
  local given = LuaDialog.Dialog(title, fields):run()
  if not given then return false, "" end
  local lines = {}
  for index = 1, count do lines[index] = given["f" .. index - 1] or "" end
  return true, table.concat(lines, "\n")
end

-- Audio of a region: what its part of the sources is, before its gain and fades.
function host.CreateTakeAudioAccessor(region)
  return region:to_readable()
end

function host.DestroyAudioAccessor() end

function host.EnumProjects()
  return Session
end

function host.new_array(size)
  local array = {}
  function array.clear() end  -- every sample is written
  function array.table(offset, length) return table.move(array, offset, offset + length - 1, 1, {}) end
  array.size = size
  return array
end

function host.GetAudioAccessorSamples(readable, rate, channels, start, frames, array)
  local memory = ARDOUR.DSP.DspShm(frames)
  for channel = 0, channels - 1 do
    local count = readable:read(memory:to_float(0), math.floor(start * rate + 0.5), frames, channel)
    if count ~= frames then return -1 end
    local samples = memory:to_float(0):get_table(frames)
    for frame = 1, frames do array[(frame - 1) * channels + channel + 1] = samples[frame] end
  end
  return 1
end

return host

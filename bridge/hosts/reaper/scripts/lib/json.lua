-- @noindex
-- JSON as the bridge writes it: objects, lists, texts, numbers, true, false and null, which becomes nil.
local json = {}

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }
local MEANT = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function text_of(value)
  return '"' .. value:gsub('[%c"\\]', function(sign)
    return ESCAPES[sign] or string.format("\\u%04x", sign:byte())
  end) .. '"'
end

local function number_of(value)
  if math.type(value) == "integer" then return tostring(value) end
  assert(value == value and value ~= math.huge and value ~= -math.huge, "JSON has no such number")
  return (string.format("%.17g", value):gsub(",", "."))  -- some systems write a comma
end

-- Text of a value. A table with [1] is a list, any other an object.
function json.encode(value)
  local kind = type(value)
  if kind == "string" then return text_of(value) end
  if kind == "number" then return number_of(value) end
  if kind == "boolean" then return tostring(value) end
  assert(kind == "table", "JSON has no " .. kind)
  local parts = {}
  if value[1] ~= nil then
    for index, one in ipairs(value) do parts[index] = json.encode(one) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local names = {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names)
  for index, name in ipairs(names) do parts[index] = text_of(name) .. ":" .. json.encode(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local read  -- a value at a place → the value, and the place after it

local function skip(text, at)
  return text:match("^[ \t\r\n]*()", at)
end

local function wrong(at)
  error("this is no JSON, at byte " .. at, 0)
end

local function read_unicode(text, at)
  local code = tonumber(text:match("^%x%x%x%x", at) or wrong(at), 16)
  at = at + 4
  local low = code >= 0xD800 and code < 0xDC00 and text:match("^\\u([dD][c-fC-F]%x%x)", at)
  if low then
    return utf8.char(0x10000 + ((code - 0xD800) << 10) + (tonumber(low, 16) - 0xDC00)), at + 6
  end
  return utf8.char(code), at
end

local function read_text(text, at)
  local parts = {}
  while true do
    local plain, stop = text:match('^([^"\\]*)()', at)
    parts[#parts + 1] = plain
    local sign = text:sub(stop, stop)
    if sign == '"' then return table.concat(parts), stop + 1 end
    if sign == "" then wrong(stop) end
    local escaped = text:sub(stop + 1, stop + 1)
    if escaped == "u" then
      parts[#parts + 1], at = read_unicode(text, stop + 2)
    else
      parts[#parts + 1], at = MEANT[escaped] or wrong(stop), stop + 2
    end
  end
end

local function read_list(text, at)
  local found, count = {}, 0
  at = skip(text, at)
  if text:sub(at, at) == "]" then return found, at + 1 end
  while true do
    count = count + 1
    found[count], at = read(text, at)
    at = skip(text, at)
    local sign = text:sub(at, at)
    if sign == "]" then return found, at + 1 end
    if sign ~= "," then wrong(at) end
    at = at + 1
  end
end

local function read_object(text, at)
  local found = {}
  at = skip(text, at)
  if text:sub(at, at) == "}" then return found, at + 1 end
  while true do
    at = skip(text, at)
    if text:sub(at, at) ~= '"' then wrong(at) end
    local name
    name, at = read_text(text, at + 1)
    at = skip(text, at)
    if text:sub(at, at) ~= ":" then wrong(at) end
    found[name], at = read(text, at + 1)
    at = skip(text, at)
    local sign = text:sub(at, at)
    if sign == "}" then return found, at + 1 end
    if sign ~= "," then wrong(at) end
    at = at + 1
  end
end

function read(text, at)
  at = skip(text, at)
  local sign = text:sub(at, at)
  if sign == '"' then return read_text(text, at + 1) end
  if sign == "{" then return read_object(text, at + 1) end
  if sign == "[" then return read_list(text, at + 1) end
  local word, stop = text:match("^([%w+.-]+)()", at)
  if word == "true" then return true, stop end
  if word == "false" then return false, stop end
  if word == "null" then return nil, stop end
  return tonumber(word or "") or wrong(at), stop
end

-- The value of a text. Raises an error in words.
function json.decode(text)
  local value, at = read(text, 1)
  if skip(text, at) <= #text then wrong(at) end
  return value
end

return json

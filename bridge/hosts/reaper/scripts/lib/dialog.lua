-- @noindex
-- Asks for values. What was answered is there again the next time, also after Reaper was closed.
return function(reaper)
  local SECTION = "audioldm-bridge"
  local SEPARATOR = "\n"  -- a comma belongs to prompts

  local function complain(text)
    error({ text = text }, 0)
  end

  -- The value of a field from its text; nil for a number that was left empty.
  local function read(field, value)
    local kind = field.kind
    if not kind then
      if value == "" and not field.optional then complain(field.caption .. " must not be empty.") end
      return value
    end
    if kind.optional and value == "" then return nil end
    local number = tonumber((value:gsub(",", ".")))
    if not number or number < kind.low or number > kind.high or (kind.whole and number % 1 ~= 0) then
      local whole = kind.whole and "a whole number, " or ""
      complain(("%s must be %s%s to %s, got %q"):format(field.caption, whole, kind.low, kind.high, value))
    end
    return kind.whole and math.floor(number) or number
  end

  -- `fields` are {key, caption, default, kind}, kind nil for text, or {low, high, whole}; no caption has a comma.
  -- Returns values by key, or nil if the user thought better of it. What may be left empty is `optional`; a number is then nil.
  return function(title, fields)
    local captions, values = {}, {}
    for index, field in ipairs(fields) do
      local last = reaper.GetExtState(SECTION, title .. "." .. field.key)
      captions[index] = field.caption
      values[index] = last ~= "" and last or field.default
    end
    captions[#captions + 1] = "extrawidth=320"
    captions[#captions + 1] = "separator=" .. SEPARATOR
    local ok, answer = reaper.GetUserInputs(
      "audioldm-bridge: " .. title, #fields, table.concat(captions, ","), table.concat(values, SEPARATOR))
    if not ok then return nil end
    local found, index = {}, 0
    for value in (answer .. SEPARATOR):gmatch("(.-)" .. SEPARATOR) do
      index = index + 1
      local field = fields[index]
      if not field then break end
      value = value:match("^%s*(.-)%s*$")
      reaper.SetExtState(SECTION, title .. "." .. field.key, value, true)
      found[field.key] = read(field, value)
    end
    if index < #fields then complain("That was more than Reaper's dialog can hold. Say it in fewer words.") end
    return found
  end
end

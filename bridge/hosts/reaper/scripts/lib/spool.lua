-- @noindex
-- The way to the bridge: messages and answers as files in a folder. Reaper's Lua has no sockets, but files everywhere.
-- A message is written under another name and then renamed, so that the bridge never reads half of one. On Windows Lua
-- may rename and delete only what is named in the letters of the system's own language, though Reaper's opens any file:
-- then it is written under its own name, as nobody can take a file away there that is still open, and the bridge deletes
-- the answers that are read.
-- `name` is the host's on the command line, Reaper's if left out.
return function(reaper, json, name)
  local Spool = {}
  Spool.__index = Spool

  local PROTOCOL = 1
  local PING_SECONDS = 3
  local PATIENCE = 8  -- seconds without an answer after which the bridge is taken not to run
  local KEPT = 16  -- answers that could not be deleted, after which the bridge is told that they are read

  Spool.NOT_RUNNING = "The bridge does not answer.\n\nStart it with\n\n    bridge serve\n\nand try again."
  Spool.OTHER_VERSION = "The bridge (version %s) and these scripts do not fit together.\n\nSay\n\n"
    .. "    bridge install " .. (name or "reaper") .. "\n\nand run the action again."

  -- The folder where the bridge looks when nobody told it another one.
  function Spool.default_folder()
    local windows = reaper.GetOS():match("^Win")
    local home = os.getenv("HOME") or ""
    local state = os.getenv("XDG_STATE_HOME")
    if windows then
      return (os.getenv("LOCALAPPDATA") or "") .. "\\audioldm-bridge\\spool-9630"
    elseif reaper.GetOS():match("OSX") or reaper.GetOS():match("macOS") then
      return home .. "/Library/Application Support/audioldm-bridge/spool-9630"
    end
    return (state and state:match("^/") and state or home .. "/.local/state") .. "/audioldm-bridge/spool-9630"
  end

  -- A session in a folder. Nothing is written before `send`.
  function Spool.new(folder)
    local name = reaper.genGuid(""):lower():gsub("[^%x-]", "")
    return setmetatable({
      folder = folder, name = "r-" .. name, sent = 0, next = 1, heard = nil, asked = reaper.time_precise(), pinged = 0,
      boot = nil, clips = nil, renewed = false, kept = 0,
    }, Spool)
  end

  -- True if a file was written whole, and, if there is another name, got that; nil if it could not even be opened.
  local function put(text, path, name)
    local file = io.open(path, "wb")
    if not file then return nil end
    local written = file:write(text)
    if file:close() and written and (not name or os.rename(path, name)) then return true end
    os.remove(path)
    return false
  end

  function Spool:_write(body)
    self.sent = self.sent + 1
    body.next = self.next
    local path = ("%s/in/%s.%d"):format(self.folder, self.name, self.sent)
    local text = json.encode(body)
    local done = put(text, path .. ".part", path .. ".json")
    if done == nil then error({ text = Spool.NOT_RUNNING }, 0) end  -- no bridge has made the folder yet
    if not done and reaper.GetOS():match("^Win") then done = put(text, path .. ".json") end
    if not done then error({ text = "The message for the bridge could not be written:\n" .. path }, 0) end
  end

  function Spool:send(address, args)
    self:_write({ address = address, args = args })
  end

  -- True if nothing came for so long that the bridge cannot be running.
  function Spool:lost()
    return reaper.time_precise() - (self.heard or self.asked) > PATIENCE
  end

  -- The replies that have come, each {address, args}. Asks now and then whether the bridge is still there.
  function Spool:poll()
    local replies = {}
    while true do
      local answer = self:_answer()
      if not answer then break end
      for _, reply in ipairs(answer.messages) do replies[#replies + 1] = reply end
    end
    local now = reaper.time_precise()
    local quiet = now - self.pinged > PING_SECONDS and now - (self.heard or self.asked) > PING_SECONDS
    if quiet or self.kept >= KEPT then
      self.pinged, self.kept = now, 0
      self:_write({ ping = 1 })
    end
    return replies
  end

  function Spool:_answer()
    local path = ("%s/out/%s/%d.json"):format(self.folder, self.name, self.next)
    local file = io.open(path, "rb")
    if not file then return nil end
    local text = file:read("a")
    file:close()
    if not os.remove(path) then self.kept = self.kept + 1 end
    self.next = self.next + 1
    local answer = json.decode(text)
    if answer.spool ~= PROTOCOL then
      error({ text = Spool.OTHER_VERSION:format(tostring(answer.version)) }, 0)
    end
    self.renewed = self.boot ~= nil and answer.boot ~= self.boot  -- another bridge, which does not know us yet
    self.boot, self.clips, self.heard = answer.boot, answer.clips, reaper.time_precise()
    return answer
  end

  -- End the session, and take back what the bridge has not read: it would be a surprise in an hour.
  function Spool:close()
    if self.heard then
      pcall(self._write, self, { bye = 1 })
    else
      for number = 1, self.sent do os.remove(("%s/in/%s.%d.json"):format(self.folder, self.name, number)) end
    end
  end

  return Spool
end

-- @noindex
-- Runs an action: asks, renders without holding Reaper up, and puts the result into the project as one undo step.
-- `_G.reaper` and `_G.gfx` are Reaper's own.
local folder = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local json = dofile(folder .. "json.lua")
local Spool = dofile(folder .. "spool.lua")(reaper, json)
local Project = dofile(folder .. "project.lua")(reaper)
local Job = dofile(folder .. "job.lua")(json, dofile(folder .. "export.lua")(reaper))
local Work = dofile(folder .. "work.lua")(reaper, Spool, Job)
local new_window = dofile(folder .. "window.lua")(reaper, gfx)
local dialog = dofile(folder .. "dialog.lua")(reaper)
local plans = dofile(folder .. "plans.lua")(reaper, dialog)

local SECTION = "audioldm-bridge"
local TITLE = "audioldm-bridge"

-- The spool's folder: what the user set, what the installation wrote down, or the bridge's own default.
local function spool_folder()
  local set = reaper.GetExtState(SECTION, "spool")
  if set ~= "" then return set end
  local file = io.open(folder .. "spool_folder.txt", "rb")
  if file then
    local written = file:read("a"):match("^%s*(.-)%s*$")
    file:close()
    if written ~= "" then return written end
  end
  return Spool.default_folder()
end

local function show(problem)
  local text = type(problem) == "table" and problem.text or "A defect of the script:\n\n" .. tostring(problem)
  reaper.ShowMessageBox(text, TITLE, 0)
end

-- The work with a window, and with Reaper's own turns.
local Run = setmetatable({}, { __index = Work })
Run.__index = Run

function Run:close()
  if self.closed then return end
  self.closed = true
  pcall(self.cancel, self)  -- where the script was ended before its jobs nobody waits for them any more
  for _, job in ipairs(self.jobs) do job:discard() end
  self.spool:close()
  if self.window then self.window:close() end
end

-- Whether the action Cancel was run since this one began.
function Run:told_to_cancel()
  return reaper.GetExtState(SECTION, "cancel") ~= self.cancel_mark
end

function Run:loop()
  local ok, done = xpcall(function()
    if self.window then
      local cancelled, closed = self.window:draw(self:status())
      if closed then
        self.window:close()
        self.window = nil  -- it goes on without
      end
      if cancelled then self:cancel() end
    end
    if self:told_to_cancel() then self:cancel() end
    if self.cancelled and self.spool:lost() then return true end  -- nobody is there who could answer
    if not self:turn() then return false end
    self:place()
    return true
  end, function(problem)
    return type(problem) == "table" and problem or debug.traceback(tostring(problem), 2)
  end)
  if ok and not done then
    reaper.defer(function() self:loop() end)
    return
  end
  self:close()
  if not ok then show(done) end
end

return function(name)
  reaper.defer(function() end)  -- a script that never defers gets a step in the undo history, whatever it did
  local project = Project.current()
  local ok, plan = pcall(plans[name], project)
  if not ok then return show(plan) end
  if not plan then return end
  local self = setmetatable(Work.new(project, plan, Spool.new(spool_folder()), "Reaper", TITLE), Run)
  self.cancel_mark = reaper.GetExtState(SECTION, "cancel")
  local sent, problem = pcall(self.say_hello, self)
  if not sent then return show(problem) end
  self.window = new_window(TITLE)
  reaper.atexit(function() self:close() end)
  self:loop()
end

-- @noindex
-- Runs an action: asks, renders without holding Reaper up, and puts the result into the project as one undo step.
-- `_G.reaper` and `_G.gfx` are Reaper's own.
local folder = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local json = dofile(folder .. "json.lua")
local Spool = dofile(folder .. "spool.lua")(reaper, json)
local Project = dofile(folder .. "project.lua")(reaper)
local Job = dofile(folder .. "job.lua")(json, dofile(folder .. "export.lua")(reaper))
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

local Run = {}
Run.__index = Run

function Run:say_hello()
  self.spool:send("/bridge/hello", { client = "Reaper" })
end

function Run:hear()
  local replies = self.spool:poll()
  if self.spool.renewed then  -- the bridge was started again: it knows the jobs that it had acknowledged
    self.spool.renewed = false
    self:say_hello()
    for _, job in ipairs(self.jobs) do
      if job.state == "sent" then job:send(self.spool) end
    end
  end
  for _, reply in ipairs(replies) do
    for _, job in ipairs(self.jobs) do
      if reply.args.id == job.id then job:hear(reply.address, reply.args) end
    end
    if reply.address == "/bridge/error" and not reply.args.id then error({ text = reply.args.text }, 0) end
    if reply.address == "/bridge/loading" then self.loading = true end
    if reply.address == "/bridge/ready" then self.loading = false end
  end
end

-- Each turn does a little; true when all is done.
function Run:turn()
  self:hear()
  if not self.spool.heard then
    if self.spool:lost() then error({ text = Spool.NOT_RUNNING }, 0) end
    return false
  end
  for _, job in ipairs(self.jobs) do
    if job.state == "new" then
      reaper.RecursiveCreateDirectory(self.spool.clips, 0)
      if not job:prepare(self.spool.clips) then return false end
      job:send(self.spool)
    end
  end
  for _, job in ipairs(self.jobs) do
    if not job:ended() then return false end
  end
  return true
end

function Run:cancel()
  if self.cancelled then return end
  self.cancelled = true
  for _, job in ipairs(self.jobs) do
    if job.state == "sent" then
      self.spool:send("/job/cancel", { id = job.id })
    elseif job.state == "new" then
      job.state = "cancelled"
    end
  end
end

function Run:status()
  if not self.spool.heard then return "Looking for the bridge…", 0 end
  if self.spool:lost() then return "The bridge does not answer; waiting for it…", 0 end
  if self.cancelled then return "Cancelling…", 1 end
  if self.loading then return "The model is being loaded…", 0 end
  local part, ended = 0, 0
  for _, job in ipairs(self.jobs) do
    part = part + job:part() / #self.jobs
    if job:ended() then ended = ended + 1 end
    if job.state == "new" then return "Reading the item…", 0 end
  end
  if #self.jobs > 1 then return ("%s: %d of %d"):format(self.title, ended, #self.jobs), part end
  local job = self.jobs[1]
  if job.of == 0 and (job.position or 0) > 0 then return ("%s: %d before it"):format(self.title, job.position), 0 end
  return ("%s: step %d of %d"):format(self.title, job.step, job.of), part
end

-- Put what is done into the project, and say what is not.
function Run:place()
  local done, problems = {}, {}
  for _, job in ipairs(self.jobs) do
    if job.state == "done" then done[#done + 1] = job end
    if job.state == "failed" then problems[#problems + 1] = job.text end
  end
  if #done > 0 and not self.project:is_open() then
    error({ text = "The project was closed. The takes are in\n" .. done[1].takes[1].path:match("^(.*)[/\\]") }, 0)
  end
  if #done > 0 then
    local files = {}
    for index, job in ipairs(done) do
      local trouble
      files[index], trouble = job:files(self.project)
      problems[#problems + 1] = trouble
    end
    self.project:in_one_step(TITLE .. ": " .. self.title, function()
      for index, job in ipairs(done) do job.asked.place(files[index]) end
    end)
  end
  if #problems > 0 then error({ text = table.concat(problems, "\n\n") }, 0) end
end

function Run:close()
  if self.closed then return end
  self.closed = true
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
  local project = Project.current()
  local ok, plan = pcall(plans[name], project)
  if not ok then return show(plan) end
  if not plan then return end
  local self = setmetatable({
    project = project, title = plan.title, jobs = {}, spool = Spool.new(spool_folder()),
    cancel_mark = reaper.GetExtState(SECTION, "cancel"),
  }, Run)
  for index, asked in ipairs(plan.jobs) do
    self.jobs[index] = Job.new(asked, ("%s-%d"):format(self.spool.name, index))
  end
  local sent, problem = pcall(self.say_hello, self)
  if not sent then return show(problem) end
  self.window = new_window(TITLE)
  reaper.atexit(function() self:close() end)
  self:loop()
end

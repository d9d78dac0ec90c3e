-- Runs an action: asks, renders with a window that shows how far it is and can cancel, and puts the result into the
-- session as one undo step. Ardour plays on meanwhile.
local TITLE = "audioldm-bridge"
local TURN = 30000  -- microseconds

local function show(problem)
  local text = type(problem) == "table" and problem.text or "A defect of the script:\n\n" .. tostring(problem)
  LuaDialog.Message(TITLE, text, LuaDialog.MessageType.Error, LuaDialog.ButtonType.Close):run()
end

-- Until all is done; true if something may be there to place.
local function render(work, window)
  while true do
    local text, part = work:status()
    window:progress(math.max(0, math.min(1, part)), text)
    if window:canceled() then work:cancel() end
    if work.cancelled and work.spool:lost() then return false end  -- nobody is there who could answer
    if work:turn() then return true end
    ARDOUR.LuaAPI.usleep(TURN)
  end
end

-- `lib` has the parts: host, Project, plans, Spool, Job, Work, and `folder`, the spool's.
return function(lib, name)
  local project = lib.Project.current()
  local ok, plan = pcall(lib.plans[name], project)
  if not ok then return show(plan) end
  if not plan then return end
  local spool = lib.Spool.new(lib.folder ~= "" and lib.folder or lib.Spool.default_folder())
  local work = lib.Work.new(project, plan, spool, "Ardour", TITLE)
  local window = LuaDialog.ProgressWindow(TITLE, true)
  local done, problem = pcall(function()
    work:say_hello()
    if render(work, window) then work:place() end
  end)
  window:done()
  for _, job in ipairs(work.jobs) do job:discard() end
  spool:close()
  if not done then show(problem) end
end

-- @noindex
-- The jobs of an action on their way: what is sent, what is heard, how far it is, and what is placed at the end. Each
-- turn does a little, so that a host can draw and hear its user between two.
return function(reaper, Spool, Job)
  local Work = {}
  Work.__index = Work

  local AT_ONCE = 8  -- jobs that are with the bridge at a time, so that others find room in its queue

  -- `plan` is one of plans.lua. `client` is what the bridge calls the host.
  function Work.new(project, plan, spool, client, product)
    local self = setmetatable({
      project = project, title = plan.title, jobs = {}, spool = spool, client = client, product = product,
    }, Work)
    for index, asked in ipairs(plan.jobs) do
      self.jobs[index] = Job.new(asked, ("%s-%d"):format(spool.name, index))
    end
    return self
  end

  function Work:say_hello()
    self.spool:send("/bridge/hello", { client = self.client })
  end

  function Work:hear()
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
  function Work:turn()
    self:hear()
    if not self.spool.heard then
      if self.spool:lost() then error({ text = Spool.NOT_RUNNING }, 0) end
      return false
    end
    local living = 0
    for _, job in ipairs(self.jobs) do
      if job.state == "new" and living < AT_ONCE then
        reaper.RecursiveCreateDirectory(self.spool.clips, 0)
        if not job:prepare(self.spool.clips) then return false end
        job:send(self.spool)
      end
      if not job:ended() then living = living + 1 end
    end
    return living == 0
  end

  function Work:cancel()
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

  function Work:status()
    if not self.spool.heard then return "Looking for the bridge…", 0 end
    if self.spool:lost() then return "The bridge does not answer; waiting for it…", 0 end
    if self.cancelled then return "Cancelling…", 1 end
    if self.loading then return "The model is being loaded…", 0 end
    local part, ended = 0, 0
    for _, job in ipairs(self.jobs) do
      part = part + job:part() / #self.jobs
      if job:ended() then ended = ended + 1 end
      if job.state == "new" and job.asked.item then return "Reading the item…", 0 end
    end
    if #self.jobs > 1 then return ("%s: %d of %d"):format(self.title, ended, #self.jobs), part end
    local job = self.jobs[1]
    if job.of == 0 and (job.position or 0) > 0 then return ("%s: %d before it"):format(self.title, job.position), 0 end
    return ("%s: step %d of %d"):format(self.title, job.step, job.of), part
  end

  -- Put what is done into the project, and say what is not.
  function Work:place()
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
      self.project:in_one_step(self.product .. ": " .. self.title, function()
        for index, job in ipairs(done) do job.asked.place(files[index]) end
      end)
    end
    if #problems > 0 then error({ text = table.concat(problems, "\n\n") }, 0) end
  end

  return Work
end

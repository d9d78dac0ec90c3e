-- @noindex
-- One job of an action: what is asked for, the clip that it may need, what the bridge said of it so far.
return function(json, Export)
  local Job = {}
  Job.__index = Job

  -- What to do about an error, where the bridge's own text does not say it.
  local HINTS = {
    disk = "Make room, or choose another folder: bridge serve --takes FOLDER",
    model = "bridge models list shows which there are.",
  }

  -- `asked` is {address, args, item or nil, place(files)}: `item` is exported as the clip, `place` puts what was
  -- rendered into the project.
  function Job.new(asked, id)
    asked.args.id = id
    return setmetatable({ id = id, asked = asked, takes = {}, step = 0, of = 0, state = "new" }, Job)
  end

  -- Do a little of what has to be done before it is sent; true when nothing is left.
  function Job:prepare(folder)
    if not self.asked.item then return true end
    if not self.export then
      local path = folder .. "/" .. self.id .. ".wav"
      self.export = Export.new(self.asked.item, path)
      self.asked.args.path = path
    end
    return self.export:step()
  end

  function Job:send(spool)
    spool:send(self.asked.address, self.asked.args)
    self.state = "sent"
  end

  -- Take in a reply about this job.
  function Job:hear(address, args)
    if address == "/job/queued" then
      self.position = args.position
    elseif address == "/job/step" then
      self.step, self.of = args.step, args.of
    elseif address == "/job/take" then
      self.takes[args.take + 1] = { path = args.path, seed = args.seed }
    elseif address == "/job/done" then
      self.state = "done"
    elseif address == "/job/cancelled" then
      self.state = "cancelled"
    elseif address == "/job/failed" then
      local hint = HINTS[args.code]
      self.state, self.text = "failed", hint and args.text .. "\n\n" .. hint or args.text
    end
  end

  function Job:ended()
    return self.state == "done" or self.state == "cancelled" or self.state == "failed"
  end

  function Job:part()
    if self:ended() then return 1 end
    return self.of > 0 and self.step / self.of or 0
  end

  -- What was rendered, as files for the project: kept where it keeps its media, and with names that say what they are.
  -- Also, in words, why they could not be kept there; nil if they could.
  function Job:files(project)
    local files, trouble = {}, nil
    for _, take in ipairs(self.takes) do
      local kept, why = project:keep(take.path)
      trouble = trouble or why
      files[#files + 1] = {
        path = kept, name = ("%s (%d)"):format(self.asked.name, take.seed), folder = kept:match("^(.*)[/\\]") or "",
      }
    end
    return files, trouble
  end

  function Job:discard()
    if self.export then self.export:discard() end
  end

  return Job
end

-- @noindex
-- What each action asks, reads of the project, wants from the bridge, and does with what comes. A plan is
-- {title, jobs = {{address, args, name, item or nil, place(files)} …}}, or nil if the user thought better of it.
return function(reaper, dialog)
  local plans = {}

  local PROMPT = { key = "prompt", caption = "Prompt", default = "" }
  local MAYBE = { key = "prompt", caption = "Prompt (may be empty)", default = "", optional = true }
  local TAKES = { key = "takes", caption = "Takes", default = "3", kind = { low = 1, high = 16, whole = true } }
  local SEED = { key = "seed", caption = "Seed (empty: by chance)", default = "",
    kind = { low = 0, high = 2147483647, whole = true, optional = true } }
  local SHORTEST, LONGEST = 0.05, 60

  local function complain(text)
    error({ text = text }, 0)
  end

  local function check_length(what, seconds)
    if seconds < SHORTEST or seconds > LONGEST then
      complain(("%s must be %g to %g s long, got %.3f s."):format(what, SHORTEST, LONGEST, seconds))
    end
  end

  local function selection(project)
    local start, finish = project:selection()
    if not start then complain("Make a time selection first.") end
    return start, finish
  end

  -- What every request has.
  local function args(given, more)
    more.prompt, more.takes, more.seed = given.prompt, given.takes, given.seed
    return more
  end

  local function one(title, job)
    return { title = title, jobs = { job } }
  end

  -- An edit of the selected item: its visible part goes as the clip, and what comes are takes of the item. Floats, so
  -- that outside of what is edited no sample is changed.
  local function edit(title, task, item, given, more, before, after)
    more.format, more.rate = "float32", item.rate
    return one(title, {
      address = "/render/" .. task, args = args(given, more), item = item,
      name = given.prompt ~= "" and given.prompt or title,
      place = function(files) item:add(files, before, after) end,
    })
  end

  function plans.generate(project)
    local start, finish = selection(project)
    check_length("The time selection", finish - start)
    local given = dialog("generate", { PROMPT, TAKES, SEED })
    if not given then return nil end
    local track = project:track()
    return one("generate", {
      address = "/render/generate", args = args(given, { seconds = finish - start, rate = project:rate() }),
      name = given.prompt,
      place = function(files) project:new_item(project:existing(track), start, finish - start, files) end,
    })
  end

  function plans.inpaint(project)
    local start, finish = selection(project)
    local item = project:selected_item()
    local first, last = math.max(0, start - item.position), math.min(item.length, finish - item.position)
    if last <= first then complain("The time selection is outside the selected item.") end
    local from, to = math.floor(first * item.rate + 0.5), math.floor(last * item.rate + 0.5)
    local given = dialog("inpaint", { MAYBE, TAKES, SEED })
    if not given then return nil end
    return edit("inpaint", "inpaint", item, given, { regions = ("%d-%d samples"):format(from, to) })
  end

  function plans.restyle(project)
    local item = project:selected_item()
    local given = dialog("restyle", { PROMPT,
      { key = "strength", caption = "Strength 0 to 1", default = "0.5", kind = { low = 0, high = 1 } }, TAKES, SEED })
    if not given then return nil end
    return edit("restyle", "restyle", item, given, { strength = given.strength })
  end

  function plans.extend(project)
    local item = project:selected_item()
    local given = dialog("extend", { MAYBE,
      { key = "seconds", caption = "Seconds", default = "2", kind = { low = SHORTEST, high = LONGEST } },
      { key = "side", caption = "after / before / both", default = "after" }, TAKES, SEED })
    if not given then return nil end
    if not ({ after = true, before = true, both = true })[given.side] then
      complain(("The side must be after, before or both, got %q"):format(given.side))
    end
    local before = given.side ~= "after" and given.seconds or 0
    local after = given.side ~= "before" and given.seconds or 0
    return edit("extend", "extend", item, given, { seconds = given.seconds, side = given.side }, before, after)
  end

  function plans.upsample(project)
    local item = project:selected_item()
    local cutoff = { key = "cutoff", caption = "Treble ends at Hz (empty: found)", default = "",
      kind = { low = 100, high = 96000, optional = true } }
    local given = dialog("upsample", { MAYBE, cutoff, TAKES, SEED })
    if not given then return nil end
    return edit("upsample", "upsample", item, given, { cutoff = given.cutoff })
  end

  function plans.vary(project)
    local item = project:selected_item()
    check_length("The item", item.length)
    local weight = { key = "weight", caption = "Weight of the item 0 to 1", default = "0.5",
      kind = { low = 0, high = 1 } }
    local given = dialog("vary", { MAYBE, weight, TAKES, SEED })
    if not given then return nil end
    return edit("vary", "vary", item, given, { seconds = item.length, audio_weight = given.weight })
  end

  function plans.loop(project)
    local given = dialog("loop", { PROMPT,
      { key = "bars", caption = "Bars", default = "4", kind = { low = 1, high = 64, whole = true } }, TAKES, SEED })
    if not given then return nil end
    local at = project:selection() or reaper.GetCursorPositionEx(project.pointer)
    local start, length, bpm, beats = project:bars(at, given.bars)
    check_length("The loop", length)
    local asked = args(given, { seconds = length, bars = 0, bpm = 0, rate = project:rate() })
    if bpm then  -- so that the file says its tempo, too; over a change of tempo only its length does
      asked.bars, asked.bpm, asked.beats, asked.seconds = given.bars, bpm, beats, nil
    end
    local track = project:track()
    return one("loop", {
      address = "/render/loop", args = asked, name = given.prompt,
      place = function(files) project:new_item(project:existing(track), start, length, files, true) end,
    })
  end

  function plans.markers(project)
    local places = project:places()
    if #places == 0 then
      complain("There is no marker or region with a name" .. (project:selection() and " in the time selection." or "."))
    end
    local seconds = { key = "seconds", caption = "Seconds at a marker", default = "3",
      kind = { low = SHORTEST, high = LONGEST } }
    local given = dialog("markers and regions", { seconds, TAKES })
    if not given then return nil end
    local track, rate, jobs = project:track(), project:rate(), {}
    for index, place in ipairs(places) do
      local length = place.finish and place.finish - place.start or given.seconds
      check_length(("The region %q"):format(place.name), length)
      jobs[index] = {
        address = "/render/generate", name = place.name,
        args = { prompt = place.name, takes = given.takes, seconds = length, rate = rate },
        place = function(files)
          track = project:existing(track)
          project:new_item(track, place.start, length, files)
        end,
      }
    end
    return { title = "markers and regions", jobs = jobs }
  end

  -- Every action that runs looks at this.
  function plans.cancel()
    reaper.SetExtState("audioldm-bridge", "cancel", reaper.genGuid(""), false)
    return nil
  end

  return plans
end

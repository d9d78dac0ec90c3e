-- @noindex
-- What is read of the project, and what is put into it. Positions and lengths are project seconds. All of it goes by
-- Reaper's functions for single items, which move nothing else, whatever the ripple mode.
return function(reaper)
  local Project = {}
  Project.__index = Project

  local Item = {}
  Item.__index = Item

  local MOST_CHANNELS = 8  -- that the bridge takes

  local function complain(text)
    error({ text = text }, 0)
  end

  function Project.current()
    local pointer, file = reaper.EnumProjects(-1)
    return setmetatable({ pointer = pointer, file = file }, Project)
  end

  -- The rate that the project runs at: its own, or, where it has none, the audio device's.
  function Project:rate()
    local rate = reaper.GetSetProjectInfo(self.pointer, "PROJECT_SRATE", 0, false)
    if reaper.GetSetProjectInfo(self.pointer, "PROJECT_SRATE_USE", 0, false) == 0 then
      local known, text = reaper.GetAudioDeviceInfo("SRATE", "")  -- the last is for Reaper 6, as with the project's path
      rate = known and tonumber(text) or rate
    end
    rate = math.floor(rate + 0.5)
    return rate >= 8000 and rate <= 192000 and rate or 48000
  end

  -- Start and end of the time selection; nil if there is none.
  function Project:selection()
    local start, finish = reaper.GetSet_LoopTimeRange2(self.pointer, false, false, 0, 0, false)
    if finish > start then return start, finish end
  end

  -- So many bars of the tempo map from the bar that a time is in: where they start, how long they are, and, if the
  -- tempo stays, beats a minute and beats a bar.
  function Project:bars(time, bars)
    local _, measure = reaper.TimeMap2_timeToBeats(self.pointer, time + 1e-9)
    local start = reaper.TimeMap2_beatsToTime(self.pointer, 0, measure)
    local length = reaper.TimeMap2_beatsToTime(self.pointer, 0, measure + bars) - start
    local beats = reaper.TimeMap_GetTimeSigAtTime(self.pointer, start + 1e-9)
    local bpm = reaper.TimeMap2_GetDividedBpmAtTime(self.pointer, start + 1e-9)
    local steady = math.abs(bars * beats * 60 / bpm - length) < 1e-7 and bpm >= 20 and bpm <= 400 and beats <= 16
    return start, length, steady and bpm or nil, beats
  end

  -- Markers and regions with names, in order, each {start, finish or nil, name}; those in the selection, if there is
  -- one.
  function Project:places()
    local first, last = self:selection()
    local found, index = {}, 0
    while true do
      local more, is_region, start, finish, name = reaper.EnumProjectMarkers3(self.pointer, index)
      if more == 0 then break end
      local inside = not first or (start >= first and (is_region and finish or start) <= last)
      if inside and name:match("%S") then
        found[#found + 1] = { start = start, finish = is_region and finish or nil, name = name }
      end
      index = index + 1
    end
    return found
  end

  -- The selected item with what an edit needs to know of it.
  function Project:selected_item()
    if reaper.CountSelectedMediaItems(self.pointer) ~= 1 then complain("Select one item first.") end
    local item = reaper.GetSelectedMediaItem(self.pointer, 0)
    local take = reaper.GetActiveTake(item)
    if not take or reaper.TakeIsMIDI(take) then complain("The selected item has no audio.") end
    local channels, kept = self:_channels(take)
    local one = setmetatable({
      project = self, item = item, take = take, rate = self:rate(), channels = channels, kept = kept,
      position = reaper.GetMediaItemInfo_Value(item, "D_POSITION"),
      length = reaper.GetMediaItemInfo_Value(item, "D_LENGTH"),
    }, Item)
    one.seen = one:_state()
    return one
  end

  -- How many channels are to be read of a take, and how many of them are heard. Reaper wants to be asked for as many as
  -- the source has, and fills as many from the first on as the take's channel mode uses.
  function Project:_channels(take)
    local source = reaper.GetMediaItemTake_Source(take)
    local channels = source and reaper.GetMediaSourceNumChannels(source) or 0
    if channels < 1 then complain("The selected item's media is missing or offline.") end
    local mode = reaper.GetMediaItemTakeInfo_Value(take, "I_CHANMODE")  -- 2 to 66 are one channel, those above a pair
    local kept = mode > 66 and math.min(2, channels) or mode >= 2 and 1 or channels
    if kept > MOST_CHANNELS then
      complain(("The selected item has %d channels; those with 1 to %d can be edited."):format(kept, MOST_CHANNELS))
    end
    return channels, kept
  end

  function Item:_number(name)
    return reaper.GetMediaItemTakeInfo_Value(self.take, name)
  end

  function Item:_state()
    return { self:_number("D_STARTOFFS"), self:_number("D_PLAYRATE"), self:_number("D_PITCH"),
      reaper.GetMediaItemInfo_Value(self.item, "D_LENGTH") }
  end

  function Item:is_there()
    return reaper.ValidatePtr2(self.project.pointer, self.item, "MediaItem*")
  end

  -- True while what is read of it is what was there at the beginning. Where it lies does not matter.
  function Item:is_unchanged()
    if not self:is_there() or not reaper.ValidatePtr2(self.project.pointer, self.take, "MediaItem_Take*") then
      return false
    end
    for index, value in ipairs(self:_state()) do
      if value ~= self.seen[index] then return false end
    end
    return true
  end

  -- By how much the item's left edge was trimmed since, in project seconds; less than 0 if it was drawn out.
  function Item:_trimmed()
    if not reaper.ValidatePtr2(self.project.pointer, self.take, "MediaItem_Take*") then return 0 end
    return (self:_number("D_STARTOFFS") - self.seen[1]) / self.seen[2]
  end

  -- Put files into the item as takes, the first of them active. `before` and `after` are the seconds that they have
  -- more than the item had.
  function Item:add(files, before, after)
    if not self:is_there() then complain("The item is not there any more. The takes are in\n" .. files[1].folder) end
    local trimmed = self:_trimmed()
    local old = self:_values({ "D_VOL", "D_PAN" })
    local room = self:_lengthen(before or 0, after or 0)
    local first
    for _, file in ipairs(files) do
      local take = self.project:_take(self.item, file)
      reaper.SetMediaItemTakeInfo_Value(take, "D_STARTOFFS", (before or 0) - room + trimmed)
      for name, value in pairs(old) do reaper.SetMediaItemTakeInfo_Value(take, name, value) end
      first = first or take
    end
    reaper.SetActiveTake(first)
    reaper.UpdateItemInProject(self.item)
  end

  function Item:_values(names)
    local found = {}
    if reaper.ValidatePtr2(self.project.pointer, self.take, "MediaItem_Take*") then
      for _, name in ipairs(names) do found[name] = self:_number(name) end
    end
    return found
  end

  -- Make the item longer; what its other takes play stays where it was. Returns by how much it begins earlier.
  function Item:_lengthen(before, after)
    if before == 0 and after == 0 then return 0 end
    local position = reaper.GetMediaItemInfo_Value(self.item, "D_POSITION")
    local length = reaper.GetMediaItemInfo_Value(self.item, "D_LENGTH")
    local earlier = math.min(before, position)  -- a project begins at 0
    for index = 0, reaper.CountTakes(self.item) - 1 do
      local take = reaper.GetTake(self.item, index)
      if take then
        local offset = reaper.GetMediaItemTakeInfo_Value(take, "D_STARTOFFS")
        local speed = reaper.GetMediaItemTakeInfo_Value(take, "D_PLAYRATE")
        reaper.SetMediaItemTakeInfo_Value(take, "D_STARTOFFS", offset - earlier * speed)
      end
    end
    reaper.SetMediaItemInfo_Value(self.item, "B_LOOPSRC", 0)  -- a loop would sound in the new seconds
    reaper.SetMediaItemInfo_Value(self.item, "D_POSITION", position - earlier)
    reaper.SetMediaItemInfo_Value(self.item, "D_LENGTH", length + earlier + after)
    return earlier
  end

  -- The track for new items: the selected one, if it is still there, or a new one at the end.
  function Project:track()
    return reaper.GetSelectedTrack(self.pointer, 0)
  end

  function Project:existing(track)
    if track and reaper.ValidatePtr2(self.pointer, track, "MediaTrack*") then return track end
    local index = reaper.CountTracks(self.pointer)
    if reaper.APIExists("InsertTrackInProject") then
      reaper.InsertTrackInProject(self.pointer, index, 0)
    else
      local front = reaper.EnumProjects(-1)  -- where Reaper 6 makes tracks, and nowhere else
      reaper.SelectProjectInstance(self.pointer)
      reaper.InsertTrackAtIndex(index, false)
      reaper.SelectProjectInstance(front)
    end
    local new = reaper.GetTrack(self.pointer, index)
    reaper.GetSetMediaTrackInfo_String(new, "P_NAME", "bridge", true)
    return new
  end

  -- One item with the files as its takes, exactly there and exactly so long.
  function Project:new_item(track, start, length, files, loop)
    local item = reaper.AddMediaItemToTrack(track)
    reaper.SetMediaItemInfo_Value(item, "D_POSITION", start)
    reaper.SetMediaItemInfo_Value(item, "D_LENGTH", length)
    reaper.SetMediaItemInfo_Value(item, "B_LOOPSRC", loop and 1 or 0)
    local first
    for _, file in ipairs(files) do
      local take = self:_take(item, file)
      first = first or take
    end
    reaper.SetActiveTake(first)
    reaper.UpdateItemInProject(item)
    return item
  end

  function Project:_take(item, file)
    local source = reaper.PCM_Source_CreateFromFile(file.path)
    if not source then complain("Reaper cannot read\n" .. file.path) end
    local take = reaper.AddTakeToMediaItem(item)
    reaper.SetMediaItemTake_Source(take, source)
    reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", file.name, true)
    return take
  end

  -- Copy a take into the folder where the project keeps its media, so that the project can be moved and archived. One
  -- that was never saved has none yet, and the file stays where it is. Returns where the file to use is, and why it is
  -- not the copy, if it should be.
  function Project:keep(path)
    if self.file == "" then return path end
    local folder = reaper.GetProjectPathEx(self.pointer, "")
    local name = path:match("[^/\\]+$")
    local copy = folder .. "/" .. name
    local number = 1
    while reaper.file_exists(copy) do
      number = number + 1
      copy = ("%s/%s_%d.wav"):format(folder, name:gsub("%.wav$", ""), number)
    end
    reaper.RecursiveCreateDirectory(folder, 0)
    local whole, why = Project.copy(path, copy)
    if whole then return copy end
    local text = "The takes could not be copied to the project's media and stay where the bridge wrote them:\n%s"
    return path, text:format(why)
  end

  -- True if a file was copied whole; else false and why, and nothing is left behind.
  function Project.copy(from, to)
    local source, why = io.open(from, "rb")
    if not source then return false, why end
    local target
    target, why = io.open(to, "wb")
    if not target then
      source:close()
      return false, why
    end
    local whole = true
    while whole do
      local block = source:read(1 << 20)
      if not block then break end
      whole, why = target:write(block)
    end
    source:close()
    local closed, late = target:close()
    if whole and closed then return true end
    os.remove(to)
    return false, ("%s: %s"):format(to, why or late)
  end

  -- Do something as one step of the undo history.
  function Project:in_one_step(name, act)
    reaper.Undo_BeginBlock2(self.pointer)
    reaper.PreventUIRefresh(1)
    local ok, why = pcall(act)
    reaper.PreventUIRefresh(-1)
    reaper.UpdateArrange()
    reaper.Undo_EndBlock2(self.pointer, name, -1)
    reaper.Main_OnCommandEx(40047, 0, self.pointer)  -- build missing peaks
    if not ok then error(why, 0) end
  end

  function Project:is_open()
    return reaper.ValidatePtr(self.pointer, "ReaProject*")
  end

  return Project
end

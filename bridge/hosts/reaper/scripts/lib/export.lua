-- @noindex
-- The visible part of an item as a file: what is heard of its take before effects, at the project's rate, with the
-- take's play rate, pitch, offset and stretching; 32-bit floats, so that no bit of a sample is lost.
return function(reaper)
  local Export = {}
  Export.__index = Export

  local BLOCK = 4096  -- frames
  local TURN_SECONDS = 0.015  -- of each of Reaper's turns, so that it stays smooth
  local PIECE = 128  -- numbers packed at once: Lua bounds the arguments of a function

  local function header(frames, channels, rate)
    local size = frames * channels * 4
    local frame = channels * 4
    local format = string.pack("<c4I4I2I2I4I4I2I2", "fmt ", 16, 3, channels, rate, rate * frame, frame, 32)
    return string.pack("<c4I4c4", "RIFF", 4 + #format + 12 + 8 + size, "WAVE") .. format
      .. string.pack("<c4I4I4c4I4", "fact", 4, frames, "data", size)
  end

  -- `item` is a record of project.lua: `channels` are read of it, and the first `kept` of them go into the file. Raises
  -- errors in words.
  function Export.new(item, path)
    local frames = math.floor(item.length * item.rate + 0.5)
    if frames < 1 then error({ text = "The item is empty." }, 0) end
    if frames * item.kept * 4 > 1 << 30 then
      local text = "The item is too long: %.0f s with %d channels. Split it first."
      error({ text = text:format(item.length, item.kept) }, 0)
    end
    local file, why = io.open(path, "wb")
    if not file then error({ text = "The clip could not be written:\n" .. tostring(why) }, 0) end
    local self = setmetatable({ item = item, path = path, file = file, done = 0, frames = frames }, Export)
    self:_put(header(frames, item.kept, item.rate))
    self.buffer = reaper.new_array(BLOCK * item.channels)
    -- One accessor to the end: another one would begin to resample and to stretch anew in the middle of the sound.
    self.accessor = reaper.CreateTakeAudioAccessor(item.take)
    return self
  end

  function Export:_put(bytes)
    local ok, why = self.file:write(bytes)
    if not ok then error({ text = "The clip could not be written:\n" .. tostring(why) }, 0) end
  end

  -- Do a little more; true when the file is complete.
  function Export:step()
    local item = self.item
    if not item:is_unchanged() then error({ text = "The item was changed while it was read." }, 0) end
    local buffer = self.buffer
    local ends = reaper.time_precise() + TURN_SECONDS
    repeat
      local frames = math.min(BLOCK, self.frames - self.done)
      buffer.clear()  -- nothing is written where the item has ended
      local found = reaper.GetAudioAccessorSamples(
        self.accessor, item.rate, item.channels, self.done / item.rate, frames, buffer)
      if found < 0 then error({ text = "The item's audio could not be read." }, 0) end
      self:_put_samples(buffer.table(1, frames * item.channels))
      self.done = self.done + frames
    until self.done == self.frames or reaper.time_precise() > ends
    if self.done < self.frames then return false end
    self:_release()
    local closed = self.file:close()
    self.file = nil
    if not closed then error({ text = "The clip could not be written; is the disk full?" }, 0) end
    return true
  end

  -- Samples come interleaved; of each frame the channels that are kept are put.
  function Export:_put_samples(samples)
    local parts, every, kept = {}, self.item.channels, self.item.kept
    if kept < every then
      local some = {}
      for at = 0, #samples - 1, every do
        for channel = 1, kept do some[#some + 1] = samples[at + channel] end
      end
      samples = some
    end
    for first = 1, #samples, PIECE do
      local last = math.min(first + PIECE - 1, #samples)
      parts[#parts + 1] = string.pack("<" .. ("f"):rep(last - first + 1), table.unpack(samples, first, last))
    end
    self:_put(table.concat(parts))
  end

  function Export:_release()
    local accessor = self.accessor
    self.accessor = nil
    -- when Reaper itself ends it has no project any more, and an accessor is not there to be destroyed either
    if accessor and reaper.EnumProjects(0) then reaper.DestroyAudioAccessor(accessor) end
  end

  -- Nobody needs the file any more.
  function Export:discard()
    self:_release()
    if self.file then self.file:close() end
    os.remove(self.path)
  end

  return Export
end

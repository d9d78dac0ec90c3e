-- Audio of the imitated Reaper: frame n of channel c of a source is ((7919 n + 104729 c) % 65536 - 32768) / 65536.
--
-- What the documentation does not say is from those who use it (SWS, Breeder/BR_Loudness.cpp): a take's times begin at its
-- item; as many channels must be asked for as the source has, whatever the channel mode, which fills those it uses from
-- the first on, all of them alike where it is mono; and nothing is written beyond the item's end. That a new accessor
-- begins its resampling and its stretching anew is a precaution: what is read must be read in one go.
return function(define, P)
  local function sample(n, c)
    return ((7919 * n + 104729 * c) % 65536 - 32768) / 65536
  end

  -- What a channel of an accessor has at frame n of the source.
  local function heard(n, c, channels, mode)
    if mode == 1 then return sample(n, c < 2 and channels > 1 and 1 - c or c) end
    if mode == 2 then return (sample(n, 0) + sample(n, 1)) / 2 end
    if mode >= 3 and mode <= 66 then return sample(n, mode - 3) end
    if mode > 66 then return c < 2 and sample(n, mode - 67 + c) or 0.0 end
    return sample(n, c)
  end

  define("CreateTakeAudioAccessor", "k", function(take)
    P.accessors = P.accessors + 1
    return { kind = "AudioAccessor*", take = take, next = 0 }
  end)

  define("DestroyAudioAccessor", "a", function(accessor)
    assert(accessor.take, "destroyed already")
    accessor.take = nil
    P.accessors = P.accessors - 1
  end)

  define("new_array", "d", function(size)
    local array = { kind = "reaper.array" }
    function array.clear() for index = 1, size do array[index] = 0.0 end end
    function array.table(offset, length)
      assert(offset + length - 1 <= size, "beyond the array")
      return table.move(array, offset, offset + length - 1, 1, {})
    end
    return array
  end)

  define("GetAudioAccessorSamples", "addndr", function(accessor, rate, channels, start, frames, array)
    local take, first = accessor.take, math.floor(start * rate + 0.5)
    assert(channels == take.source.channels, "asked for other channels than the source has")
    assert(first == accessor.next, "not read in one go")
    accessor.next = first + frames
    local offset, speed = take.values.D_STARTOFFS or 0, take.values.D_PLAYRATE or 1
    local length = take.item.values.D_LENGTH
    P.was_read = start + frames / rate > length - 1 / rate
    for frame = 0, frames - 1 do
      if (first + frame) / rate >= length then break end
      local n = math.floor((offset + (start + frame / rate) * speed) * take.source.rate + 0.5)
      for c = 0, channels - 1 do
        array[frame * channels + c + 1] = heard(n, c, channels, take.values.I_CHANMODE or 0)
      end
    end
    return 1
  end)
end

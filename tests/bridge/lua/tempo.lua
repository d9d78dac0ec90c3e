-- The tempo map of the imitated Reaper: pieces {time, bpm, beats of a bar, what a beat is, 4 if left out}, each from a
-- bar's beginning on. The bpm are quarters a minute, everything else counts beats.
return function(define, map)
  local function beats_a_minute(piece)
    return piece[2] * (piece[4] or 4) / 4
  end
  local function bars_between(piece, next)
    return math.floor((next[1] - piece[1]) * beats_a_minute(piece) / 60 / piece[3] + 0.5)
  end
  local function piece_at(time)
    local found, measure = map[1], 0
    for index = 2, #map do
      local one = map[index]
      if one[1] > time then break end
      measure = measure + bars_between(found, one)
      found = one
    end
    return found, measure
  end
  define("TimeMap2_timeToBeats", "pn", function(_, time)
    local piece, measure = piece_at(time)
    local beats = (time - piece[1]) * beats_a_minute(piece) / 60
    return beats % piece[3], measure + beats // piece[3] | 0, piece[3]
  end)
  define("TimeMap2_beatsToTime", "pnd?", function(_, beats, wanted)
    local index, measure = 1, 0
    while map[index + 1] do
      local bars = bars_between(map[index], map[index + 1])
      if measure + bars > wanted then break end
      index, measure = index + 1, measure + bars
    end
    local one = map[index]
    return one[1] + ((wanted - measure) * one[3] + beats) * 60 / beats_a_minute(one)
  end)
  define("TimeMap_GetTimeSigAtTime", "pn", function(_, time)
    local one = piece_at(time)
    return one[3], one[4] or 4, one[2]
  end)
  define("TimeMap2_GetDividedBpmAtTime", "pn", function(_, time) return beats_a_minute((piece_at(time))) + 0.0 end)
end

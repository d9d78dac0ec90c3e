-- What is asked of Ardour happens in another of its threads, so that its scripts here have to wait for it.
-- Returns until(happened, problem), which waits for three minutes at most, and only as long as the engine runs.
return function(happened, problem)
  for _ = 1, 1800 do
    if happened() then return end
    assert(AudioEngine:running(), "the engine has stopped: " .. problem)
    os.execute("sleep 0.1")
  end
  error(problem)
end

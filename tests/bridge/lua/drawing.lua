-- The windows of the imitated Reaper: gfx, and ReaImGui where the scenario has it.
return function(define, scenario, log)
  if scenario.imgui then
    define("ImGui_CreateContext", "s", function() return { kind = "ImGui_Context*" } end)
    define("ImGui_Cond_FirstUseEver", "", function() return 4 end)
    define("ImGui_SetNextWindowSize", "wnnd?", function() end)
    define("ImGui_Begin", "wsb?d?", function()
      local visible = log.turns % 5 ~= 4  -- now and then it is folded up, and then there is nothing to end
      log.frame = visible
      return visible, log.turns ~= scenario.close_at
    end)
    define("ImGui_Text", "ws", function(_, text) table.insert(log.window, text) end)
    define("ImGui_ProgressBar", "wn", function(_, part) assert(part >= 0 and part <= 1) end)
    define("ImGui_Button", "ws", function() return log.turns == scenario.cancel_at end)
    define("ImGui_Key_Escape", "", function() return 526 end)
    define("ImGui_IsKeyPressed", "wdb?", function(_, key) return key == 526 and log.turns == scenario.escape_at end)
    define("ImGui_End", "w", function()
      assert(log.frame, "there is no frame to end")
      log.frame = false
    end)
  end

  local GFX = { mouse_x = 0, mouse_y = 0, mouse_cap = 0, x = 0, y = 0 }
  function GFX.init(_, width, height) assert(width and height) log.window_open = true end
  function GFX.setfont(number, name, size) assert(number and name and size) end
  function GFX.getchar() return log.turns == scenario.close_at and -1 or log.turns == scenario.escape_at and 27 or 0 end
  function GFX.set(r, g, b, a) assert(r and g and b and a) end
  function GFX.rect(x, y, w, h, filled) assert(x and y and math.type(w) == "integer" and h and filled) end
  function GFX.drawstr(text) table.insert(log.window, text) end
  function GFX.update()
    local pressed = log.turns == scenario.cancel_at
    GFX.mouse_x, GFX.mouse_y, GFX.mouse_cap = 300, 70, pressed and 1 or 0
  end
  function GFX.quit() log.window_open = false end
  return setmetatable({}, {
    __index = function(_, name) if GFX[name] == nil then error("gfx." .. name .. " is not known", 2) end return GFX[name] end,
    __newindex = function(_, name, value)
      if name ~= "x" and name ~= "y" then error("gfx." .. name .. " cannot be set", 2) end
      GFX[name] = value
    end,
  })
end

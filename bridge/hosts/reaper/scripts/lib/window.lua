-- @noindex
-- A small window with a line of text, a bar and a button: by ReaImGui where that is installed, else by gfx.
return function(reaper, gfx)
  local WIDTH, HEIGHT = 380, 96
  local BUTTON = { x = 290, y = 58, w = 78, h = 26 }

  local function with_imgui(title)
    local context = reaper.ImGui_CreateContext("audioldm-bridge")
    local window = {}

    function window:draw(text, part)
      reaper.ImGui_SetNextWindowSize(context, WIDTH, HEIGHT, reaper.ImGui_Cond_FirstUseEver())
      local visible, open = reaper.ImGui_Begin(context, title, true)
      local cancelled = false
      if visible then
        reaper.ImGui_Text(context, text)
        reaper.ImGui_ProgressBar(context, part)
        cancelled = reaper.ImGui_Button(context, "Cancel")
          or reaper.ImGui_IsKeyPressed(context, reaper.ImGui_Key_Escape())
        reaper.ImGui_End(context)
      end
      return cancelled, not open
    end

    function window:close() end  -- its context goes when it is not drawn any more

    return window
  end

  local function with_gfx(title)
    gfx.init(title, WIDTH, HEIGHT)
    gfx.setfont(1, "Arial", 15)
    local window = { down = false }

    function window:_pressed()
      local inside = gfx.mouse_x >= BUTTON.x and gfx.mouse_x < BUTTON.x + BUTTON.w
        and gfx.mouse_y >= BUTTON.y and gfx.mouse_y < BUTTON.y + BUTTON.h
      local down = gfx.mouse_cap & 1 == 1
      local pressed = down and not self.down and inside
      self.down = down
      return pressed
    end

    -- Draw; returns whether it was cancelled, and whether the window was closed.
    function window:draw(text, part)
      local key = gfx.getchar()
      gfx.set(0.16, 0.16, 0.17, 1)
      gfx.rect(0, 0, WIDTH, HEIGHT, 1)
      gfx.set(0.32, 0.32, 0.34, 1)
      gfx.rect(12, 36, WIDTH - 24, 10, 1)
      gfx.rect(BUTTON.x, BUTTON.y, BUTTON.w, BUTTON.h, 1)
      gfx.set(0.35, 0.7, 0.55, 1)
      gfx.rect(12, 36, math.floor((WIDTH - 24) * math.max(0, math.min(1, part))), 10, 1)
      gfx.set(0.9, 0.9, 0.9, 1)
      gfx.x, gfx.y = 12, 12
      gfx.drawstr(text)
      gfx.x, gfx.y = BUTTON.x + 18, BUTTON.y + 6
      gfx.drawstr("Cancel")
      gfx.update()
      return self:_pressed() or key == 27, key == -1
    end

    function window:close()
      gfx.quit()
    end

    return window
  end

  return function(title)
    if reaper.APIExists("ImGui_CreateContext") then return with_imgui(title) end
    return with_gfx(title)
  end
end

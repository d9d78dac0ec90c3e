-- @noindex
-- Puts every action of audioldm-bridge into Reaper's action list. Run it once, and again after an update.
local folder = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local actions = dofile(folder .. "lib/actions.lua")
for index, action in ipairs(actions) do
  reaper.AddRemoveReaScript(true, 0, folder .. action.file, index == #actions)
end

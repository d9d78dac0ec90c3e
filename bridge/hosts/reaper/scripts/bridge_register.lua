-- @noindex
-- Puts every action of audioldm-bridge into Reaper's action list. Run it once, and again after an update.
local folder = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local actions = dofile(folder .. "lib/actions.lua")
local added = 0
for index, action in ipairs(actions) do
  if reaper.AddRemoveReaScript(true, 0, folder .. action.file, index == #actions) ~= 0 then added = added + 1 end
end
local text = "%d of %d actions are in the action list. Look there for \"bridge\"."
reaper.ShowMessageBox(text:format(added, #actions), "audioldm-bridge", 0)
reaper.defer(function() end)  -- else it would be a step in the undo history

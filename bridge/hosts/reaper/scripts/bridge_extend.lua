-- @noindex
-- audioldm-bridge: extend the selected item
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "lib/run.lua")("extend")

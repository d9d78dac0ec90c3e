-- @noindex
-- audioldm-bridge: upsample the selected item
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "lib/run.lua")("upsample")

-- @noindex
-- audioldm-bridge: loop of whole bars at the time selection or the cursor
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "lib/run.lua")("loop")

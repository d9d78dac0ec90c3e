-- @noindex
-- audioldm-bridge: cancel what is being rendered
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "lib/run.lua")("cancel")

-- @noindex
-- audioldm-bridge: restyle the selected item
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "lib/run.lua")("restyle")

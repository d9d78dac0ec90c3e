-- @noindex
-- audioldm-bridge: inpaint the time selection inside the selected item
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "lib/run.lua")("inpaint")

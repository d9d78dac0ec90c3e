-- @noindex
-- audioldm-bridge: generate into the time selection
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "lib/run.lua")("generate")

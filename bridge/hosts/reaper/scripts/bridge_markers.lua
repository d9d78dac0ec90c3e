-- @noindex
-- audioldm-bridge: generate at markers and regions, whose names are the prompts
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "lib/run.lua")("markers")

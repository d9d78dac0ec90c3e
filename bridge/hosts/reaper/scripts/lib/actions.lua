-- @noindex
-- The actions, in the order of Reaper's list.
return {
  { file = "bridge_generate.lua", title = "generate into the time selection" },
  { file = "bridge_inpaint.lua", title = "inpaint the time selection inside the selected item" },
  { file = "bridge_restyle.lua", title = "restyle the selected item" },
  { file = "bridge_extend.lua", title = "extend the selected item" },
  { file = "bridge_upsample.lua", title = "upsample the selected item" },
  { file = "bridge_vary.lua", title = "vary the selected item" },
  { file = "bridge_loop.lua", title = "loop of whole bars at the time selection or the cursor" },
  { file = "bridge_markers.lua", title = "generate at markers and regions, whose names are the prompts" },
  { file = "bridge_cancel.lua", title = "cancel what is being rendered" },
}

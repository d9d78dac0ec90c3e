-- `lua picture.lua SCRIPTS` prints the progress window as SVG: what the script draws by gfx, shape by shape.
local shapes, colour, size = {}, nil, nil
local gfx = { x = 0, y = 0, mouse_x = 0, mouse_y = 0, mouse_cap = 0 }

function gfx.init(_, width, height) size = ('width="%d" height="%d"'):format(width, height) end
function gfx.setfont() end
function gfx.getchar() return 0 end
function gfx.update() end
function gfx.set(r, g, b) colour = ("#%02x%02x%02x"):format(r * 255 // 1 | 0, g * 255 // 1 | 0, b * 255 // 1 | 0) end

function gfx.rect(x, y, width, height)
  local shape = '<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>'
  shapes[#shapes + 1] = shape:format(x, y, width, height, colour)
end

function gfx.drawstr(text)
  shapes[#shapes + 1] = ('<text x="%d" y="%d" fill="%s">%s</text>'):format(gfx.x, gfx.y + 13, colour, text)
end

local reaper = { APIExists = function() return false end }
local window = dofile(arg[1] .. "/lib/window.lua")(reaper, gfx)("audioldm-bridge")
window:draw("generate: step 5 of 8", 5 / 8)
local head = '<svg xmlns="http://www.w3.org/2000/svg" %s font-family="Arial, sans-serif" font-size="14">'
print(head:format(size) .. "\n" .. table.concat(shapes, "\n") .. "\n</svg>")

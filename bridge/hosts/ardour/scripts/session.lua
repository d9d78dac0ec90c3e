-- What is read of the session, and what is put into it. Positions and lengths are seconds, as for Reaper; Ardour gets
-- them in samples of the session's rate, which they are whole numbers of.
local MOST_CHANNELS = 8  -- that the bridge takes
local Project, Item = {}, {}
Project.__index, Item.__index = Project, Item

local function complain(text)
  error({ text = text }, 0)
end

function Project.current()
  return setmetatable({}, Project)
end

function Project:rate()
  return math.floor(Session:nominal_sample_rate() + 0.5)
end

function Project:is_open()
  return true  -- the action holds Ardour's menus until it ends
end

-- Files stay where they are: importing copies them into the session.
function Project:keep(path)
  return path
end

-- Start and end of the range selection; nil if there is none.
function Project:selection()
  local range, rate = Editor:get_selection().time, self:rate()
  local start, finish = range:start_sample(), range:end_sample()
  if finish > start then return start / rate, finish / rate end
end

local function track_of(region)
  for route in Session:get_tracks():iter() do
    local track = route:to_track()
    if not track:isnil() and not track:playlist():region_by_id(region:to_stateful():id()):isnil() then return track end
  end
end

-- The selected region; or, as Ardour deselects regions where a range is selected, the uppermost in it.
function Project:_selected_region()
  local found = {}
  for region in Editor:get_selection().regions:regionlist():iter() do found[#found + 1] = region end
  if #found == 1 then return found[1] end
  local track = #found == 0 and self:selection() and self:track()
  if track then
    local start = Temporal.timepos_t(Editor:get_selection().time:start_sample())
    local region = track:playlist():top_region_at(start)
    if region and not region:isnil() then return region end
  end
  complain("Select one region first, or a range that begins in one.")
end

-- The selected region with what an edit needs to know of it.
function Project:selected_item()
  local region = self:_selected_region()
  local audio, rate = region:to_audioregion(), self:rate()
  if audio:isnil() then complain("The selected region has no audio.") end
  local channels = audio:n_channels()
  if channels > MOST_CHANNELS then
    complain(("The selected region has %d channels; those with 1 to %d can be edited."):format(channels, MOST_CHANNELS))
  end
  return setmetatable({
    project = self, take = audio, rate = rate, channels = channels, kept = channels,
    position = region:position():samples() / rate, length = region:length():samples() / rate,
  }, Item)
end

-- Nothing else happens in Ardour while an action runs.
function Item:is_unchanged()
  return true
end

-- Put files onto the region's track as layers above it, the first on top. `before` is how many seconds earlier than
-- the region they begin.
function Item:add(files, before)
  local track = track_of(self.take)
  if not track then complain("The region is not there any more. The takes are in\n" .. files[1].folder) end
  local start = self.take:position():samples() - math.floor((before or 0) * self.rate + 0.5)
  if start < 0 then
    complain(("%g s before the region is before the session's beginning. The takes are in\n%s"):format(
      before, files[1].folder))
  end
  self.project:layer(track, start, files)
end

-- The first selected audio track.
function Project:track()
  for route in Editor:get_selection().tracks:routelist():iter() do
    local track = route:to_track()
    if not track:isnil() and not track:to_audio_track():isnil() then return track end
  end
end

-- The track for new regions, or a new one where none was selected.
function Project:existing(track)
  if track then return track end
  local made = Session:new_audio_track(
    2, 2, nil, 1, "bridge", ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
  local new = made:front()
  if not new or new:isnil() then complain("Ardour could not make a track.") end
  return new
end

function Project:new_item(track, start, _, files)
  self:layer(track, math.floor(start * self:rate() + 0.5), files)
end

-- The regions that are whole files, by their ids.
local function whole_files()
  local found = {}
  for _, region in pairs(ARDOUR.RegionFactory.regions():table()) do
    local audio = region:to_audioregion()
    if not audio:isnil() and region:whole_file() then found[region:to_stateful():id():to_s()] = audio end
  end
  return found
end

-- Copy a file into the session; the region of all its channels.
local function import(file)
  local paths, before, new = C.StringVector(), whole_files(), nil
  paths:push_back(file.path)
  Editor:do_import(
    paths, Editing.ImportDistinctFiles, Editing.ImportAsRegion, ARDOUR.SrcQuality.SrcBest,
    ARDOUR.MidiTrackNameSource.SMFTrackName, ARDOUR.MidiTempoMapDisposition.SMFTempoIgnore,
    Temporal.timepos_t(0), ARDOUR.PluginInfo(), ARDOUR.Track(), false)
  for id, region in pairs(whole_files()) do
    if not before[id] and (not new or region:n_channels() > new:n_channels()) then new = region end
  end
  if not new then complain("Ardour could not import\n" .. file.path) end
  return new
end

-- Put files onto a track at a sample, one above the other. The first comes last, and so is on top.
function Project:layer(track, sample, files)
  local regions = {}
  for index, file in ipairs(files) do regions[index] = import(file) end  -- which would end an undo step of ours
  local playlist = track:playlist()
  Session:begin_reversible_command(self.step)
  playlist:to_stateful():clear_changes()
  for index = #files, 1, -1 do
    local region = ARDOUR.RegionFactory.clone_region(regions[index], true, false)
    region:set_name(files[index].name)
    playlist:add_region(region, Temporal.timepos_t(sample), 1, false, 0, 0, false)
  end
  Session:add_stateful_diff_command(playlist:to_statefuldestructible())
  if not Session:abort_empty_reversible_command() then Session:commit_reversible_command(nil) end
end

-- What `act` puts onto a track is one step of the undo history, by this name.
function Project:in_one_step(name, act)
  self.step = name
  act()
end

return Project

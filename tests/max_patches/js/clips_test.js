// Live's clips: read, edited, placed. Without Max, Live or a bridge: `node --test clips_test.js`.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { asked, folder, pairs, ready, sound, take } = require("./device.js");

test("the selected clip is restyled by its file, and inpainted where it loops", async () => {
  const { device, sent, live } = ready();
  const file = sound("my loop.wav", 4);
  live.tracks[0].clip_slots[1].clip = { name: "my loop", is_audio_clip: 1, file_path: file, sample_rate: 48000,
    sample_length: 192000, loop_start: 2, loop_end: 4, warping: 1, length: 2, looping: 1,
    warp_markers: JSON.stringify({ warp_markers: [{ beat_time: 0, sample_time: 0.5 }, { beat_time: 4, sample_time: 2.5 },
      { beat_time: 8, sample_time: 3.5 }] }) };
  live.view.detail_clip = "live_set tracks 0 clip_slots 1 clip";
  device.message("clip");
  await new Promise(setImmediate);
  assert.deepEqual(device.last("region"), [1500, 2500]);
  assert.equal(device.status(), "the clip my loop: 1.00 of 4.00 s; inpaint takes that part, all else the whole file");
  device.message("prompt", "text", "glass");
  device.message("task", 2);
  device.message("render");
  assert.deepEqual([asked(sent)[0], ...asked(sent).slice(2, 5)], ["/render/restyle", file, "glass", 0.5]);
  assert.equal(pairs(asked(sent).slice(5)).rate, undefined);
  device.message("task", 3);
  device.message("render");
  assert.deepEqual([asked(sent)[0], ...asked(sent).slice(2, 6)], ["/render/inpaint", file, 1.5, 2.5, "glass"]);
  device.message("region", 250, 1000);
  device.message("render");
  assert.deepEqual(asked(sent).slice(3, 5), [0.25, 1]);
  device.message("drop", sound("other.wav", 4));
  await new Promise(setImmediate);
  assert.deepEqual(device.last("region"), [0, 0]); // what was drawn belongs to the other sound
  device.message("render");
  assert.match(device.status(), /inpaint needs a region/);
});

test("the same clip, looped elsewhere since, is the same sound with another region", async () => {
  const { device, live } = ready();
  const clip = { name: "loop", is_audio_clip: 1, file_path: sound("again.wav", 4), sample_rate: 48000, sample_length: 192000,
    loop_start: 0, loop_end: 1, warping: 0, length: 1, looping: 0 };
  live.tracks[0].clip_slots[0].clip = clip;
  live.view.detail_clip = "live_set tracks 0 clip_slots 0 clip";
  device.message("clip");
  await new Promise(setImmediate);
  assert.deepEqual(device.last("region"), [0, 1000]);
  Object.assign(clip, { loop_start: 2, loop_end: 3 });
  device.message("clip");
  assert.deepEqual(device.last("region"), [2000, 3000]);
  assert.equal(device.said.filter((atoms) => atoms[0] === "buffer").length, 1); // the file is there already
  const menu = device.said.slice(device.said.map(String).lastIndexOf("menu,clear"));
  assert.deepEqual(menu.filter((atoms) => atoms[1] === "append"), [["menu", "append", "1  loop"]]);
});

test("takes that come later leave the region that was drawn", async () => {
  const { device, sent } = ready({ knobs: { takes: 2 } });
  device.message("prompt", "text", "rain");
  device.message("render");
  const id = asked(sent)[1];
  device.message("/job/take", id, 0, sound("first.wav", 2), 96000, 48000, 1, 0);
  await new Promise(setImmediate);
  device.message("region", 250, 500);
  device.message("choose", 0); // the one that is shown already
  device.message("/job/take", id, 1, sound("second.wav", 2), 96000, 48000, 2, 0);
  await new Promise(setImmediate);
  device.message("task", 3);
  device.message("render");
  assert.deepEqual(asked(sent).slice(3, 5), [0.25, 0.5]);
});

test("a take goes into the highlighted slot, or the next empty one, as a loop of its length", async () => {
  const { device, sent, live } = ready();
  device.message("prompt", "text", "hats");
  device.message("task", 1);
  const file = sound("placed.wav", 8);
  await take(device, sent, file, 384000);
  live.tracks[1].clip_slots[0].clip = { name: "mine" };
  live.view.highlighted_clip_slot = "live_set tracks 1 clip_slots 0";
  device.message("place");
  assert.equal(device.status(), "placed: 16 beats");
  const clip = live.tracks[1].clip_slots[1].clip;
  assert.deepEqual([clip.file_path, clip.name, clip.looping, clip.warping], [file, "hats 77", 1, 1]);
  live.guess = (beats) => beats / 2;
  live.markers = false;
  device.message("place");
  assert.equal(device.status(), "placed; warping it to 16 beats ...");
  device.advance(4000);
  assert.equal(device.status(), "placed, but Live takes it for 8.00 beats, not 16: correct Seg. BPM");
  device.message("place");
  device.message("place");
  assert.match(device.status(), /no slot is empty/);
  live.markers = true;
  device.message("arrange");
  const [arranged] = live.tracks[0].arranged;
  assert.deepEqual([arranged.start_time, arranged.file_path, arranged.name, arranged.length], [8, file, "hats 77", 16]);
  assert.equal(device.status(), "placed: 16 beats, at beat 9.00 of 1-Audio");
  const better = sound("better.wav", 8);
  await take(device, sent, better, 384000);
  device.message("choose", 1);
  device.message("arrange"); // in the place of the first
  assert.equal(device.status(), "placed: 16 beats, at beat 9.00 of 1-Audio");
  assert.deepEqual(live.tracks[0].arranged.map((one) => one.file_path), [better]);
  live.song.current_song_time = 2000000; // where Live puts nothing
  device.message("arrange");
  assert.equal(device.status(), "Live did not take the file " + better);
  device.message("reveal");
  device.message("drop", "/takes/C# & more?/a b.wav");
  device.message("reveal");
  assert.deepEqual(device.browsed, ["file://" + folder, "file:///takes/C%23%20&%20more%3F"]);
});

// Where the beginning and the end of a file of so many seconds are, in beats.
function ends(clip, seconds) {
  const shown = JSON.parse(clip.warp_markers).warp_markers;
  const slope = (a, b) => (b.beat_time - a.beat_time) / (b.sample_time - a.sample_time);
  const [first, second] = shown, [before, last] = shown.slice(-2);
  return [first.beat_time - first.sample_time * slope(first, second),
    before.beat_time + (seconds - before.sample_time) * slope(before, last)].map((beat) => Math.round(beat * 1e6) / 1e6);
}

for (const [what, guess, first] of [
  ["half as long", (beats) => beats / 2], ["twice as long", (beats) => beats * 2],
  ["a little longer", (beats) => beats * 1.01], ["to begin later", (beats) => beats, { beat_time: 0, sample_time: 0.3 }],
]) {
  test(`a loop that Live takes for ${what} lies on the bars nevertheless`, async () => {
    const { device, sent, live } = ready();
    device.message("prompt", "text", "hats");
    device.message("task", 1);
    await take(device, sent, sound("guessed.wav", 8), 384000);
    Object.assign(live, { guess, first });
    live.view.highlighted_clip_slot = "live_set tracks 1 clip_slots 0";
    device.message("place");
    const clip = live.tracks[1].clip_slots[0].clip;
    assert.deepEqual(ends(clip, 8), [0, 16]);
    assert.deepEqual([clip.loop_start, clip.loop_end, clip.start_marker, clip.end_marker, clip.length], [0, 16, 0, 16, 16]);
    assert.equal(device.status(), "placed: 16 beats");
  });
}

test("a clip that Live makes without warping becomes a loop as soon as Live has switched warping on", async () => {
  const { device, sent, live } = ready();
  device.message("prompt", "text", "hats");
  device.message("task", 1);
  await take(device, sent, sound("unwarped.wav", 8), 384000);
  Object.assign(live, { warped: 0, guess: (beats) => beats * 0.7 });
  live.view.highlighted_clip_slot = "live_set tracks 0 clip_slots 0";
  device.message("place");
  device.message("arrange");
  assert.equal(device.status(), "placed, at beat 9.00 of 1-Audio; warping it to 16 beats ...");
  await new Promise(setImmediate); // Live's own loop comes round
  device.advance(500);
  assert.equal(device.status(), "placed: 16 beats, at beat 9.00 of 1-Audio");
  for (const clip of [live.tracks[0].clip_slots[0].clip, live.tracks[0].arranged[0]]) {
    assert.deepEqual(ends(clip, 8), [0, 16]);
    assert.deepEqual([clip.warping, clip.looping, clip.loop_start, clip.loop_end, clip.length], [1, 1, 0, 16, 16]);
  }
  live.view.highlighted_clip_slot = "live_set tracks 0 clip_slots 1";
  device.message("place");
  live.tracks[0].clip_slots[1].clip = null; // deleted before it was warped
  device.advance(4500);
  assert.match(device.status(), /warping it/);
});

test("a Live that cannot place clips is told apart from one that can", async () => {
  const { device, sent, live } = ready({ live: { version: 12.0 } });
  device.message("prompt", "text", "hats");
  await take(device, sent, sound("old.wav", 1));
  live.view.highlighted_clip_slot = "live_set tracks 0 clip_slots 0";
  device.message("place");
  assert.match(device.status(), /Live 12\.0\.5 or newer/);
  device.message("arrange");
  assert.match(device.status(), /drag the file/);
});

// What a device does, without Max, Live or a bridge: `node --test device_test.js`.
"use strict";
const assert = require("node:assert/strict");
const fs = require("fs");
const os = require("os");
const path = require("path");
const { test } = require("node:test");
const { Device, Globals } = require("./max_imitation.js");
const { Live } = require("./live_imitation.js");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "devices-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true }));

// A silent WAV of 16 bits.
function sound(name, seconds, rate = 48000) {
  const frames = Math.round(seconds * rate), head = Buffer.alloc(44);
  head.write("RIFF", 0); head.writeUInt32LE(36 + frames * 2, 4); head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16); head.writeUInt16LE(1, 20); head.writeUInt16LE(1, 22); head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28); head.writeUInt16LE(2, 32); head.writeUInt16LE(16, 34);
  head.write("data", 36); head.writeUInt32LE(frames * 2, 40);
  const file = path.join(folder, name);
  fs.writeFileSync(file, Buffer.concat([head, Buffer.alloc(frames * 2)]));
  return file;
}

// A device that is loaded and connected, and what it sent.
function ready(options = {}) {
  const sent = [], live = options.host === "max" ? null : new Live(options.live);
  const device = new Device({ ...options, live, send: (address, args) => sent.push([address, ...args]) });
  device.knobs(options.knobs);
  device.message("bang");
  device.message("/bridge/ready", "0.1.0", "tone", 48000, "generate", "restyle");
  return { device, sent, live: device.live };
}

function pairs(list) {
  return Object.fromEntries(Array.from({ length: list.length / 2 }, (_, n) => [list[2 * n], list[2 * n + 1]]));
}

function asked(sent) {
  return sent.filter(([address]) => address.startsWith("/render/")).pop();
}

// Ask, and have the bridge answer with a take of that file.
async function take(device, sent, file, frames = 96000) {
  device.message("render");
  const id = asked(sent)[1];
  device.message("/job/take", id, 0, file, frames, 48000, 77, 0.5);
  device.message("/job/done", id, 1);
  await new Promise(setImmediate);
  return id;
}

test("it says hello with a name of its own, and shows what model answers", () => {
  const { device, sent } = ready();
  assert.match(sent[0][1], /^live-[0-9a-z]+$/);
  assert.deepEqual([sent[0][0], sent[0][2]], ["/bridge/hello", 9650]);
  assert.deepEqual(device.last("port"), ["port", 9650]);
  assert.equal(device.status(), "ready: tone");
});

test("two devices of one set have names and ports of their own, also when one is a copy", () => {
  const globals = new Globals();
  const one = ready({ globals, own: "001take" });
  const kept = one.device.last("state")[0];
  const other = new Device({ globals, own: "002take", live: new Live() });
  other.knobs();
  other.message("state", kept);
  other.message("bang");
  const [mine, copy] = [one.device.last("osc"), other.last("osc")];
  assert.notEqual(copy[1], one.sent[0][1]);
  assert.equal(copy[2], 9651);
  assert.ok(mine);
  one.device.message("notifydeleted");
  assert.deepEqual(Object.keys(JSON.parse(globals.get("audioldm_bridge").devices)), ["002take"]);
});

test("where nobody answers it looks at another port, and says what to do", () => {
  const device = new Device({ live: new Live() });
  device.knobs();
  device.message("bang");
  device.advance(7000);
  assert.match(device.status(), /no bridge answers: start it/);
  assert.deepEqual(device.last("port"), ["port", 9651]);
  device.message("prompt", "text", "rain");
  device.message("render");
  assert.match(device.status(), /no bridge answers/);
  assert.equal(device.said.filter((a) => a[1] === "/render/generate").length, 0);
});

test("a bridge that is gone is noticed, and found again", () => {
  const { device, sent } = ready();
  device.advance(4000);
  assert.equal(sent[sent.length - 1][0], "/live/status");
  device.message("/live/state", "null", "", 48000, 256, 0, 0, 0, 0, 0, "");
  device.advance(8000);
  assert.match(device.status(), /does not answer any more/);
  assert.equal(sent[sent.length - 1][0], "/bridge/hello");
  device.message("/bridge/ready", "0.1.0", "tone", 48000);
  assert.equal(device.status(), "ready: tone");
  device.advance(8000);
  assert.match(device.status(), /does not answer any more/);
  device.message("/live/state", "null", "", 48000, 256, 0, 0, 0, 0, 0, "");
  assert.equal(device.status(), "ready: tone");
});

test("a bridge of another version is named, with what to do", () => {
  const { device } = ready();
  device.message("/bridge/loading", "0.3.0", "pocket");
  device.message("/bridge/ready", "0.3.0", "pocket", 48000);
  assert.match(device.status(), /bridge is version 0\.3\.0, this device 0\.1\.0: run bridge install live/);
});

test("bars have the length that the set's tempo gives them", () => {
  const { device, sent, live } = ready();
  live.change("tempo", 150);
  device.message("prompt", "text", "deep kick drum");
  device.message("render");
  const [address, , prompt, ...rest] = asked(sent);
  assert.deepEqual([address, prompt], ["/render/generate", "deep kick drum"]);
  assert.deepEqual(pairs(rest), { seconds: 6.4, quality: "normal", takes: 1, rate: 48000 });
});

test("a loop is asked for in bars where they can be told, else in seconds", () => {
  const { device, sent, live } = ready();
  device.message("prompt", "text", "hats");
  device.message("task", 1);
  live.change("signature_numerator", 3);
  device.message("render");
  assert.deepEqual(asked(sent).slice(2, 5), ["hats", 4, 120]);
  assert.equal(pairs(asked(sent).slice(5)).beats, 3);
  live.change("signature_numerator", 7);
  live.change("signature_denominator", 8);
  device.message("render");
  assert.deepEqual(asked(sent).slice(2, 5), ["hats", 0, 0]);
  assert.equal(pairs(asked(sent).slice(5)).seconds, 7);
  live.change("tempo", 10);
  device.message("render");
  assert.equal(device.status(), "the length must be 0.05 to 60 s, and this is 84.00 s at the set's tempo");
});

test("seconds are those of the knob; steps and guidance are sent only by hand, a seed only when it is held", async () => {
  const { device, sent } = ready();
  device.message("prompt", "text", "wind");
  device.message("negative", "text", "birds");
  device.message("unit", 0);
  device.message("byhand", 1);
  await take(device, sent, sound("wind.wav", 2));
  assert.deepEqual(pairs(asked(sent).slice(3)),
    { negative: "birds", seconds: 5.12, quality: "normal", steps: 25, guidance: 4, takes: 1, rate: 48000 });
  device.message("hold", 1);
  device.message("render");
  assert.equal(pairs(asked(sent).slice(3)).seed, 77);
});

test("a take is listed, loaded and looped at its length in bars, whatever its tempo was", async () => {
  const { device, sent, live } = ready();
  device.message("prompt", "text", "hats");
  device.message("task", 1);
  const file = sound("hats.wav", 8);
  await take(device, sent, file, 384000);
  assert.deepEqual(device.last("menu"), ["set", 0]);
  assert.deepEqual(device.last("buffer"), ["importreplace", file]);
  assert.deepEqual(device.last("interval"), [4 * 4 * 480, "ticks"]);
  assert.deepEqual(device.last("span"), [0, 8000]);
  assert.deepEqual(device.last("mono"), [1]);
  assert.deepEqual(device.last("gate"), [0]);
  device.message("play", 1);
  assert.deepEqual(device.last("gate"), [1]); // that the song stands is heard in the patch, sooner than it is told here
  live.change("tempo", 90);
  assert.deepEqual(device.last("interval"), [4 * 4 * 480, "ticks"]);
  live.change("signature_numerator", 3); // it has 16 beats in any meter
  assert.deepEqual(device.last("interval"), [16 * 480, "ticks"]);
  live.view.highlighted_clip_slot = "live_set tracks 0 clip_slots 0";
  device.message("place");
  assert.equal(device.status(), "placed: 16 beats");
});

test("what keeps its source's length is as many beats long as that", async () => {
  const { device, sent, live } = ready();
  device.message("prompt", "text", "hats");
  device.message("task", 1);
  await take(device, sent, sound("source.wav", 8), 384000);
  for (const [task, beats] of [[2, 16], [4, 0]]) { // restyle, extend
    device.message("choose", 0);
    device.message("task", task);
    await take(device, sent, sound(`made${task}.wav`, beats ? 8 : 9), 384000);
    live.change("tempo", 60);
    assert.deepEqual(device.last("interval"), [(beats || 9) * 480, "ticks"]);
    live.change("tempo", 120);
  }
});

test("one shot waits for the bar while the song runs, and starts at once while it does not", async () => {
  const { device, sent, live } = ready();
  device.message("prompt", "text", "crash");
  await take(device, sent, sound("crash.wav", 2));
  device.message("mode", 0);
  device.message("play", 1);
  assert.deepEqual(device.last("once"), ["start", 0, 2000]);
  device.message("play", 0);
  assert.deepEqual(device.last("once"), ["stop"]);
  live.change("is_playing", 1);
  device.message("play", 1);
  assert.deepEqual(device.last("bar"), [1]);
  assert.deepEqual(device.last("once"), ["stop"]);
});

test("one shot that is over puts the button out, and a loop's button stays", async () => {
  const { device, sent } = ready();
  device.message("prompt", "text", "crash");
  await take(device, sent, sound("over.wav", 2));
  device.message("mode", 0);
  device.message("play", 1);
  device.message("ended");
  assert.deepEqual(device.last("playing"), ["set", 0]);
  device.message("play", 1); // the next click plays again
  assert.deepEqual(device.last("once"), ["start", 0, 2000]);
  const before = device.said.filter((atoms) => atoms[0] === "playing").length;
  device.message("mode", 1); // which stops the one shot, and play~ says that it ended
  device.message("ended");
  assert.deepEqual(device.last("gate"), [1]);
  assert.equal(device.said.filter((atoms) => atoms[0] === "playing").length, before);
});

test("one shot of nothing puts the button out, too", () => {
  const { device } = ready();
  device.message("mode", 0);
  device.message("play", 1);
  assert.deepEqual(device.last("playing"), ["set", 0]);
  assert.deepEqual(device.said.filter((atoms) => atoms[0] === "once" && atoms[1] === "start"), []);
});

test("a file that cannot be read is named", async () => {
  const { device, sent } = ready();
  device.message("prompt", "text", "x");
  await take(device, sent, "/nowhere/x.wav");
  device.advance(5000);
  assert.equal(device.status(), "done");
  device.advance(1000);
  assert.equal(device.status(), "the file cannot be read: /nowhere/x.wav");
});

test("what is too long for the line is turned over, so that all of it can be read", () => {
  const { device, sent } = ready();
  const long = `/Users/somebody/Music/${"very long folder/".repeat(8)}a.wav is outside the folders of the setting roots`;
  device.message("prompt", "text", "rain");
  device.message("render");
  device.message("/job/failed", asked(sent)[1], "path", long);
  const seen = [];
  for (let n = 0; n < 3; n += 1) {
    seen.push(device.last("status")[1]);
    device.advance(3000);
    device.message("/live/state", "null", "", 48000, 256, 0, 0, 0, 0, 0, ""); // the bridge is there all the time
  }
  assert.ok(seen.every((piece) => piece.length <= 90), seen.join());
  assert.equal(seen.join("").replaceAll(" ...", " "), long);
  assert.equal(device.last("status")[1], seen[0]); // and from the beginning again
  device.message("cancel");
  assert.deepEqual(device.last("status"), ["set", "nothing is being rendered"]);
  const said = device.said.length;
  device.advance(3000);
  assert.deepEqual(device.said.slice(said).filter((atoms) => atoms[0] === "status"), []);
});

test("buttons that Live restores while it loads the device do nothing", () => {
  const live = new Live(), device = new Device({ live });
  live.tracks[0].clip_slots[0].clip = { name: "mine" };
  live.view.detail_clip = "live_set tracks 0 clip_slots 0 clip";
  for (const button of ["render", "cancel", "clip", "place", "arrange", "reveal"]) device.message(button);
  device.message("step", 1);
  assert.deepEqual(device.said, []);
});

test("a dropped file is found on the Mac's drives, and on Windows'", () => {
  const { device } = ready();
  for (const [said, path] of [["Macintosh HD:/Users/me/a b.wav", "/Users/me/a b.wav"], ["C:/kick.wav", "C:/kick.wav"],
    ["Samples:/kick.wav", "/Volumes/Samples/kick.wav"], ["/Users/me/c.wav", "/Users/me/c.wav"]]) {
    device.message("drop", said);
    assert.deepEqual(device.last("buffer"), ["importreplace", path]);
  }
});

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

test("a preset is chosen from the packs, and rendered until another text is typed", async () => {
  const { device, sent } = ready();
  assert.deepEqual(sent[sent.length - 1], ["/presets/packs"]);
  device.message("/presets/pack", "drums", "Drums", 2, "hits");
  device.message("/presets/listed", 1);
  assert.deepEqual(device.said.slice(-4), [["presets", "clear"], ["presets", "append", "presets"],
    ["presets", "append", "Drums"], ["presets", "set", 0]]);
  device.message("preset", 1);
  assert.deepEqual(sent[sent.length - 1], ["/presets/list", "drums"]);
  device.message("/presets/entry", "drums/hall-kick", "a deep  kick drum, in a hall", "one-shot", "kick", "deep", 1);
  device.message("/presets/entry", "drums/spoken", "hey", "one-shot", "voice", "for others", 0);
  device.message("/presets/listed", 2);
  assert.deepEqual(device.said.slice(-3), [["presets", "append", "< all packs"], ["presets", "append", "hall-kick"],
    ["presets", "set", 0]]);
  device.message("preset", 1);
  assert.deepEqual(device.last("prompt"), ["set", "a deep kick drum, in a hall"]);
  assert.equal(device.status(), "drums/hall-kick: deep");
  device.message("prompt", "text", "a deep kick drum, in a hall"); // the box says it again when Render is clicked
  await take(device, sent, sound("kick.wav", 2));
  assert.deepEqual([asked(sent)[0], ...asked(sent).slice(2)], ["/render/preset", "drums/hall-kick", "takes", 1, "rate", 48000]);
  assert.deepEqual(device.said.filter((a) => a[0] === "menu" && a[1] === "append").pop()[2], "1  drums/hall-kick 77");
  assert.deepEqual(device.last("interval"), [2 * 2 * 480, "ticks"]); // as long as it is, and not as the knob says
  device.message("hold", 1);
  device.message("render");
  assert.equal(pairs(asked(sent).slice(3)).seed, 77);
  const kept = device.last("state")[0];
  device.message("prompt", "text", "a snare");
  device.message("render");
  assert.deepEqual([asked(sent)[0], asked(sent)[2]], ["/render/generate", "a snare"]);
  const again = new Device({ live: new Live(), own: "004take" });
  again.message("state", kept);
  again.knobs();
  again.message("bang");
  again.message("/bridge/ready", "0.1.0", "tone", 48000);
  again.message("render");
  assert.deepEqual(again.said.filter((atoms) => atoms[1] === "/render/preset").map((atoms) => atoms[3]), ["drums/hall-kick"]);
  device.message("preset", 0);
  assert.deepEqual(device.said.slice(-2), [["presets", "append", "Drums"], ["presets", "set", 0]]);
});

test("what cannot be done is said in words", () => {
  const { device, live } = ready();
  const says = (words) => assert.match(device.status(), words);
  device.message("render"); says(/type what should be heard/);
  device.message("prompt", "text", "rain");
  device.message("task", 2); device.message("render"); says(/restyle needs a sound/);
  device.message("clip"); says(/no clip is selected/);
  device.message("place"); says(/there is no sound yet/);
  device.message("drop", "Macintosh HD:/Users/me/a b.wav"); device.message("task", 3); device.message("render");
  says(/inpaint needs a region/);
  device.message("place"); says(/click a clip slot/);
  live.view.highlighted_clip_slot = "live_set tracks 0 clip_slots 0";
  live.tracks[0].is_frozen = 1; device.message("place"); says(/frozen/);
  live.tracks[0].is_frozen = 0; live.tracks[0].has_audio_input = 0; device.message("place"); says(/no audio track/);
  device.message("cancel"); says(/nothing is being rendered/);
});

test("what the bridge refuses is shown, with a hint where that helps", () => {
  const { device, sent } = ready();
  device.message("prompt", "text", "rain");
  device.message("render");
  device.message("/job/failed", asked(sent)[1], "disk", "no space is left in /takes");
  assert.match(device.status(), /no space is left in \/takes - make room/);
  device.message("render");
  device.message("/job/failed", asked(sent)[1], "model", "unknown model 'mine': known are pocket");
  assert.match(device.status(), /unknown model 'mine': known are pocket - bridge models list/);
  device.message("/bridge/error", "model", "the model is still pocket: no such model");
  assert.match(device.status(), /still pocket.*bridge models list/);
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

test("a set keeps prompts, sounds, the name and jobs that were going on", async () => {
  const one = ready();
  one.device.message("prompt", "text", "rain, \"close\" & wet; 100%");
  await take(one.device, one.sent, sound("kept.wav", 1));
  one.device.message("render");
  const id = asked(one.sent)[1], kept = one.device.last("state")[0];
  assert.doesNotMatch(kept, /[\s,;"\\$]/);
  const sent = [];
  const again = new Device({ live: new Live(), own: "003take", send: (address, args) => sent.push([address, ...args]) });
  again.message("state", kept);
  again.knobs();
  again.message("bang");
  assert.deepEqual(again.last("prompt"), ["set", "rain, \"close\" & wet; 100%"]);
  assert.deepEqual(sent[0], one.sent[0]);
  assert.deepEqual(again.last("buffer"), ["importreplace", path.join(folder, "kept.wav")]);
  again.message("/bridge/ready", "0.1.0", "tone", 48000);
  assert.deepEqual(sent.filter(([address]) => address === "/job/follow"), [["/job/follow", id]]);
  again.message("/bridge/error", "unknown-job", "there is no job", id);
  assert.doesNotMatch(again.last("state")[0], new RegExp(id));
});

test("a set keeps 32 sounds with long names in words that Max does not cut, and tells Live only what is new", () => {
  const { device } = ready();
  const far = `/Users/somebody/Music/${"ü".repeat(60)}`;
  for (let n = 0; n < 33; n += 1) device.message("drop", `${far}/${n}.wav`);
  const kept = device.last("state"), told = device.said.filter((atoms) => atoms[0] === "state").length;
  assert.ok(kept.length > 10 && kept.length < 256); // pattr takes lists of up to 256
  device.message("/bridge/ready", "0.1.0", "tone", 48000);
  assert.equal(device.said.filter((atoms) => atoms[0] === "state").length, told);
  const again = new Device({ live: new Live(), own: "003take" });
  again.message("state", ...kept);
  again.message("bang");
  const listed = again.said.filter((atoms) => atoms[0] === "menu" && atoms[1] === "append").map((atoms) => atoms[2]);
  assert.deepEqual([listed.length, listed[0], listed[31]], [32, "1  1.wav", "32  32.wav"]);
});

test("takes are told again without being listed again, and others' jobs change nothing", async () => {
  const { device, sent } = ready();
  device.message("prompt", "text", "rain");
  device.message("render");
  const id = asked(sent)[1], file = sound("twice.wav", 1);
  device.message("/job/step", id, 3, 12);
  assert.deepEqual(device.last("progress"), [0.25]);
  for (let n = 0; n < 2; n += 1) device.message("/job/take", id, 0, file, 48000, 48000, 1, 0);
  device.message("/job/take", "somebody", 0, sound("theirs.wav", 1), 48000, 48000, 1, 0);
  await new Promise(setImmediate);
  const appended = device.said.filter((atoms) => atoms[0] === "menu" && atoms[1] === "append").length;
  assert.equal(appended, 1);
  device.message("cancel");
  assert.deepEqual(sent[sent.length - 1], ["/job/cancel", id]);
  device.message("/job/cancelled", id);
  assert.equal(device.status(), "stopped");
});

test("in plain Max the transport's own tempo counts, and what needs Live says so", () => {
  const { device, sent } = ready({ host: "max" });
  device.message("tempo", 60);
  device.message("meter", 3, 4);
  device.message("prompt", "text", "rain");
  device.message("render");
  assert.equal(pairs(asked(sent).slice(3)).seconds, 12);
  device.message("clip");
  assert.match(device.status(), /this is for Live/);
});

test("a message that nobody sends is an error, not silence", () => {
  const { device } = ready();
  assert.throws(() => device.message("frobnicate", 1), /does not know frobnicate/);
});

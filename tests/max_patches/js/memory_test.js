// What a device keeps, of the set and of the bridge. Without Max, Live or a bridge: `node --test memory_test.js`.
"use strict";
const assert = require("node:assert/strict");
const path = require("path");
const { test } = require("node:test");
const { asked, folder, pairs, ready, sound, take } = require("./device.js");
const { Device } = require("./max_imitation.js");
const { Live } = require("./live_imitation.js");

test("buttons that Live restores while it loads the device do nothing", () => {
  const live = new Live(), device = new Device({ live });
  live.tracks[0].clip_slots[0].clip = { name: "mine" };
  live.view.detail_clip = "live_set tracks 0 clip_slots 0 clip";
  for (const button of ["render", "cancel", "clip", "place", "arrange", "reveal"]) device.message(button);
  device.message("step", 1);
  assert.deepEqual(device.said, []);
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

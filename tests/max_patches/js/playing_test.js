// How long sounds are, and when they are heard. Without Max, Live or a bridge: `node --test playing_test.js`.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { asked, pairs, ready, sound, take } = require("./device.js");

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

// How a device finds the bridge, and what it says. Without Max, Live or a bridge: `node --test words_test.js`.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { asked, ready, sound } = require("./device.js");
const { Device, Globals } = require("./max_imitation.js");
const { Live } = require("./live_imitation.js");

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

test("a dropped file is found on the Mac's drives, and on Windows'", () => {
  const { device } = ready();
  for (const [said, path] of [["Macintosh HD:/Users/me/a b.wav", "/Users/me/a b.wav"], ["C:/kick.wav", "C:/kick.wav"],
    ["Samples:/kick.wav", "/Volumes/Samples/kick.wav"], ["/Users/me/c.wav", "/Users/me/c.wav"]]) {
    device.message("drop", said);
    assert.deepEqual(device.last("buffer"), ["importreplace", path]);
  }
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

test("a message that nobody sends is an error, not silence", () => {
  const { device } = ready();
  assert.throws(() => device.message("frobnicate", 1), /does not know frobnicate/);
});

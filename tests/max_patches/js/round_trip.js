// A device in an imitation of Live, and a real bridge over UDP: `node round_trip.js PORT DULL`, where
// DULL is a WAV of 16 kHz. Prints one line of JSON.
"use strict";
const assert = require("node:assert/strict");
const dgram = require("dgram");
const { Globals } = require("./max_imitation.js");
const { Live, wav } = require("./live_imitation.js");
const { open, render, until } = require("./connected.js");

const bridge = Number(process.argv[2]), dull = process.argv[3];

// A take's path.
async function rendered(device) {
  assert.match(await render(device), /^done/);
  return device.last("buffer")[1];
}

async function main() {
  // Somebody else has the first port already: the device must find another by itself.
  const squatter = dgram.createSocket("udp4");
  await new Promise((resolve) => squatter.once("listening", resolve).once("error", resolve).bind(9650, "127.0.0.1"));
  const live = new Live(), globals = new Globals();
  live.change("tempo", 128);
  const [one, two] = await Promise.all([open(bridge, { live, own: "001take", globals }), open(bridge, { live, own: "002take", globals })]);
  assert.notEqual(one.last("port")[1], two.last("port")[1]);

  one.message("prompt", "text", "a loop of hats");
  one.message("task", 1);
  const loop = await rendered(one);
  assert.deepEqual(wav(loop).frames, 2 * 4 * 60 / 128 * 48000);
  live.view.highlighted_clip_slot = "live_set tracks 0 clip_slots 0";
  one.message("place");
  assert.equal(one.status(), "placed: 8 beats");

  const menu = () => one.said.slice(one.said.map(String).lastIndexOf("presets,clear")).filter((a) => a[1] === "append");
  await until(() => menu().length > 1);
  one.message("preset", 1 + menu().slice(1).findIndex((a) => a[2] === "Drums and one-shots"));
  await until(() => menu()[0][2] === "< all packs");
  const name = menu()[1][2];
  one.message("preset", 1);
  const preset = [name, one.status().split(":")[0], wav(await rendered(one)).frames];

  live.view.detail_clip = "live_set tracks 0 clip_slots 0 clip";
  two.message("clip");
  two.message("prompt", "text", "glass");
  const made = {};
  for (const [name, number] of [["restyle", 2], ["inpaint", 3], ["extend", 4], ["vary", 5]]) {
    two.message("choose", 0); // the clip, and not the last take
    await new Promise(setImmediate);
    if (name === "inpaint") two.message("region", 500, 1500);
    two.message("task", number);
    made[name] = wav(await rendered(two)).frames;
  }
  two.message("drop", dull);
  two.message("task", 6);
  made.upsample = wav(await rendered(two));
  assert.equal(one.said.filter((a) => a[0] === "buffer").length, 2); // the other device's takes are not ours

  two.message("drop", "/nowhere/at all.wav");
  two.message("task", 2);
  two.message("render");
  await until(() => two.status().includes("/nowhere/at all.wav"));
  const refused = two.status();
  two.close(); one.close(); squatter.close();
  console.log(JSON.stringify({ loop, frames: wav(loop).frames, made, refused, preset,
    clip: live.tracks[0].clip_slots[0].clip.file_path }));
}

main().catch((error) => { console.error(error); process.exit(1); });

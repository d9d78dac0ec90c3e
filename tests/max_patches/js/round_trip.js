// A device in an imitation of Live, and a real bridge over UDP: `node round_trip.js PORT DULL`, where
// DULL is a WAV of 16 kHz. Prints one line of JSON.
"use strict";
const assert = require("node:assert/strict");
const dgram = require("dgram");
const { Device } = require("./max_imitation.js");
const { Live, wav } = require("./live_imitation.js");
const osc = require("./osc.js");

const bridge = Number(process.argv[2]), dull = process.argv[3];

// udpsend and udpreceive: a socket that sends, and one that hears at the port that the device chose last.
class Network {
  constructor() { this.out = dgram.createSocket("udp4"); this.in = null; this.errors = []; }

  join(device) {
    device.send = (address, args) => this.out.send(osc.encode(address, args), bridge, "127.0.0.1");
    device.listen = (port) => {
      if (this.in) this.in.close();
      this.in = dgram.createSocket("udp4").on("message", (packet) => device.message(...osc.decode(packet)));
      this.in.on("error", (error) => this.errors.push(error.code)); // udpreceive says so in Max's console only
      this.in.bind(port, "127.0.0.1");
    };
  }

  close() {
    this.out.close();
    try { this.in.close(); } catch { /* its port was taken */ }
  }
}

function until(what, seconds = 60) {
  return new Promise((resolve, reject) => {
    const end = Date.now() + seconds * 1000;
    const timer = setInterval(() => {
      if (what()) { clearInterval(timer); resolve(); }
      else if (Date.now() > end) { clearInterval(timer); reject(new Error("waited for " + what)); }
    }, 20);
  });
}

async function open(live, own, globals) {
  const device = new Device({ live, own, globals }), network = new Network();
  network.join(device);
  device.knobs({ bars: 2 });
  device.message("bang");
  device.timer = setInterval(() => device.advance(500), 500); // as long as it takes: machines are busy
  await until(() => device.status().startsWith("ready"));
  device.close = () => { clearInterval(device.timer); device.message("notifydeleted"); network.close(); };
  device.network = network;
  return device;
}

async function render(device) {
  await until(() => device.last("led")[2] === 0.85); // green
  device.message("render");
  // an answer that is late is no refusal
  const refused = () => device.last("color")[2] < 1 && !device.status().includes("does not answer");
  await until(() => device.status().startsWith("done") || refused());
  assert.match(device.status(), /^done/);
  return device.last("buffer")[1];
}

async function main() {
  // Somebody else has the first port already: the device must find another by itself.
  const squatter = dgram.createSocket("udp4");
  await new Promise((resolve) => squatter.once("listening", resolve).once("error", resolve).bind(9650, "127.0.0.1"));
  const live = new Live(), { Globals } = require("./max_imitation.js"), globals = new Globals();
  live.change("tempo", 128);
  const [one, two] = await Promise.all([open(live, "001take", globals), open(live, "002take", globals)]);
  assert.notEqual(one.last("port")[1], two.last("port")[1]);

  one.message("prompt", "text", "a loop of hats");
  one.message("task", 1);
  const loop = await render(one);
  assert.deepEqual(wav(loop).frames, 2 * 4 * 60 / 128 * 48000);
  live.view.highlighted_clip_slot = "live_set tracks 0 clip_slots 0";
  one.message("place");
  assert.equal(one.status(), "placed: 8 beats");

  live.view.detail_clip = "live_set tracks 0 clip_slots 0 clip";
  two.message("clip");
  two.message("prompt", "text", "glass");
  const made = {};
  for (const [name, number] of [["restyle", 2], ["inpaint", 3], ["extend", 4], ["vary", 5]]) {
    two.message("choose", 0); // the clip, and not the last take
    await new Promise(setImmediate);
    if (name === "inpaint") two.message("region", 500, 1500);
    two.message("task", number);
    made[name] = wav(await render(two)).frames;
  }
  two.message("drop", dull);
  two.message("task", 6);
  made.upsample = wav(await render(two));
  assert.equal(one.said.filter((a) => a[0] === "buffer").length, 1); // the other device's takes are not ours

  two.message("drop", "/nowhere/at all.wav");
  two.message("task", 2);
  two.message("render");
  await until(() => two.status().includes("/nowhere/at all.wav"));
  const refused = two.status();
  two.close(); one.close(); squatter.close();
  console.log(JSON.stringify({ loop, frames: wav(loop).frames, made, refused,
    clip: live.tracks[0].clip_slots[0].clip.file_path }));
}

main().catch((error) => { console.error(error); process.exit(1); });

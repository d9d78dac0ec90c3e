// A device in an imitation of Max and Live, for the tests beside it: sounds for it, and what it asks the bridge for.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { Device } = require("./max_imitation.js");
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

module.exports = { asked, folder, pairs, ready, sound, take };

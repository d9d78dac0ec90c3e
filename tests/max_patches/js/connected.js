// A device in an imitation of Max, connected over UDP to a real bridge.
"use strict";
const dgram = require("dgram");
const { Device } = require("./max_imitation.js");
const osc = require("./osc.js");

// udpsend and udpreceive: a socket that sends, and one that hears at the port that the device chose last.
class Network {
  constructor(bridge) {
    Object.assign(this, { bridge, out: dgram.createSocket("udp4"), in: null, errors: [] });
  }

  join(device) {
    device.send = (address, args) => this.out.send(osc.encode(address, args), this.bridge, "127.0.0.1");
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

// A device of two bars that the bridge at a UDP port has answered.
async function open(bridge, options) {
  const device = new Device(options), network = new Network(bridge);
  network.join(device);
  device.knobs({ bars: 2 });
  device.message("bang");
  device.timer = setInterval(() => device.advance(500), 500); // as long as it takes: machines are busy
  await until(() => isGreen(device));
  device.close = () => { clearInterval(device.timer); device.message("notifydeleted"); network.close(); };
  device.network = network;
  return device;
}

function isGreen(device) {
  return device.last("led")[2] === 0.85;
}

// Render what the device is set to, and return what it says in the end.
async function render(device) {
  await until(() => isGreen(device));
  device.message("render");
  // an answer that is late is no refusal
  const refused = () => device.last("color")[2] < 1 && !device.status().includes("does not answer");
  await until(() => device.status().startsWith("done") || refused());
  return device.status();
}

module.exports = { open, render, until };

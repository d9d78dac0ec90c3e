// Max's js object as far as our devices use it: loads bridge_device.js as Max would, feeds it messages, and takes what
// comes out of it to where the patch's cords lead. Whatever Max does not know throws, as does an atom that is none.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");
const { strict, wav } = require("./live_imitation.js");

const FOLDER = path.join(__dirname, "..", "..", "..", "max_patches", "live");
const ROUTES = routes();
const WORD = 2047; // characters; some objects of Max cut longer symbols

function routes() {
  const boxes = JSON.parse(fs.readFileSync(path.join(FOLDER, "Bridge Effect.maxpat"), "utf8")).patcher.boxes;
  return boxes.map((one) => one.box.text || "").find((text) => text.startsWith("route ")).split(" ").slice(1);
}

// Global objects by name, one for all devices of a Live.
class Globals {
  constructor() { this.all = {}; }
  get(name) { return (this.all[name] = this.all[name] || {}); }
}

class Device {
  // send(address, args) and listen(port) are the two ends of the network.
  constructor({ host = "live", own = "001take", live = null, globals = new Globals(), send = () => {}, listen = () => {} } = {}) {
    Object.assign(this, { host, own, live, globals, send, listen, said: [], tasks: [], time: 1e6, file: null, browsed: [] });
    this.context = vm.createContext(this.world());
    this.context.global = undefined;
    vm.runInContext(this.source("bridge_device.js"), this.context, { filename: "bridge_device.js" });
  }

  source(name) {
    return fs.readFileSync(path.join(FOLDER, name), "utf8");
  }

  world() {
    const device = this;
    const world = {
      inlets: 1, outlets: 1, autowatch: 0, messagename: "", jsarguments: ["bridge_device.js", this.host, this.own],
      arrayfromargs: (args) => Array.from(args),
      outlet: (number, ...atoms) => device.out(number, atoms.flat()), // Max unrolls lists, to one level
      post: () => {},
      error: (text) => { throw new Error("error: " + text); },
      require: (name) => device.module(name),
      Global: function (name) { return device.globals.get(name); },
      Task: function (action, owner) { return device.task(action, owner); },
      Buffer: function (name) { return device.buffer(name); },
      max: strict({ launchbrowser: (url) => device.browsed.push(url) }, "max"),
      Date: function () { return { getTime: () => device.time }; },
    };
    if (this.live) world.LiveAPI = this.live.LiveAPI;
    return world;
  }

  // require as Max's guide has it: a file by its name without .js, which sees `exports` and none of the js object's own.
  module(name) {
    if (!/^\w+$/.test(name)) throw new Error("require of Max takes a name, not " + name);
    const exports = {}, file = name + ".js";
    vm.runInContext(`(function (exports) {${this.source(file)}\n})`, this.context, { filename: file })(exports);
    return exports;
  }

  task(action, owner) {
    const task = { interval: 0, running: false, repeat() { task.running = true; }, cancel() { task.running = false; },
      freepeer() {} };
    this.tasks.push({ task, run: () => action.call(owner) });
    return strict(task, "Task");
  }

  buffer(name) {
    if (name !== this.own) throw new Error("no buffer~ is called " + name);
    const found = this.file && fs.existsSync(this.file) ? wav(this.file) : null;
    return strict({ freepeer: () => {}, channelcount: () => 1, framecount: () => (found ? found.frames : 1),
      length: () => (found ? found.frames / found.rate * 1000 : 0) }, "Buffer");
  }

  out(number, atoms) {
    if (number !== 0) throw new Error("there is no outlet " + number);
    const [word, ...rest] = atoms;
    for (const atom of atoms) {
      const fine = typeof atom === "string" || (typeof atom === "number" && Number.isFinite(atom));
      if (!fine) throw new Error(`no atom: ${String(atom)} in ${atoms.map(String).join(" ")}`);
      if (word !== "osc" && String(atom).length > WORD) throw new Error(`Max may cut a word of ${String(atom).length}`);
    }
    if (!ROUTES.includes(word)) throw new Error("the patch has no way for " + word);
    this.said.push(atoms);
    if (word === "osc") this.send(rest[0], rest.slice(1));
    if (word === "port") this.listen(rest[1]);
    if (word === "buffer") {
      if (rest[0] !== "importreplace") throw new Error("buffer~ has no " + rest[0]);
      if (!fs.existsSync(rest[1])) return; // buffer~ says so in Max's console only
      this.file = rest[1];
      queueMicrotask(() => this.message("read"));
    }
    if (word === "waveform") this.message("region", 0, 0); // a waveform~ that gets a buffer has nothing selected
    if (word === "region") this.message("region", ...rest); // and says whatever is selected
  }

  // A message into the inlet: the function of that name, or anything().
  message(name, ...args) {
    this.context.messagename = name;
    const known = typeof this.context[name] === "function" && !this.context[name].local;
    (known ? this.context[name] : this.context.anything).apply(this.context, args);
  }

  // What came out last under a word.
  last(word) {
    const found = this.said.filter((atoms) => atoms[0] === word);
    return found.length ? found[found.length - 1].slice(1) : null;
  }

  // All that is said, of which the line shows a piece.
  status() {
    return this.context.line.text;
  }

  advance(milliseconds) {
    for (const end = this.time + milliseconds; this.time < end;) {
      this.time += 500;
      for (const { task, run } of this.tasks) if (task.running) run();
    }
  }

  // What Live does at load: every knob says where it begins.
  knobs(values = {}) {
    const begins = { seconds: 5.12, bars: 4, strength: 0.5, takes: 1, guidance: 4, steps: 25, ...values };
    for (const name of Object.keys(begins)) this.message("param", name, begins[name]);
    this.message("choice", "quality", 1);
    this.message("task", 0);
    this.message("unit", 1);
    this.message("byhand", 0);
    this.message("hold", 0);
    this.message("mode", 1);
    this.message("play", 0);
    this.message("rate", 48000);
  }
}

module.exports = { Device, Globals, ROUTES };

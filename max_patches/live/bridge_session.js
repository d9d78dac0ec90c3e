// What a device says to the bridge and hears from it: the connection, requests, takes, and what is kept with the set.
// Knows no Max object and no Live: all effects go through `out`, so that it runs and is tested anywhere.
// ES5, as the js object of Max 8 reads it.
//
// out.send(address, arguments)   a message to the bridge
// out.listen(port)               answers are to come to this UDP port from now on
// out.status(words, isError)     a line for the person
// out.state(name)                searching | loading | ready | lost
// out.progress(part)             0 to 1 of the running job
// out.takes()                    the list of sounds, or which one is shown, has changed
// out.changed()                  something that the set should keep has changed

var request = require("bridge_request.js");

var FIRST_PORT = 9650;
var PORTS = 100;         // 9650 to 9749: one for each device
var KEPT = 32;           // sounds that a set remembers
var QUIET_MS = 6000;     // so long without an answer, and the bridge is taken to be gone
var ASK_MS = 2000;       // so often the bridge is asked for

function Session(tables, out, name, now) {
    this.tables = tables;
    this.out = out;
    this.now = now;
    this.name = name;
    this.values = {};
    this.prompt = "";
    this.negative = "";
    this.task = "generate";
    this.inBars = 1;
    this.byHand = 0;         // 1: steps and guidance are this device's own, and not the model's for the quality
    this.hold = 0;           // 1: the seed of the sound that is shown is used again
    this.tempo = 120;
    this.meter = [4, 4];
    this.region = null;      // [start, end] in seconds of the sound that is shown
    this.sounds = [];
    this.shown = -1;
    this.jobs = {};          // id -> {prompt, task, bars}
    this.count = 0;
    this.state = "searching";
    this.version = "";
    this.model = "";
    this.capabilities = [];
    this.port = FIRST_PORT;
    this.heard = -1;
    this.asked = -1;
    this.asks = 0;           // hellos without an answer at this port
}

// --- connection ---------------------------------------------------------------------------------------------------

// Begin to look for the bridge, with answers at `port`.
Session.prototype.open = function (port) {
    this.port = port;
    this.out.listen(port);
    this.out.state(this.state);
    this.out.status("looking for the bridge ...", false);
    this.hello();
};

Session.prototype.hello = function () {
    this.asked = this.now();
    this.asks += 1;
    this.out.send("/bridge/hello", [this.name, this.port]);
};

// To be called twice a second or so.
Session.prototype.tick = function () {
    var time = this.now();
    if (this.isConnected() && time - this.heard > QUIET_MS) {
        this.setState("lost");
        this.out.status("the bridge does not answer any more: start it (bridge serve); jobs go on when it is back", true);
        this.asks = 0;
        this.hello();
    } else if (time - this.asked >= ASK_MS) {
        if (this.isConnected()) {
            // Not a hello: that would have the bridge tell ended jobs again.
            this.asked = time;
            this.out.send("/live/status", []);
        } else {
            this.search();
        }
    }
};

// No answer may mean that no bridge runs, or that another program has our port: so every third time another port.
Session.prototype.search = function () {
    if (this.asks > 0 && this.asks % 3 === 0) {
        this.port = FIRST_PORT + (this.port - FIRST_PORT + 1) % PORTS;
        this.out.listen(this.port);
        this.out.changed();
    }
    if (this.asks === 3) {
        this.out.status("no bridge answers: start it in a terminal (bridge serve), it is found by itself", true);
    }
    this.hello();
};

Session.prototype.isConnected = function () {
    return this.state === "ready" || this.state === "loading";
};

Session.prototype.setState = function (state) {
    this.state = state;
    this.out.state(state);
};

// --- requests -----------------------------------------------------------------------------------------------------

// A value of the table of parameters, as a knob gave it.
Session.prototype.set = function (key, value) {
    if (!(key in this.tables.params)) {
        throw new Error("no parameter " + key);
    }
    this.values[key] = value;
};

// The quarters of a bar of the set.
Session.prototype.quartersInBar = function () {
    return request.quartersInBar(this);
};

// What is shown, if it is a sound.
Session.prototype.sound = function () {
    return this.shown >= 0 ? this.sounds[this.shown] : null;
};

// Ask for what the device is set to. Returns the job's id, or "" where it cannot be asked for, and says why.
Session.prototype.render = function () {
    var id, message;
    try {
        message = request.message(this);
    } catch (error) {
        this.out.status(error.message, true);
        return "";
    }
    if (!this.isConnected()) {
        this.out.status("no bridge answers: start it in a terminal (bridge serve)", true);
        return "";
    }
    this.count += 1;
    id = this.name + "-" + this.now().toString(36) + "-" + this.count;
    this.jobs[id] = {prompt: this.prompt, task: this.task, bars: request.isExact(this) ? this.values.bars : 0, takes: 0};
    this.out.send("/render/" + this.task, [id].concat(message));
    this.out.progress(0);
    this.out.status("asked for", false);
    this.out.changed();
    return id;
};

// Stop every job of this device.
Session.prototype.cancel = function () {
    var id, any = false;
    for (id in this.jobs) {
        if (Object.prototype.hasOwnProperty.call(this.jobs, id)) {
            this.out.send("/job/cancel", [id]);
            any = true;
        }
    }
    this.out.status(any ? "stopping ..." : "nothing is being rendered", false);
};

// --- answers ------------------------------------------------------------------------------------------------------

// A message from the bridge. What is for others, or not known, changes nothing.
Session.prototype.receive = function (address, args) {
    var answer = ANSWERS[address];
    if (address.charAt(0) !== "/") {
        return;
    }
    this.heard = this.now();
    if (this.state === "lost" && address !== "/bridge/ready" && address !== "/bridge/loading") {
        this.setState("ready");  // it was only late
        this.out.status("ready: " + this.model, false);
    }
    if (answer !== undefined) {
        answer.call(this, args);
    }
};

Session.prototype.onReady = function (args) {
    var fresh = this.state !== "ready" || this.model !== String(args[1]);
    this.version = String(args[0]);
    this.model = String(args[1]);
    this.capabilities = args.slice(3);
    this.asks = 0;
    this.setState("ready");
    if (fresh) {
        this.out.status(this.versionTrouble() || "ready: " + this.model, this.versionTrouble() !== "");
        this.askForJobs();
    }
    this.out.changed();
};

Session.prototype.onLoading = function (args) {
    this.asks = 0;
    this.model = String(args[1]);
    this.setState("loading");
    this.out.status("loading the model " + this.model + " ...", false);
};

// Words, if bridge and device are not of one version; versions that are not numbers (a tree) are not compared.
Session.prototype.versionTrouble = function () {
    var theirs = /^(\d+)\.(\d+)/.exec(this.version), ours = /^(\d+)\.(\d+)/.exec(this.tables.version);
    if (theirs === null || ours === null || theirs[0] === ours[0] || theirs[0] === "0.0") {
        return "";
    }
    return "the bridge is version " + this.version + ", this device " + this.tables.version +
        ": run bridge install live, then load the device anew";
};

// Jobs that the set was saved with: a bridge that still knows them tells how they are.
Session.prototype.askForJobs = function () {
    var id;
    for (id in this.jobs) {
        if (Object.prototype.hasOwnProperty.call(this.jobs, id)) {
            this.out.send("/job/follow", [id]);
        }
    }
};

Session.prototype.onError = function (args) {
    var id = args.length > 2 ? String(args[2]) : "";
    if (String(args[0]) === "unknown-job") {
        delete this.jobs[id];  // of a bridge that has forgotten it since
        this.out.changed();
        return;
    }
    this.out.status(words(args[0], args[1]), true);
};

Session.prototype.onQueued = function (args) {
    if (this.jobs[args[0]] && args[1] > 0) {
        this.out.status(args[1] + (args[1] === 1 ? " job is" : " jobs are") + " before this one", false);
    }
};

Session.prototype.onStep = function (args) {
    if (this.jobs[args[0]] && args[2] > 0) {
        this.out.progress(args[1] / args[2]);
        this.out.status("step " + args[1] + " of " + args[2], false);
    }
};

// id, take, path, frames, rate, seed, score
Session.prototype.onTake = function (args) {
    var job = this.jobs[args[0]], i;
    if (!job) {
        return;
    }
    for (i = 0; i < this.sounds.length; i += 1) {
        if (this.sounds[i].path === args[2]) {
            return;  // told again
        }
    }
    this.add({
        path: String(args[2]), frames: args[3], rate: args[4], seed: args[5], task: job.task, bars: job.bars,
        name: (job.prompt || job.task) + " " + args[5]
    }, job.takes === 0);
    job.takes += 1;
};

Session.prototype.onDone = function (args) {
    if (this.jobs[args[0]]) {
        delete this.jobs[args[0]];
        this.out.progress(1);
        this.out.status(args[1] === 1 ? "done" : "done: " + args[1] + " takes", false);
        this.out.changed();
    }
};

Session.prototype.onFailed = function (args) {
    if (this.jobs[args[0]]) {
        delete this.jobs[args[0]];
        this.out.progress(0);
        this.out.status(words(args[1], args[2]), true);
        this.out.changed();
    }
};

Session.prototype.onCancelled = function (args) {
    if (this.jobs[args[0]]) {
        delete this.jobs[args[0]];
        this.out.progress(0);
        this.out.status("stopped", false);
        this.out.changed();
    }
};

var ANSWERS = {
    "/bridge/ready": Session.prototype.onReady,
    "/bridge/loading": Session.prototype.onLoading,
    "/bridge/error": Session.prototype.onError,
    "/job/queued": Session.prototype.onQueued,
    "/job/step": Session.prototype.onStep,
    "/job/take": Session.prototype.onTake,
    "/job/done": Session.prototype.onDone,
    "/job/failed": Session.prototype.onFailed,
    "/job/cancelled": Session.prototype.onCancelled
};

// What to do about an error, where the bridge's own text does not say it.
var HINTS = {
    "model": " - bridge models list shows which there are",
    "disk": " - make room, or choose another folder (bridge serve --takes)",
    "busy": " - wait for a job to end, or stop one"
};

function words(code, text) {
    return String(text) + (HINTS[code] || "");
}

// --- sounds -------------------------------------------------------------------------------------------------------

// A take, or a source that the person chose. `show` makes it the one that is seen, heard and edited.
Session.prototype.add = function (sound, show) {
    var i;
    for (i = 0; i < this.sounds.length; i += 1) {
        if (this.sounds[i].path === sound.path && sound.task !== "clip") {
            this.choose(i);
            return;
        }
    }
    this.sounds.push(sound);
    if (this.sounds.length > KEPT) {
        this.sounds.shift();
        this.shown = Math.max(-1, this.shown - 1);
    }
    if (show || this.shown < 0) {
        this.shown = this.sounds.length - 1;
        this.region = null;
    }
    this.out.takes();
    this.out.changed();
};

// Show another sound of the list.
Session.prototype.choose = function (index) {
    if (index >= 0 && index < this.sounds.length) {
        this.shown = index;
        this.region = null;
        this.out.takes();
        this.out.changed();
    }
};

// --- what the set keeps -------------------------------------------------------------------------------------------

// All of it as one word without blanks, for a parameter of the set.
Session.prototype.kept = function () {
    return encodeURIComponent(JSON.stringify({
        name: this.name, port: this.port, prompt: this.prompt, negative: this.negative, sounds: this.sounds,
        shown: this.shown, jobs: this.jobs
    }));
};

// Take up what `kept` gave; anything else changes nothing. Name and port are the caller's to choose.
Session.prototype.restore = function (text) {
    var kept;
    try {
        kept = JSON.parse(decodeURIComponent(text));
    } catch (error) {
        return null;
    }
    if (kept === null || typeof kept !== "object" || Object.prototype.toString.call(kept.sounds) !== "[object Array]") {
        return null;
    }
    this.prompt = String(kept.prompt || "");
    this.negative = String(kept.negative || "");
    this.sounds = kept.sounds;
    this.jobs = kept.jobs || {};
    this.shown = kept.shown < kept.sounds.length ? kept.shown : kept.sounds.length - 1;
    return kept;
};

exports.Session = Session;
exports.FIRST_PORT = FIRST_PORT;
exports.PORTS = PORTS;

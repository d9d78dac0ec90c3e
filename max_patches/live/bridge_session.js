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
// out.found()                    a bridge has answered, or another model
// out.changed()                  something that the set should keep has changed

var request = require("bridge_request");
var link = require("bridge_link");
var answers = require("bridge_answers");

var KEPT = 32;           // sounds that a set remembers

function Session(tables, out, name, now) {
    this.tables = tables;
    this.out = out;
    this.now = now;
    this.name = name;
    this.values = {};
    this.prompt = "";
    this.negative = "";
    this.preset = null;      // {name, prompt}: what was chosen, and counts while the prompt is its own
    this.task = "generate";
    this.inBars = 1;
    this.byHand = 0;         // 1: steps and guidance are this device's own, and not the model's for the quality
    this.hold = 0;           // 1: the seed of the sound that is shown is used again
    this.tempo = 120;
    this.meter = [4, 4];
    this.region = null;      // [start, end] in seconds of the sound that is shown
    this.sounds = [];
    this.shown = -1;
    this.jobs = {};          // id -> {prompt, task, quarters, takes}
    this.count = 0;
    this.state = "searching";
    this.version = "";
    this.model = "";
    this.capabilities = [];
    this.port = link.FIRST_PORT;
    this.heard = -1;
    this.asked = -1;
    this.asks = 0;           // hellos without an answer at this port
}

// Its other methods: the connection, and what the bridge answers.
function take(methods) {
    var name;
    for (name in methods) {
        if (Object.prototype.hasOwnProperty.call(methods, name)) {
            Session.prototype[name] = methods[name];
        }
    }
}
take(link.methods);
take(answers.methods);

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
    this.jobs[id] = {
        prompt: request.isPreset(this) ? this.preset.name : this.prompt, task: this.task,
        quarters: request.quarters(this), takes: 0
    };
    this.out.send(request.address(this), [id].concat(message));
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

// --- sounds -------------------------------------------------------------------------------------------------------

// A clip of a take's file is not the take: it has a region, and neither seed nor bars.
function isClip(sound) {
    return sound.task === "clip";
}

// A take, or a source that the person chose. `show` makes it the one that is seen, heard and edited.
Session.prototype.add = function (sound, show) {
    var i;
    for (i = 0; i < this.sounds.length; i += 1) {
        if (this.sounds[i].path === sound.path && isClip(this.sounds[i]) === isClip(sound)) {
            this.sounds[i] = isClip(sound) ? sound : this.sounds[i];  // a clip may be looped elsewhere since
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
        this.region = index === this.shown ? this.region : null;
        this.shown = index;
        this.out.takes();
        this.out.changed();
    }
};

// --- what the set keeps -------------------------------------------------------------------------------------------

// All of it as one word without blanks, for a parameter of the set.
Session.prototype.kept = function () {
    return encodeURIComponent(JSON.stringify({
        name: this.name, port: this.port, prompt: this.prompt, negative: this.negative, preset: this.preset,
        sounds: this.sounds, shown: this.shown, jobs: this.jobs
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
    this.preset = kept.preset || null;
    this.sounds = kept.sounds;
    this.jobs = kept.jobs || {};
    this.shown = kept.shown < kept.sounds.length ? kept.shown : kept.sounds.length - 1;
    return kept;
};

exports.Session = Session;
exports.FIRST_PORT = link.FIRST_PORT;
exports.PORTS = link.PORTS;

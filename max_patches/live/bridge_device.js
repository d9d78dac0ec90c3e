// The js object of the Bridge devices: it joins the patch, the session (bridge_session.js) and Live (bridge_live.js).
// Arguments: the host, live or max; and the name of the buffer~, which is this device's own.
// Every message out of the outlet begins with a word of the patch's route object. ES5, for Max 8's js object.

autowatch = 0;
inlets = 1;
outlets = 1;

var tables = require("bridge_tables.js").tables;
var talk = require("bridge_session.js");
var live = require("bridge_live.js");
var Neighbours = require("bridge_neighbours.js").Neighbours;
var Player = require("bridge_player.js").Player;

var HOST = jsarguments[1] || "max";
var BUFFER = String(jsarguments[2] || "bridge-take");

var LAMP = {searching: [0.5, 0.5, 0.5, 1], loading: [1, 0.71, 0.2, 1], ready: [0.35, 0.85, 0.45, 1], lost: [1, 0.3, 0.25, 1]};

var observers = [], running = false, restoring = "", mine = "", clock = null, milliseconds = 0, loaded = "";
var neighbours = new Neighbours(new Global("audioldm_bridge"), BUFFER);
var player = new Player(function (list) { outlet(0, list); });

function now() {
    return new Date().getTime();
}

var session = new talk.Session(tables, {
    send: function (address, args) { outlet(0, ["osc", address].concat(args)); },
    listen: function (port) {
        session.port = neighbours.port(session.name, port, talk.FIRST_PORT, talk.PORTS);
        outlet(0, "port", "port", session.port);
    },
    status: function (words, isError) {
        outlet(0, "status", "set", words);
        outlet(0, "color", "textcolor", 1, isError ? 0.45 : 1, isError ? 0.35 : 1, 1);
    },
    state: function (name) { outlet(0, ["led", "textcolor"].concat(LAMP[name])); },
    progress: function (part) { outlet(0, "progress", part); },
    takes: showTakes,
    changed: keep
}, "", now);

// --- life ---------------------------------------------------------------------------------------------------------

// The device is loaded, with all its parameters.
function bang() {
    var kept;
    if (running) {
        return;
    }
    running = true;
    kept = restoring ? session.restore(restoring) : null;
    session.name = neighbours.name(kept ? kept.name : "", HOST);
    if (kept) {
        showTexts();
    }
    if (HOST === "live") {
        observers = live.watch(LiveAPI, {tempo: tempo, meter: meter, playing: transport});
    }
    showTakes();
    session.open(kept && kept.port ? kept.port : talk.FIRST_PORT);
    clock = new Task(tick, this);
    clock.interval = 500;
    clock.repeat();
}

function tick() {
    session.tick();
}
tick.local = 1;

// What the set kept: it comes before the device is loaded, or, if Live is late with it, soon after.
function state(text) {
    if (!running) {
        restoring = String(text);
    } else if (String(text) !== mine && session.sounds.length === 0 && session.restore(String(text))) {
        showTexts();
        showTakes();
    }
}

function keep() {
    if (running) {
        mine = session.kept();
        outlet(0, "state", mine);
    }
}

function showTexts() {
    outlet(0, "prompt", "set", session.prompt);
    outlet(0, "negative", "set", session.negative);
}
showTexts.local = 1;

function notifydeleted() {
    if (clock !== null) {
        clock.cancel();
        clock.freepeer();
    }
    live.unwatch(observers);
    neighbours.register(null);
}

// --- from the panel -----------------------------------------------------------------------------------------------

function param(name, value) {
    session.set(name, value);
    if (name === "bars") {
        ready();
    }
}

// A menu gives the number of a choice; what is sent is its word.
function choice(name, index) {
    session.set(name, tables.params[name].choices[index]);
}

function task(index) {
    session.task = tables.menu[index];
}

function unit(inBars) {
    session.inBars = inBars;
}

// Only with this on are steps and guidance sent; else the model's own for the quality are taken.
function byhand(on) {
    session.byHand = on;
    session.out.changed();
}

function prompt() {
    session.prompt = typed(arguments);
    keep();
}

function negative() {
    session.negative = typed(arguments);
    keep();
}

// A text box says the word text, and then what was typed: one word with blanks in it, several, or none.
function typed(words) {
    return arrayfromargs(words).slice(1).join(" ").replace(/\s+/g, " ").replace(/^ | $/g, "");
}
typed.local = 1;

function render() {
    session.render();
}

function cancel() {
    session.cancel();
}

function choose(index) {
    session.choose(index);
}

function step(by) {
    session.choose(session.shown + by);
}

function hold(on) {
    session.hold = on;
}

function rate(hertz) {
    session.set("rate", Math.round(hertz));
}

// The selection in the waveform, in milliseconds.
function region(start, end) {
    session.region = end > start ? [start / 1000, end / 1000] : null;
}

// --- from the bridge ----------------------------------------------------------------------------------------------

function anything() {
    if (messagename.charAt(0) === "/") {
        session.receive(messagename, arrayfromargs(arguments));
    } else {
        error("bridge_device.js does not know " + messagename + "\n");
    }
}

// --- sounds -------------------------------------------------------------------------------------------------------

function showTakes() {
    var i, sound = session.sound();
    outlet(0, "menu", "clear");
    for (i = 0; i < session.sounds.length; i += 1) {
        outlet(0, "menu", "append", (i + 1) + "  " + session.sounds[i].name);
    }
    if (sound === null) {
        return;
    }
    outlet(0, "menu", "set", session.shown);
    if (sound.path !== loaded) {
        loaded = sound.path;
        outlet(0, "buffer", "importreplace", sound.path.replace(/\\/g, "/"));
    }
}

// The buffer has read its file.
function read() {
    var buffer = new Buffer(BUFFER), mono = buffer.channelcount() === 1 ? 1 : 0, sound = session.sound();
    if (buffer.framecount() <= 1) {
        session.out.status("the file cannot be read: " + loaded, true);
        return;
    }
    milliseconds = buffer.length();
    buffer.freepeer();
    if (sound !== null && sound.start !== undefined && sound.start !== null) {
        session.region = [sound.start, sound.end];
        outlet(0, "region", sound.start * 1000, sound.end * 1000);
    }
    outlet(0, "waveform", "set", BUFFER);
    outlet(0, "mono", mono);
    outlet(0, "voice", "target", 0);
    outlet(0, "voice", "buffer", BUFFER);
    outlet(0, "voice", "mono", mono);
    ready();
}

// Play the sound that is shown: its loop has the length in bars that it was rendered for, else its own.
function ready() {
    var sound = session.sound(), quarters;
    if (sound === null || milliseconds <= 0) {
        return;
    }
    quarters = sound.bars > 0 ? sound.bars * session.quartersInBar() : milliseconds / 60000 * session.tempo;
    player.load(milliseconds, quarters, session.quartersInBar());
}

function play(on) {
    player.play(on);
}

function mode(loop) {
    player.mode(loop);
}

function root(note) {
    outlet(0, "voice", "target", 0);
    outlet(0, "voice", "root", note);
}

// --- the song -----------------------------------------------------------------------------------------------------

// In Max they are told again and again, so only what is new counts.
function tempo(bpm) {
    if (bpm !== session.tempo) {
        session.tempo = bpm;
        ready();
    }
}

function meter(numerator, denominator) {
    if (numerator !== session.meter[0] || denominator !== session.meter[1]) {
        session.meter = [numerator, denominator];
        ready();
    }
}

function transport(on) {
    player.transport(on);
}

// --- Live ---------------------------------------------------------------------------------------------------------

// Do something that may have a reason not to be done, and say what came of it.
function attempt(action) {
    try {
        session.out.status(action(), false);
    } catch (problem) {
        session.out.status(problem.message, true);
    }
}
attempt.local = 1;

function needLive() {
    if (HOST !== "live") {
        throw new Error("this is for Live: in Max, drop a file, or drag it from its folder (Show)");
    }
}
needLive.local = 1;

function needSound() {
    var sound = session.sound();
    if (sound === null) {
        throw new Error("there is no sound yet: render one first");
    }
    return sound;
}
needSound.local = 1;

function clip() {
    attempt(function () {
        var found;
        needLive();
        found = live.selectedClip(LiveAPI);
        found.task = "clip";
        found.bars = 0;
        session.add(found, true);
        return "the clip " + found.name;
    });
}

function drop() {
    var path = arrayfromargs(arguments).join(" ");
    // Max may put the drive's name before a path on the Mac.
    path = path.replace(/^[^\/:]+:\//, function (drive) { return drive.length === 3 ? drive : "/"; });
    if (!running || path === "" || path === "bang") {
        return;  // what the set kept comes by itself
    }
    session.add({path: path, name: path.split(/[\/\\]/).pop(), task: "file", bars: 0, frames: 0, rate: 0}, true);
}

function place() {
    attempt(function () {
        var sound = needSound();
        needLive();
        return live.place(LiveAPI, sound.path, sound.name, sound.bars * session.quartersInBar());
    });
}

function arrange() {
    attempt(function () {
        var sound = needSound();
        needLive();
        return live.arrange(LiveAPI, sound.path, sound.name);
    });
}

// Show the file in the Finder or Explorer: from there it can be dragged anywhere.
function reveal() {
    attempt(function () {
        var folder = needSound().path.replace(/\\/g, "/").replace(/\/[^\/]*$/, "");
        max.launchbrowser("file://" + (folder.charAt(0) === "/" ? "" : "/") + encodeURI(folder));
        return "its folder: " + folder;
    });
}

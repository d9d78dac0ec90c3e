// The js object of the Bridge devices: it joins the patch with the session (bridge_session.js), what is shown and played
// (bridge_shelf.js, bridge_player.js), and Live (bridge_live.js, and bridge_hand.js for the buttons).
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
var Presets = require("bridge_presets.js").Presets;
var Shelf = require("bridge_shelf.js").Shelf;
var Hand = require("bridge_hand.js").Hand;

var HOST = jsarguments[1] || "max";
var BUFFER = String(jsarguments[2] || "bridge-take");

var LAMP = {searching: [0.5, 0.5, 0.5, 1], loading: [1, 0.71, 0.2, 1], ready: [0.35, 0.85, 0.45, 1], lost: [1, 0.3, 0.25, 1]};

var observers = [], running = false, restoring = "", mine = "", clock = null;
var neighbours = new Neighbours(new Global("audioldm_bridge"), BUFFER);
var player = new Player(say);

function say(list) {
    outlet(0, list);
}
say.local = 1;

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
    takes: function () { shelf.show(); },
    found: function () { presets.ask(); },
    changed: keep
}, "", now);
var presets = new Presets(session, say);
var shelf = new Shelf(session, player, say, function () { return new Buffer(BUFFER); }, BUFFER);
var hand = new Hand(session, HOST === "live" ? LiveAPI : null);

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
    shelf.show();
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
        shelf.show();
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
        shelf.play();
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

function preset(index) {
    if (presets.choose(index)) {
        showTexts();
        keep();
    }
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
        presets.receive(messagename, arrayfromargs(arguments));
    } else {
        error("bridge_device.js does not know " + messagename + "\n");
    }
}

// --- sounds -------------------------------------------------------------------------------------------------------

// The buffer has read its file.
function read() {
    shelf.read();
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
        shelf.play();
    }
}

function meter(numerator, denominator) {
    if (numerator !== session.meter[0] || denominator !== session.meter[1]) {
        session.meter = [numerator, denominator];
        shelf.play();
    }
}

function transport(on) {
    player.transport(on);
}

// --- buttons ------------------------------------------------------------------------------------------------------

function clip() {
    hand.clip();
}

function drop() {
    var path = arrayfromargs(arguments).join(" ");
    if (running && path !== "" && path !== "bang") {  // what the set kept comes by itself
        hand.drop(path);
    }
}

function place() {
    hand.place();
}

function arrange() {
    hand.arrange();
}

function reveal() {
    hand.reveal(function (address) { max.launchbrowser(address); });
}

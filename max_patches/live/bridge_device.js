// The js object of the Bridge devices: it joins the patch with the session (bridge_session.js), what is shown and played
// (bridge_shelf.js, bridge_player.js), and Live (bridge_live.js, and bridge_hand.js for the buttons).
// Arguments: the host, live or max; and the name of the buffer~, which is this device's own.
// Every message out of the outlet begins with a word of the patch's route object. ES5, for Max 8's js object.

autowatch = 0;
inlets = 1;
outlets = 1;

var tables = require("bridge_tables").tables;
var talk = require("bridge_session");
var live = require("bridge_live");
var Neighbours = require("bridge_neighbours").Neighbours;
var Player = require("bridge_player").Player;
var Presets = require("bridge_presets").Presets;
var Shelf = require("bridge_shelf").Shelf;
var Hand = require("bridge_hand").Hand;
var Line = require("bridge_line").Line;

var HOST = jsarguments[1] || "max";
var BUFFER = String(jsarguments[2] || "bridge-take");

var PIECES = /.{1,1000}/g;
var LAMP = {searching: [0.5, 0.5, 0.5, 1], loading: [1, 0.71, 0.2, 1], ready: [0.35, 0.85, 0.45, 1], lost: [1, 0.3, 0.25, 1]};

var observers = [], running = false, restoring = "", mine = "", clock = null;
var neighbours = new Neighbours(new Global("audioldm_bridge"), BUFFER);
var player = new Player(say);
var line = new Line(say, now);

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
    status: function (words, isError) { line.show(words, isError); },
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
    shelf.tick();
    hand.tick();
    line.tick();
}
tick.local = 1;

// What the set kept: it comes before the device is loaded, or, if Live is late with it, soon after.
function state() {
    var text = arrayfromargs(arguments).join("");
    if (!running) {
        restoring = text;
    } else if (text !== mine && session.sounds.length === 0 && session.restore(text)) {
        showTexts();
        shelf.show();
    }
}

// Only what is new: each time that this is told is a step of Live's undo. In pieces, as a word of Max's may be cut.
function keep() {
    var text = session.kept();
    if (running && text !== mine) {
        mine = text;
        outlet(0, ["state"].concat(text.match(PIECES)));
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

// Buttons count once the device is loaded: what Live restores before is nobody's click.
function pressed(action) {
    if (running) {
        action();
    }
}
pressed.local = 1;

function render() {
    pressed(function () { session.render(); });
}

function cancel() {
    pressed(function () { session.cancel(); });
}

function choose(index) {
    session.choose(index);
}

function step(by) {
    pressed(function () { session.choose(session.shown + by); });
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

// One shot is over.
function ended() {
    player.ended();
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
    pressed(function () { hand.clip(); });
}

function drop() {
    var path = arrayfromargs(arguments).join(" ");
    if (running && path !== "" && path !== "bang") {  // what the set kept comes by itself
        hand.drop(path);
    }
}

function place() {
    pressed(function () { hand.place(); });
}

function arrange() {
    pressed(function () { hand.arrange(); });
}

function reveal() {
    pressed(function () { hand.reveal(function (address) { max.launchbrowser(address); }); });
}

// How the sound in the buffer is played: as a loop while the song runs, or once from the next bar on. That a loop is
// silent while the song stands is the patch's affair: it hears that at once, and Live tells it here some tenth of a second
// later. ES5, for Max 8's js object. `say` takes a list to the patch.

var TICKS = 480;  // Max's ticks in a quarter

function Player(say) {
    this.say = say;
    this.milliseconds = 0;
    this.wanted = 0;    // the play button
    this.looped = 1;    // the mode: a loop, or once
    this.running = 0;   // the song
}

// A sound is there: its length, and how long that is, and a bar, in quarters of the song.
Player.prototype.load = function (milliseconds, quarters, bar) {
    this.milliseconds = milliseconds;
    this.say(["span", 0, milliseconds]);
    this.say(["interval", quarters * TICKS, "ticks"]);
    this.say(["bar", "quantize", bar * TICKS, "ticks"]);
    this.say(["bar", "interval", bar * TICKS, "ticks"]);
    this.gate();
};

Player.prototype.play = function (on) {
    this.wanted = on;
    if (!on) {
        this.say(["bar", 0]);
        this.say(["once", "stop"]);
    } else if (!this.looped && this.running) {
        this.say(["bar", 1]);  // the patch's metro starts the sound at the bar, and stops itself
    } else if (!this.looped && this.milliseconds > 0) {
        this.say(["once", "start", 0, this.milliseconds]);
    } else if (!this.looped) {
        this.ended();  // there is nothing to play yet
    }
    this.gate();
};

Player.prototype.mode = function (looped) {
    this.looped = looped;
    if (looped) {
        this.say(["bar", 0]);
        this.say(["once", "stop"]);
    }
    this.gate();
};

// One shot has come to its end: the button goes out, so that the next click plays again.
Player.prototype.ended = function () {
    if (this.wanted && !this.looped) {
        this.wanted = 0;
        this.say(["playing", "set", 0]);
    }
};

// The song runs, or stands.
Player.prototype.transport = function (running) {
    this.running = running;
};

Player.prototype.gate = function () {
    this.say(["gate", this.wanted && this.looped ? 1 : 0]);
};

exports.Player = Player;

// The sounds of a device as the patch shows them: the menu, the waveform, what the voices play. ES5, for Max 8's js object.
// `say` takes a list to the patch; `open()` gives Max's Buffer of this device, whose buffer~ is called `name`.

var LATE_MS = 5000;  // the buffer~ says when it has read a file, and nothing when it cannot

function Shelf(session, player, say, open, name) {
    this.session = session;
    this.player = player;
    this.say = say;
    this.open = open;
    this.name = name;
    this.sound = null;       // what the patch shows
    this.loaded = "";        // the file in the buffer~, or on its way there
    this.since = -1;         // when the buffer~ was told to read it; -1: it has
    this.milliseconds = 0;   // its length
}

// The list has changed, or which one is shown.
Shelf.prototype.show = function () {
    var i, session = this.session, sound = session.sound();
    this.say(["menu", "clear"]);
    for (i = 0; i < session.sounds.length; i += 1) {
        this.say(["menu", "append", (i + 1) + "  " + session.sounds[i].name]);
    }
    if (sound === null) {
        return;
    }
    this.say(["menu", "set", session.shown]);
    if (sound === this.sound) {
        return;
    }
    this.sound = sound;
    if (sound.path === this.loaded) {
        this.showRegion();
        this.play();
    } else {
        this.loaded = sound.path;
        this.since = session.now();
        this.say(["buffer", "importreplace", sound.path.replace(/\\/g, "/")]);
    }
};

// The buffer~ has read its file.
Shelf.prototype.read = function () {
    var buffer = this.open(), mono = buffer.channelcount() === 1 ? 1 : 0;
    this.since = -1;
    this.milliseconds = buffer.length();
    buffer.freepeer();
    this.say(["waveform", "set", this.name]);
    this.showRegion();
    this.say(["mono", mono]);
    this.say(["voice", "target", 0]);
    this.say(["voice", "buffer", this.name]);
    this.say(["voice", "mono", mono]);
    this.play();
};

// To be called twice a second or so.
Shelf.prototype.tick = function () {
    if (this.since >= 0 && this.session.now() - this.since > LATE_MS) {
        this.since = -1;
        this.session.out.status("the file cannot be read: " + this.loaded, true);
    }
};

// What a clip shows of its file is the region; of another sound there is none yet. It is told after the waveform~ has
// its buffer, which may change what is selected there, and kept here last, as the waveform~ may say it again.
Shelf.prototype.showRegion = function () {
    var sound = this.session.sound();
    var known = sound !== null && sound.start !== undefined && sound.start !== null;
    var region = known ? [sound.start, sound.end] : null;
    this.say(["region", known ? region[0] * 1000 : 0, known ? region[1] * 1000 : 0]);
    this.session.region = region;
};

// Play the sound that is shown: its loop is as many beats long as it was rendered for, else its own.
Shelf.prototype.play = function () {
    var session = this.session, sound = session.sound(), bar = session.quartersInBar();
    if (sound !== null && this.milliseconds > 0) {
        this.player.load(this.milliseconds,
            sound.quarters > 0 ? sound.quarters : this.milliseconds / 60000 * session.tempo, bar);
    }
};

exports.Shelf = Shelf;

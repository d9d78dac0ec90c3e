// What a device does for its buttons beside rendering: it gets clips from Live and puts sounds there, takes dropped files,
// and finds their folders. What cannot be done is said in the device. ES5, for Max 8's js object.
// `LiveAPI` is null in plain Max.

var live = require("bridge_live");
var warp = require("bridge_warp");

var GOES = 8;  // at making a loop of a clip, half a second apart

function Hand(session, LiveAPI) {
    this.session = session;
    this.LiveAPI = LiveAPI;
    this.placed = [];  // clips that are not yet loops of their length: {clip, where, beats, goes}
}

// Do something that may have a reason not to be done, and say what came of it.
Hand.prototype.attempt = function (action) {
    try {
        this.session.out.status(action.call(this), false);
    } catch (problem) {
        this.session.out.status(problem.message, true);
    }
};

Hand.prototype.needLive = function () {
    if (this.LiveAPI === null) {
        throw new Error("this is for Live: in Max, drop a file, or drag it from its folder (Show)");
    }
};

Hand.prototype.needSound = function () {
    if (this.session.sound() === null) {
        throw new Error("there is no sound yet: render one first");
    }
    return this.session.sound();
};

Hand.prototype.clip = function () {
    this.attempt(function () {
        var found;
        this.needLive();
        found = live.selectedClip(this.LiveAPI);
        found.task = "clip";
        found.quarters = 0;
        this.session.add(found, true);
        return "the clip " + found.name + extent(found);
    });
};

// What is to be known of a clip that shows a part of its file.
function extent(clip) {
    var whole = clip.rate > 0 ? clip.frames / clip.rate : 0, part = clip.end - clip.start;
    if (clip.start === null || whole <= 0 || part > whole - 0.01) {
        return "";
    }
    return ": " + part.toFixed(2) + " of " + whole.toFixed(2) + " s; inpaint takes that part, all else the whole file";
}

Hand.prototype.drop = function (path) {
    // Max may put the drive's name before a path on the Mac, "Samples:/kicks"; on Windows that is a letter.
    var plain = path.replace(/^([^\/:]{2,}):\//, function (whole, drive) {
        return drive === "Macintosh HD" ? "/" : "/Volumes/" + drive + "/";
    });
    this.session.add({
        path: plain, name: live.fileName(plain), task: "file", quarters: 0, frames: 0, rate: 0
    }, true);
};

Hand.prototype.place = function () {
    this.attempt(function () {
        var sound = this.needSound();
        this.needLive();
        return this.loop(live.place(this.LiveAPI, sound.path, sound.name), sound.quarters);
    });
};

Hand.prototype.arrange = function () {
    this.attempt(function () {
        var sound = this.needSound();
        this.needLive();
        return this.loop(live.arrange(this.LiveAPI, sound.path, sound.name), sound.quarters);
    });
};

// Make a loop of a clip that was placed; 0 beats leave it as it is. Returns what was done, in words.
Hand.prototype.loop = function (placed, beats) {
    if (!(beats > 0)) {
        return "placed" + placed.where;
    }
    placed.beats = beats;
    placed.goes = 1;
    if (!warp.fit(placed.clip, beats)) {
        this.placed.push(placed);
        return "placed" + placed.where + "; warping it to " + beats + " beats ...";
    }
    return "placed: " + beats + " beats" + placed.where;
};

// To be called twice a second or so: another go at the clips that are not yet as they should be.
Hand.prototype.tick = function () {
    var waiting = this.placed, i;
    this.placed = [];
    for (i = 0; i < waiting.length; i += 1) {
        this.again(waiting[i]);
    }
};

Hand.prototype.again = function (placed) {
    if (!live.exists(placed.clip)) {
        return;  // deleted meanwhile
    }
    placed.goes += 1;
    if (warp.fit(placed.clip, placed.beats)) {
        this.session.out.status("placed: " + placed.beats + " beats" + placed.where, false);
    } else if (placed.goes < GOES) {
        this.placed.push(placed);
    } else {
        this.session.out.status("placed, but Live takes it for " + live.value(placed.clip, "length").toFixed(2) +
            " beats, not " + placed.beats + ": correct Seg. BPM", true);
    }
};

// Show the file in the Finder or Explorer: from there it can be dragged anywhere. `browse` opens an address.
Hand.prototype.reveal = function (browse) {
    this.attempt(function () {
        var folder = this.needSound().path.replace(/\\/g, "/").replace(/\/[^\/]*$/, "");
        browse("file://" + (folder.charAt(0) === "/" ? "" : "/") +
            encodeURI(folder).replace(/[?#]/g, encodeURIComponent));
        return "its folder: " + folder;
    });
};

exports.Hand = Hand;

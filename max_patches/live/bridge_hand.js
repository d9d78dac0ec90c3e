// What a device does for its buttons beside rendering: it gets clips from Live and puts sounds there, takes dropped files,
// and finds their folders. What cannot be done is said in the device. ES5, for Max 8's js object.
// `LiveAPI` is null in plain Max.

var live = require("bridge_live");

function Hand(session, LiveAPI) {
    this.session = session;
    this.LiveAPI = LiveAPI;
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

// How long a sound is in quarters, if it was rendered for that; else 0.
Hand.prototype.quarters = function (sound) {
    return sound.bars * this.session.quartersInBar();
};

Hand.prototype.clip = function () {
    this.attempt(function () {
        var found;
        this.needLive();
        found = live.selectedClip(this.LiveAPI);
        found.task = "clip";
        found.bars = 0;
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
    this.session.add({path: plain, name: plain.split(/[\/\\]/).pop(), task: "file", bars: 0, frames: 0, rate: 0}, true);
};

Hand.prototype.place = function () {
    this.attempt(function () {
        var sound = this.needSound();
        this.needLive();
        return live.place(this.LiveAPI, sound.path, sound.name, this.quarters(sound));
    });
};

Hand.prototype.arrange = function () {
    this.attempt(function () {
        var sound = this.needSound();
        this.needLive();
        return live.arrange(this.LiveAPI, sound.path, sound.name, this.quarters(sound));
    });
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

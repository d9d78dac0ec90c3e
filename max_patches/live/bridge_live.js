// What a device asks of Live: tempo and transport, the selected clip, a place for a take. ES5, for Max 8's js object.
// LiveAPI is handed in, so that this file runs and is tested without Live. Errors are in words for the person.

var warp = require("bridge_warp");

var MAC_DRIVE = "/Volumes/Macintosh HD";  // Live's reference wants it before paths on the Mac; not every version does
var LIMIT = 2000;  // clip slots of a track that are looked through

// Whether something is a list, whoever made it: instanceof knows only those of this file.
function isList(thing) {
    return Object.prototype.toString.call(thing) === "[object Array]";
}

// The one value of a property; LiveAPI.get answers with a list.
function value(api, property) {
    var found = api.get(property);
    return isList(found) ? found[0] : found;
}

function exists(api) {
    return parseInt(api.id, 10) !== 0;
}

// A text property, which may have come apart at its blanks.
function text(api, property) {
    var found = api.get(property);
    return isList(found) ? found.join(" ") : String(found);
}

// Tell about the song: heard.tempo(bpm), heard.meter(numerator, denominator), heard.playing(0 or 1), now and whenever
// one changes. Returns the observers; they live as long as they are kept. Callbacks only take notes: Live allows no
// changes from inside a notification.
function watch(LiveAPI, heard) {
    var meter = [4, 4];
    function observer(property, take) {
        var api = new LiveAPI(function (args) {
            if (args[0] === property) {
                take(args[1]);
            }
        }, "live_set");
        api.property = property;
        return api;
    }
    return [
        observer("tempo", function (bpm) { heard.tempo(bpm); }),
        observer("signature_numerator", function (n) { meter[0] = n; heard.meter(meter[0], meter[1]); }),
        observer("signature_denominator", function (d) { meter[1] = d; heard.meter(meter[0], meter[1]); }),
        observer("is_playing", function (on) { heard.playing(on); })
    ];
}

// Let observers go.
function unwatch(observers) {
    var i;
    for (i = 0; i < observers.length; i += 1) {
        observers[i].property = "";
    }
}

// The clip that Live's clip view shows: {path, name, rate, frames, start, end}, start and end (its loop, or what it
// plays) in seconds of the file, null where Live does not say how its beats lie in the file.
function selectedClip(LiveAPI) {
    var clip = new LiveAPI("live_set view detail_clip"), found, span;
    if (!exists(clip)) {
        throw new Error("no clip is selected: click one in Live");
    }
    if (!value(clip, "is_audio_clip")) {
        throw new Error("the selected clip is MIDI: select an audio clip");
    }
    found = {path: text(clip, "file_path"), name: text(clip, "name"), rate: value(clip, "sample_rate"),
        frames: value(clip, "sample_length"), start: null, end: null};
    if (found.path === "") {
        throw new Error("the selected clip has no file yet");
    }
    span = [value(clip, "loop_start"), value(clip, "loop_end")];
    if (value(clip, "warping")) {
        span = warp.inFile(text(clip, "warp_markers"), span);
    }
    if (span !== null) {
        found.start = Math.max(0, span[0]);
        found.end = found.rate > 0 ? Math.min(span[1], found.frames / found.rate) : span[1];
    }
    return found;
}

// Put a file into the highlighted clip slot, or the next empty one below it on its track. Returns {clip, where}: the
// new clip, and where it is if that cannot be seen, in words.
function place(LiveAPI, path, name) {
    var slot = new LiveAPI("live_set view highlighted_clip_slot"), found, at;
    if (!exists(slot)) {
        throw new Error("click a clip slot of an audio track in Live first");
    }
    at = /^(live_set tracks \d+) clip_slots (\d+)$/.exec(slot.unquotedpath);
    if (at === null) {
        throw new Error("that is no slot of an audio track: click one in Live");
    }
    checkTrack(new LiveAPI(at[1]));
    found = emptySlot(LiveAPI, at[1], parseInt(at[2], 10));
    create(found, path);
    return named(new LiveAPI(found.unquotedpath + " clip"), name, "");
}

// Put a file into the arrangement, on the selected track where the song is. Returns what `place` does.
function arrange(LiveAPI, path, name) {
    var track = new LiveAPI("live_set view selected_track"), at = value(new LiveAPI("live_set"), "current_song_time");
    var clip;
    checkTrack(track);
    if (String(track.info).indexOf("create_audio_clip") < 0) {
        throw new Error("only a newer Live 12 can put clips into the arrangement: use Show, and drag the file");
    }
    track.call("create_audio_clip", path, at);
    clip = arranged(LiveAPI, track, at, path);
    if (clip === null && path.charAt(0) === "/") {
        track.call("create_audio_clip", MAC_DRIVE + path, at);
        clip = arranged(LiveAPI, track, at, path);
    }
    if (clip === null) {
        throw new Error("Live did not take the file " + path);
    }
    return named(clip, name, ", at beat " + (at + 1).toFixed(2) + " of " + text(track, "name"));
}

// The clip of the arrangement that begins there and is of that file; null if none is. Counting the clips would not
// tell, as a new one replaces what lies there.
function arranged(LiveAPI, track, at, path) {
    var i, clip;
    for (i = track.getcount("arrangement_clips") - 1; i >= 0; i -= 1) {
        clip = new LiveAPI(track.unquotedpath + " arrangement_clips " + i);
        if (Math.abs(value(clip, "start_time") - at) < 0.001 && value(clip, "is_audio_clip") &&
                fileName(text(clip, "file_path")) === fileName(path)) {
            return clip;
        }
    }
    return null;
}

// A path's last part, which Live and the bridge have in common however they write the rest.
function fileName(path) {
    return path.split(/[\/\\]/).pop();
}

function checkTrack(track) {
    if (!exists(track) || !value(track, "has_audio_input") || value(track, "is_foldable")) {
        throw new Error("that is no audio track: choose one");
    }
    if (value(track, "is_frozen")) {
        throw new Error("the track is frozen: unfreeze it first");
    }
}

function emptySlot(LiveAPI, track, first) {
    var i, slot;
    for (i = first; i < first + LIMIT; i += 1) {
        slot = new LiveAPI(track + " clip_slots " + i);
        if (!exists(slot)) {
            break;
        }
        if (!value(slot, "has_clip")) {
            return slot;
        }
    }
    throw new Error("no slot is empty from there on: add a scene");
}

function create(slot, path) {
    if (String(slot.info).indexOf("create_audio_clip") < 0) {
        throw new Error("Live 12.0.5 or newer can fill a slot: use Show, and drag the file");
    }
    slot.call("create_audio_clip", path);
    if (!value(slot, "has_clip") && path.charAt(0) === "/") {
        slot.call("create_audio_clip", MAC_DRIVE + path);
    }
    if (!value(slot, "has_clip")) {
        throw new Error("Live did not take the file " + path);
    }
}

function named(clip, name, where) {
    clip.set("name", name);
    return {clip: clip, where: where};
}

exports.value = value;
exports.exists = exists;
exports.fileName = fileName;
exports.watch = watch;
exports.unwatch = unwatch;
exports.selectedClip = selectedClip;
exports.place = place;
exports.arrange = arrange;

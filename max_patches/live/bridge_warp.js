// How a clip's beats lie in its file: Live's warp markers. They are read as one JSON text, {"warp_markers": [{beat_time,
// sample_time in seconds} ...]}; the last of them is not shown in Live and only says how fast it goes on behind the one
// before it. ES5, for Max 8's js object. `clip` is a LiveAPI of an audio clip that is warped.

var CLOSE = 0.001;  // beats
var SAME = 0.000001;  // seconds

// The markers in a JSON text; null if there are fewer than two.
function read(json) {
    var markers;
    try {
        markers = JSON.parse(json).warp_markers;
    } catch (error) {
        return null;
    }
    if (Object.prototype.toString.call(markers) !== "[object Array]" || markers.length < 2) {
        return null;
    }
    return markers;
}

// Beats as seconds of the file; null where the markers do not say it.
function inFile(json, beats) {
    var markers = read(json), i, seconds = [];
    if (markers === null) {
        return null;
    }
    for (i = 0; i < beats.length; i += 1) {
        seconds.push(along(markers, beats[i], "beat_time", "sample_time"));
    }
    return seconds;
}

// On the line through the markers: what belongs to a value of `from`, in `to`.
function along(markers, at, from, to) {
    var i = 1, a, b;
    while (i < markers.length - 1 && markers[i][from] < at) {
        i += 1;
    }
    a = markers[i - 1];
    b = markers[i];
    return a[to] + (at - a[from]) * (b[to] - a[to]) / (b[from] - a[from]);
}

// One go at a loop of so many beats. Returns whether the clip is that now. Where Live made the clip without warping, it
// switches that on only after the event in which it was asked to, and until then refuses loops and markers; so this is
// to be called again, from later events.
function fit(clip, beats) {
    if (!Number(one(clip, "warping"))) {
        clip.set("warping", 1);
        return false;
    }
    if (!Number(one(clip, "looping"))) {
        clip.set("looping", 1);
    }
    return stretch(clip, beats);
}

// Make a clip's file so many beats long, whatever Live guessed, and loop all of it. Returns whether it is so now: a Live
// before 11.0.5 has no functions for markers, and none says when it does not do what it was asked.
function stretch(clip, beats) {
    var seconds = one(clip, "sample_length") / one(clip, "sample_rate");
    if (!lies(clip, seconds, beats)) {
        if (String(clip.info).indexOf("add_warp_marker") < 0) {
            return false;
        }
        moveMarkers(clip, seconds, beats);
    }
    clip.set("loop_end", beats);
    clip.set("loop_start", 0);
    clip.set("end_marker", beats);
    clip.set("start_marker", 0);
    return lies(clip, seconds, beats) && Math.abs(one(clip, "length") - beats) < CLOSE;
}

// Whether the file begins at beat 0 and ends where it should.
function lies(clip, seconds, beats) {
    var markers = current(clip);
    return markers !== null && Math.abs(along(markers, 0, "sample_time", "beat_time")) < CLOSE &&
        Math.abs(along(markers, seconds, "sample_time", "beat_time") - beats) < CLOSE;
}

// Leave two markers that can be seen, at the file's beginning and its end. Live takes no marker where another is, or that
// would pass one, and keeps the last that is left; so what can be put is put, what is too much goes, and then the rest.
function moveMarkers(clip, seconds, beats) {
    var wanted = [{at: 0, beat: 0}, {at: seconds, beat: beats}], markers = current(clip);
    if (markers !== null && along(markers, seconds, "sample_time", "beat_time") < beats) {
        wanted.reverse();  // the file gets longer: its end makes room first
    }
    putAll(clip, wanted);
    removeOthers(clip, wanted);
    putAll(clip, wanted);
}

function putAll(clip, wanted) {
    var i;
    for (i = 0; i < wanted.length; i += 1) {
        put(clip, wanted[i].at, wanted[i].beat);
    }
}

function removeOthers(clip, wanted) {
    var markers = current(clip) || [], i;
    for (i = markers.length - 2; i >= 0; i -= 1) {  // not the one that is not shown
        if (Math.abs(markers[i].sample_time - wanted[0].at) >= SAME &&
                Math.abs(markers[i].sample_time - wanted[1].at) >= SAME) {
            clip.call("remove_warp_marker", markers[i].beat_time);
        }
    }
}

function put(clip, seconds, beat) {
    var markers = current(clip) || [], i;
    for (i = 0; i < markers.length - 1; i += 1) {
        if (Math.abs(markers[i].sample_time - seconds) < SAME) {
            if (Math.abs(markers[i].beat_time - beat) >= CLOSE / 10) {
                clip.call("move_warp_marker", markers[i].beat_time, beat - markers[i].beat_time);
            }
            return;
        }
    }
    clip.call("add_warp_marker", {beat_time: beat, sample_time: seconds});
}

function current(clip) {
    return read(String(one(clip, "warp_markers")));
}

// The one value of a property; LiveAPI.get answers with a list.
function one(api, property) {
    var found = api.get(property);
    return Object.prototype.toString.call(found) === "[object Array]" ? found.join(" ") : found;
}

exports.inFile = inFile;
exports.fit = fit;

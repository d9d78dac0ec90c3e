// What a device asks the bridge for: the message of a task, from what its knobs, texts and the set say, by the bridge's
// tables. Pure: it reads `asked` (a Session of bridge_session.js) and changes nothing. ES5, for Max 8's js object.

function quartersInBar(asked) {
    return asked.meter[0] * 4 / asked.meter[1];
}

function seconds(asked) {
    return asked.inBars ? asked.values.bars * quartersInBar(asked) * 60 / asked.tempo : asked.values.seconds;
}

// Whether a preset is asked for: it was chosen, and nothing else typed since.
function isPreset(asked) {
    return asked.preset !== null && asked.preset.prompt === asked.prompt;
}

function address(asked) {
    return "/render/" + (isPreset(asked) ? "preset" : asked.task);
}

// How many quarters long what is asked for will be, where that is exact; else 0. Quarters, as the meter may change.
function quarters(asked) {
    var sound = asked.sound();
    if (isPreset(asked)) {
        return 0;
    }
    if (asked.task === "restyle" || asked.task === "inpaint" || asked.task === "upsample") {
        return sound.quarters;  // as long as its source
    }
    return asked.inBars && (asked.task === "generate" || asked.task === "loop") ?
        asked.values.bars * quartersInBar(asked) : 0;
}

// The arguments after the id: the command's own in the table's order, then keys and values.
function message(asked) {
    return isPreset(asked) ? presetMessage(asked) : taskMessage(asked);
}

// A preset says itself what it is, and how long; takes, the rate and a seed that is held are the device's.
function presetMessage(asked) {
    var list = [asked.preset.name, "takes", asked.values.takes, "rate", asked.values.rate], sound = asked.sound();
    return asked.hold && sound !== null && sound.seed !== undefined ? list.concat(["seed", sound.seed]) : list;
}

function taskMessage(asked) {
    var row = asked.tables.tasks[asked.task], values = resolved(asked), list = [], i, key;
    for (i = 0; i < row.args.length; i += 1) {
        key = row.args[i];
        if (values[key] === undefined) {
            throw new Error("the device does not know what " + asked.task + " needs: " + key);
        }
        list.push(values[key]);
    }
    for (i = 0; i < row.keys.length; i += 1) {
        key = row.keys[i];
        if (values[key] !== undefined) {
            list.push(key, values[key]);
        }
    }
    return list;
}

// Every value that a request of this task can need, checked as far as the bridge could not say it better.
function resolved(asked) {
    var values = {}, sound = asked.sound(), key;
    for (key in asked.values) {
        if (Object.prototype.hasOwnProperty.call(asked.values, key)) {
            values[key] = asked.values[key];
        }
    }
    if (!asked.byHand) {
        delete values.steps;
        delete values.guidance;
    }
    if (asked.hold && sound !== null && sound.seed !== undefined) {
        values.seed = sound.seed;
    }
    addText(asked, values);
    addLength(asked, values);
    if (asked.tables.tasks[asked.task].args.indexOf("source") >= 0) {
        if (sound === null) {
            throw new Error(asked.task + " needs a sound: get the selected clip, drop a file, or render one first");
        }
        values.source = sound.path;
        if (asked.task !== "upsample") {
            delete values.rate;  // an edit has the rate of its clip
        }
    }
    if (asked.task === "inpaint") {
        addRegion(asked, values);
    }
    return values;
}

function addText(asked, values) {
    if (asked.prompt === "" && asked.task !== "upsample" && asked.task !== "vary") {
        throw new Error("type what should be heard first");
    }
    if (asked.prompt !== "") {
        values.prompt = asked.prompt;
    }
    if (asked.negative !== "") {
        values.negative = asked.negative;
    }
}

function addLength(asked, values) {
    var quarters = quartersInBar(asked), limits = asked.tables.params.seconds;
    var beats = asked.tables.params.beats, bpm = asked.tables.params.bpm;
    values.seconds = seconds(asked);
    if (asked.tables.tasks[asked.task].args.indexOf("bars") < 0) {
        delete values.bars;
    }
    if (["generate", "loop", "extend"].indexOf(asked.task) >= 0 &&
            !(values.seconds >= limits.low && values.seconds <= limits.high)) {
        throw new Error("the length must be " + limits.low + " to " + limits.high + " s, and this is " +
            values.seconds.toFixed(2) + " s" + (asked.inBars ? " at the set's tempo" : ""));
    }
    if (asked.task !== "loop") {
        return;
    }
    // Bars can be told only where a bar has whole quarters and the tempo is in the table's range; else the seconds.
    if (asked.inBars && quarters === Math.floor(quarters) && quarters <= beats.high && asked.tempo <= bpm.high &&
            asked.tempo >= 20) {
        values.bpm = asked.tempo;
        values.beats = quarters;
    } else {
        values.bars = 0;
        values.bpm = 0;
    }
}

function addRegion(asked, values) {
    if (asked.region === null || !(asked.region[1] > asked.region[0])) {
        throw new Error("inpaint needs a region: draw over the part of the waveform that is to be replaced");
    }
    values.start = asked.region[0];
    values.end = asked.region[1];
}

exports.quartersInBar = quartersInBar;
exports.quarters = quarters;
exports.isPreset = isPreset;
exports.address = address;
exports.message = message;

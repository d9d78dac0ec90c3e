// What the bridge answers to a device's session, message by message: methods of Session (bridge_session.js). ES5, for Max
// 8's js object.

var methods = {};

// A message from the bridge. What is for others, or not known, changes nothing.
methods.receive = function (address, args) {
    var answer = ANSWERS[address];
    if (address.charAt(0) !== "/") {
        return;
    }
    this.heard = this.now();
    if (this.state === "lost" && address !== "/bridge/ready" && address !== "/bridge/loading") {
        this.setState("ready");  // it was only late
        this.out.status("ready: " + this.model, false);
    }
    if (answer !== undefined) {
        this[answer](args);
    }
};

methods.onError = function (args) {
    var id = args.length > 2 ? String(args[2]) : "";
    if (String(args[0]) === "unknown-job") {
        delete this.jobs[id];  // of a bridge that has forgotten it since
        this.out.changed();
        return;
    }
    this.out.status(words(args[0], args[1]), true);
};

methods.onQueued = function (args) {
    if (this.jobs[args[0]] && args[1] > 0) {
        this.out.status(args[1] + (args[1] === 1 ? " job is" : " jobs are") + " before this one", false);
    }
};

methods.onStep = function (args) {
    if (this.jobs[args[0]] && args[2] > 0) {
        this.out.progress(args[1] / args[2]);
        this.out.status("step " + args[1] + " of " + args[2], false);
    }
};

// id, take, path, frames, rate, seed, score
methods.onTake = function (args) {
    var job = this.jobs[args[0]], i;
    if (!job) {
        return;
    }
    for (i = 0; i < this.sounds.length; i += 1) {
        if (this.sounds[i].path === args[2]) {
            return;  // told again
        }
    }
    this.add({
        path: String(args[2]), frames: args[3], rate: args[4], seed: args[5], task: job.task,
        quarters: job.quarters, name: (job.prompt || job.task) + " " + args[5]
    }, job.takes === 0);
    job.takes += 1;
};

methods.onDone = function (args) {
    if (this.jobs[args[0]]) {
        delete this.jobs[args[0]];
        this.out.progress(1);
        this.out.status(args[1] === 1 ? "done" : "done: " + args[1] + " takes", false);
        this.out.changed();
    }
};

methods.onFailed = function (args) {
    if (this.jobs[args[0]]) {
        delete this.jobs[args[0]];
        this.out.progress(0);
        this.out.status(words(args[1], args[2]), true);
        this.out.changed();
    }
};

methods.onCancelled = function (args) {
    if (this.jobs[args[0]]) {
        delete this.jobs[args[0]];
        this.out.progress(0);
        this.out.status("stopped", false);
        this.out.changed();
    }
};

// Which method an answer is for.
var ANSWERS = {
    "/bridge/ready": "onReady",
    "/bridge/loading": "onLoading",
    "/bridge/error": "onError",
    "/job/queued": "onQueued",
    "/job/step": "onStep",
    "/job/take": "onTake",
    "/job/done": "onDone",
    "/job/failed": "onFailed",
    "/job/cancelled": "onCancelled"
};

// What to do about an error, where the bridge's own text does not say it.
var HINTS = {
    "model": " - bridge models list shows which there are",
    "disk": " - make room, or choose another folder (bridge serve --takes)",
    "busy": " - wait for a job to end, or stop one"
};

function words(code, text) {
    return String(text) + (HINTS[code] || "");
}

exports.methods = methods;

// The connection of a device's session to the bridge: looking for it, noticing that it is gone, who it is. All are
// methods of Session (bridge_session.js). ES5, for Max 8's js object.

var FIRST_PORT = 9650;
var PORTS = 100;         // 9650 to 9749: one for each device
var QUIET_MS = 6000;     // so long without an answer, and the bridge is taken to be gone
var ASK_MS = 2000;       // so often the bridge is asked for

var methods = {};

// Begin to look for the bridge, with answers at `port`.
methods.open = function (port) {
    this.port = port;
    this.out.listen(port);
    this.out.state(this.state);
    this.out.status("looking for the bridge ...", false);
    this.hello();
};

methods.hello = function () {
    this.asked = this.now();
    this.asks += 1;
    this.out.send("/bridge/hello", [this.name, this.port]);
};

// To be called twice a second or so.
methods.tick = function () {
    var time = this.now();
    if (this.isConnected() && time - this.heard > QUIET_MS) {
        this.setState("lost");
        this.out.status("the bridge does not answer any more: start it (bridge serve); jobs go on when it is back", true);
        this.asks = 0;
        this.hello();
    } else if (time - this.asked >= ASK_MS) {
        if (this.isConnected()) {
            // Not a hello: that would have the bridge tell ended jobs again.
            this.asked = time;
            this.out.send("/live/status", []);
        } else {
            this.search();
        }
    }
};

// No answer may mean that no bridge runs, or that another program has our port: so every third time another port.
methods.search = function () {
    if (this.asks > 0 && this.asks % 3 === 0) {
        this.port = FIRST_PORT + (this.port - FIRST_PORT + 1) % PORTS;
        this.out.listen(this.port);
        this.out.changed();
    }
    if (this.asks === 3) {
        this.out.status("no bridge answers: start it in a terminal (bridge serve), it is found by itself", true);
    }
    this.hello();
};

methods.isConnected = function () {
    return this.state === "ready" || this.state === "loading";
};

methods.setState = function (state) {
    this.state = state;
    this.out.state(state);
};

methods.onReady = function (args) {
    var fresh = this.state !== "ready" || this.model !== String(args[1]);
    this.version = String(args[0]);
    this.model = String(args[1]);
    this.capabilities = args.slice(3);
    this.asks = 0;
    this.setState("ready");
    if (fresh) {
        this.out.status(this.versionTrouble() || "ready: " + this.model, this.versionTrouble() !== "");
        this.askForJobs();
        this.out.found();
    }
    this.out.changed();
};

methods.onLoading = function (args) {
    this.asks = 0;
    this.model = String(args[1]);
    this.setState("loading");
    this.out.status("loading the model " + this.model + " ...", false);
};

// Words, if bridge and device are not of one version; versions that are not numbers (a tree) are not compared.
methods.versionTrouble = function () {
    var theirs = /^(\d+)\.(\d+)/.exec(this.version), ours = /^(\d+)\.(\d+)/.exec(this.tables.version);
    if (theirs === null || ours === null || theirs[0] === ours[0] || theirs[0] === "0.0") {
        return "";
    }
    return "the bridge is version " + this.version + ", this device " + this.tables.version +
        ": run bridge install live, then load the device anew";
};

// Jobs that the set was saved with: a bridge that still knows them tells how they are.
methods.askForJobs = function () {
    var id;
    for (id in this.jobs) {
        if (Object.prototype.hasOwnProperty.call(this.jobs, id)) {
            this.out.send("/job/follow", [id]);
        }
    }
};

exports.methods = methods;
exports.FIRST_PORT = FIRST_PORT;
exports.PORTS = PORTS;

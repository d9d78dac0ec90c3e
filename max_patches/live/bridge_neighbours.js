// The devices of one Live or Max among themselves: each has a name and a UDP port that no other has. ES5, for Max 8's js
// object. `shared` is what all of them see; it holds text, as that is what every version of Max's Global can.

function Neighbours(shared, own) {
    this.shared = shared;
    this.own = own;
}

Neighbours.prototype.all = function () {
    return JSON.parse(this.shared.devices || "{}");
};

// Say what this device has, {name, port}; null when it goes.
Neighbours.prototype.register = function (mine) {
    var devices = this.all();
    if (mine === null) {
        delete devices[this.own];
    } else {
        devices[this.own] = mine;
    }
    this.shared.devices = JSON.stringify(devices);
};

Neighbours.prototype.isTaken = function (what, value) {
    var devices = this.all(), own;
    for (own in devices) {
        if (own !== this.own && devices[own][what] === value) {
            return true;
        }
    }
    return false;
};

// The name that was kept, unless another device has it: that one was copied, and the second of the two takes a new one.
Neighbours.prototype.name = function (kept, host) {
    var name = kept;
    while (!name || this.isTaken("name", name)) {
        name = host + "-" + Math.floor(Math.random() * 2176782336).toString(36);
    }
    this.register({name: name, port: 0});
    return name;
};

// The port that is asked for, or the next of `count` from `first` on that no other device has.
Neighbours.prototype.port = function (name, port, first, count) {
    var tries = 0, found = port;
    while (this.isTaken("port", found) && tries < count) {
        found = first + (found - first + 1) % count;
        tries += 1;
    }
    this.register({name: name, port: found});
    return found;
};

exports.Neighbours = Neighbours;

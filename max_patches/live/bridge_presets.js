// The bridge's presets as a menu of two levels: the packs, and the presets of one. A preset that is chosen is what Render
// asks for, until another text is typed. ES5, for Max 8's js object. `say` takes a list to the patch.

function Presets(session, say) {
    this.session = session;
    this.say = say;
    this.packs = [];     // {name, title}
    this.entries = [];   // {name, prompt, why} of the pack that is open
    this.pack = null;    // its name; null: the packs are shown
    this.coming = [];
}

// Ask for the packs: a bridge was found, or another model is loaded.
Presets.prototype.ask = function () {
    this.open(null);
};

Presets.prototype.open = function (pack) {
    this.pack = pack;
    this.coming = [];
    this.session.out.send(pack === null ? "/presets/packs" : "/presets/list", pack === null ? [] : [pack]);
};

// A message from the bridge; what is not about presets changes nothing.
Presets.prototype.receive = function (address, args) {
    if (address === "/presets/pack") {
        this.coming.push({name: String(args[0]), title: String(args[1])});
    } else if (address === "/presets/entry" && args[5]) {  // it suits the model
        this.coming.push({name: String(args[0]), prompt: String(args[1]).replace(/\s+/g, " "), why: String(args[4])});
    } else if (address === "/presets/listed") {
        this[this.pack === null ? "packs" : "entries"] = this.coming;
        this.coming = [];
        this.show();
    }
};

Presets.prototype.show = function () {
    var i, list = this.pack === null ? this.packs : this.entries;
    this.say(["presets", "clear"]);
    this.say(["presets", "append", this.pack === null ? "presets" : "< all packs"]);
    for (i = 0; i < list.length; i += 1) {
        this.say(["presets", "append", this.pack === null ? list[i].title : list[i].name.split("/").pop()]);
    }
    this.say(["presets", "set", 0]);
};

// An item of the menu was chosen. Returns true if that is a preset, which the session now has.
Presets.prototype.choose = function (index) {
    var found;
    if (index === 0) {
        if (this.pack !== null) {
            this.pack = null;
            this.show();
        }
        return false;
    }
    if (this.pack === null) {
        if (index <= this.packs.length) {
            this.open(this.packs[index - 1].name);
        }
        return false;
    }
    found = this.entries[index - 1];
    if (found === undefined) {
        return false;
    }
    this.session.preset = {name: found.name, prompt: found.prompt};
    this.session.prompt = found.prompt;
    this.session.out.status(found.name + ": " + found.why, false);
    return true;
};

exports.Presets = Presets;

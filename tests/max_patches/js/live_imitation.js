// Live's object model as far as our devices use it, and not one property or function further: whatever Live does not
// know, or would refuse, throws. Names and rules are those of the published reference of the Live Object Model.
"use strict";
const fs = require("fs");

const GET = {
  Song: ["tempo", "signature_numerator", "signature_denominator", "is_playing", "current_song_time"],
  Track: ["name", "has_audio_input", "is_foldable", "is_frozen"],
  ClipSlot: ["has_clip"],
  Clip: ["name", "is_audio_clip", "file_path", "sample_rate", "sample_length", "loop_start", "loop_end", "warping",
    "warp_markers", "length", "looping", "start_marker", "end_marker", "start_time"],
};
const SET = { Song: [], Track: ["name"], ClipSlot: [],
  Clip: ["name", "warping", "looping", "loop_start", "loop_end", "start_marker", "end_marker"] };
const CALLED = { ClipSlot: ["create_audio_clip"], Track: ["create_audio_clip"],
  Clip: ["add_warp_marker", "move_warp_marker", "remove_warp_marker"], Song: [] };
const OBSERVE = ["tempo", "signature_numerator", "signature_denominator", "is_playing"];

// {rate, frames} of a WAV file, from its chunks.
function wav(path) {
  const data = fs.readFileSync(path);
  if (data.toString("latin1", 0, 4) !== "RIFF") throw new Error("no WAV: " + path);
  const found = {};
  for (let at = 12; at + 8 <= data.length; at += 8 + found.size + (found.size % 2)) {
    found.size = data.readUInt32LE(at + 4);
    const name = data.toString("latin1", at, at + 4);
    if (name === "fmt ") Object.assign(found, { rate: data.readUInt32LE(at + 12), align: data.readUInt16LE(at + 20) });
    if (name === "data") return { rate: found.rate, frames: found.size / found.align };
  }
  throw new Error("no samples in " + path);
}

// The warp markers of a clip, with Live's rules: what it would not do it leaves, without a word. The last is the one that is
// not shown, which goes on as the two before it. No stretch between two has a tempo outside 5 to 999.
class Markers {
  constructor(seconds, beats, first = { beat_time: 0, sample_time: 0 }) {
    this.seconds = seconds;
    this.list = [first, { beat_time: first.beat_time + beats / 32, sample_time: first.sample_time + seconds / 32 }];
  }

  json() { return JSON.stringify({ warp_markers: this.list }); }

  add_warp_marker(marker) {
    if (typeof marker !== "object" || Object.keys(marker).sort().join() !== "beat_time,sample_time") {
      throw new Error("add_warp_marker takes {beat_time, sample_time}");
    }
    this.settle([...this.list.slice(0, -1), marker]);
  }

  move_warp_marker(beat, distance) {
    this.settle(this.list.slice(0, -1).map((one) => (Math.abs(one.beat_time - beat) < 1e-6
      ? { ...one, beat_time: one.beat_time + distance } : one)));
  }

  remove_warp_marker(beat) {
    this.settle(this.list.slice(0, -1).filter((one) => Math.abs(one.beat_time - beat) >= 1e-6));
  }

  settle(shown) {
    shown.sort((a, b) => a.sample_time - b.sample_time);
    const bpm = (a, b) => 60 * (b.beat_time - a.beat_time) / (b.sample_time - a.sample_time);
    const allowed = shown.every((one, n) => one.sample_time >= 0 && one.sample_time <= this.seconds &&
      (n === 0 || (bpm(shown[n - 1], one) >= 5 && bpm(shown[n - 1], one) <= 999)));
    if (shown.length === 0 || !allowed) return;
    const last = shown[shown.length - 1], hidden = this.list[this.list.length - 1];
    const before = shown.length > 1 ? shown[shown.length - 2] : this.list[this.list.length - 2];
    const [a, b] = shown.length > 1 ? [before, last] : [before, hidden];
    const slope = (b.beat_time - a.beat_time) / (b.sample_time - a.sample_time);
    this.list = [...shown, { beat_time: last.beat_time + slope * 0.05, sample_time: last.sample_time + 0.05 }];
  }
}

class Live {
  constructor({ version = 12.2, tracks = 2, scenes = 4 } = {}) {
    this.version = version;
    this.song = { tempo: 120, signature_numerator: 4, signature_denominator: 4, is_playing: 0, current_song_time: 8 };
    this.tracks = Array.from({ length: tracks }, (_, n) => ({
      name: `${n + 1}-Audio`, has_audio_input: 1, is_foldable: 0, is_frozen: 0, arranged: [],
      clip_slots: Array.from({ length: scenes }, () => ({ clip: null })),
    }));
    this.view = { detail_clip: null, highlighted_clip_slot: null, selected_track: "live_set tracks 0" };
    this.observers = [];
    this.notifying = false;
    this.guess = (beats) => beats; // what Live takes a new clip's length for
    this.first = undefined; // and where its first marker is: at the beginning
    this.markers = true; // a Live whose markers can be set: 11.0.5 and newer
    this.warped = 1; // whether it warps new clips: a preference of its user
    const live = this;
    this.LiveAPI = function (...args) { return live.api(...args); };
  }

  // Where a path leads: {type, path, object}, or null.
  find(path) {
    const viewed = /^live_set view (\w+)$/.exec(path);
    if (viewed) {
      if (!(viewed[1] in this.view)) throw new Error("Live has no " + path);
      return this.view[viewed[1]] === null ? null : this.find(this.view[viewed[1]]);
    }
    if (path === "live_set") return { type: "Song", path, object: this.song };
    const placed = /^live_set tracks (\d+) arrangement_clips (\d+)$/.exec(path);
    if (placed) {
      const clip = this.tracks[placed[1]].arranged[placed[2]];
      return clip ? { type: "Clip", path, object: clip } : null;
    }
    const at = /^live_set tracks (\d+)(?: clip_slots (\d+)( clip)?)?$/.exec(path);
    if (!at) throw new Error("Live has no path " + path);
    const track = this.tracks[at[1]];
    if (!track || at[2] === undefined) return track ? { type: "Track", path, object: track } : null;
    const slot = track.clip_slots[at[2]];
    if (!slot || !at[3]) return slot ? { type: "ClipSlot", path, object: slot, track } : null;
    return slot.clip ? { type: "Clip", path, object: slot.clip } : null;
  }

  api(first, second) {
    const live = this, callback = typeof first === "function" ? first : null;
    const path = callback ? second : first;
    if (typeof path !== "string") throw new Error("LiveAPI needs a path, got " + path);
    const at = live.find(path);
    let property = "";
    const need = (list, name) => {
      if (!at) throw new Error(`nothing is at ${path}, and its ${name} was asked for`);
      if (!list[at.type].includes(name)) throw new Error(`a ${at.type} of Live has no ${name}`);
    };
    const members = {
      get id() { return at && live.isThere(at) ? "7" : "0"; },
      get path() { return `"${at ? at.path : ""}"`; },
      get unquotedpath() { return at ? at.path : ""; },
      get type() { return at ? at.type : ""; },
      get info() { return live.info(at); },
      get property() { return property; },
      set property(name) {
        if (name !== "" && (!callback || at.type !== "Song" || !OBSERVE.includes(name))) {
          throw new Error("nobody can observe " + name);
        }
        property = name;
        live.observers = live.observers.filter((one) => one.api !== proxy);
        if (name !== "") {
          live.observers.push({ api: proxy, name, callback });
          live.notify(name);
        }
      },
      get(name) {
        need(GET, name);
        return [name === "has_clip" ? Number(at.object.clip !== null) : at.object[name]];
      },
      getcount(name) {
        if (!at || at.type !== "Track" || name !== "arrangement_clips") throw new Error("no list " + name);
        return at.object.arranged.length;
      },
      set(name, value) {
        need(SET, name);
        live.mayChange();
        if (at.type === "Clip") live.changeClip(at.object, name, value);
        else at.object[name] = value;
      },
      call(name, ...args) {
        live.mayChange();
        if (!live.info(at).includes(`function ${name}`)) throw new Error(`a ${at && at.type} has no function ${name}`);
        if (at.type === "Clip" && !at.object.warping) throw new Error("only warped clips have markers to change");
        if (at.type === "Clip") return at.object.markers[name](...args);
        return live.createAudioClip(at, ...args);
      },
    };
    const proxy = strict(members, "LiveAPI");
    return proxy;
  }

  // Whether an object that was found is still where it was: a LiveAPI keeps to the object, and not to the path.
  isThere(at) {
    const now = this.find(at.path);
    return now !== null && now.object === at.object;
  }

  info(at) {
    if (!at) return "No object";
    const can = { ClipSlot: this.version >= 12.05, Track: this.version >= 12.2, Clip: this.markers };
    const functions = can[at.type] ? CALLED[at.type].map((name) => `function ${name}\n`).join("") : "";
    return `id 7\ntype ${at.type}\n${functions}done`;
  }

  // Warping is switched on after the event that asks for it, as the reference says; markers cannot pass each other.
  changeClip(clip, name, value) {
    if (name === "warping") { queueMicrotask(() => { clip.warping = value; }); return; }
    if (name === "looping" && value && !clip.warping) throw new Error("unwarped audio cannot be looped");
    if (name === "loop_end" && value <= clip.loop_start) return;
    if (name === "end_marker" && value <= clip.start_marker) return;
    if (name === "loop_start" && value >= clip.loop_end) return;
    if (name === "start_marker" && value >= clip.end_marker) return;
    clip[name] = value;
  }

  mayChange() {
    if (this.notifying) throw new Error("Changes cannot be triggered by notifications");
  }

  // Live prints an error and does nothing where this is not allowed.
  createAudioClip(at, path, position) {
    const track = at.track || at.object;
    if (!track.has_audio_input || track.is_frozen || !fs.existsSync(path) || position > 1576800) return 0;
    const { rate, frames } = wav(path), beats = this.guess((frames / rate) * this.song.tempo / 60);
    const clip = {
      name: "", is_audio_clip: 1, file_path: path, sample_rate: rate, sample_length: frames, loop_start: 0,
      loop_end: beats, start_marker: 0, end_marker: beats, warping: this.warped, looping: 0,
      markers: new Markers(frames / rate, beats, this.first),
      get warp_markers() { return this.markers.json(); },
      get length() { return this.looping ? this.loop_end - this.loop_start : this.end_marker - this.start_marker; },
    };
    if (at.type === "Track") { // what lies there is replaced
      const others = track.arranged.filter((one) => one.start_time !== position);
      track.arranged = [...others, Object.assign(clip, { start_time: position })];
    } else if (at.object.clip === null) at.object.clip = clip;
    return 0;
  }

  change(name, value) {
    this.song[name] = value;
    this.notify(name);
  }

  notify(name) {
    this.notifying = true;
    try {
      for (const one of this.observers.filter((o) => o.name === name)) one.callback([name, this.song[name]]);
    } finally {
      this.notifying = false;
    }
  }
}

// An object that throws for every member it does not have.
function strict(members, name) {
  const check = (key) => {
    if (typeof key === "string" && !(key in members)) throw new Error(`${name} of Max has no ${key}`);
  };
  return new Proxy(members, {
    get(target, key) { check(key); return Reflect.get(target, key); },
    set(target, key, value) { check(key); return Reflect.set(target, key, value); },
  });
}

module.exports = { Live, strict, wav };

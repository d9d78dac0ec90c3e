// A running bridge, asked by OSC from sclang's own port. Every task is a method that returns a BridgeJob at once.
Bridge {
	classvar version = "0.1.0";
	classvar all, <>default, <>silence = 4;  // seconds after which a bridge that said nothing is taken to be not there
	var <addr, <jobs, <pads, <model, <rate, <>action, responders, place, prefix, count = 0, asked, answered = false;

	// one for each address, however often a line is evaluated: two would both tell what goes wrong
	*new { |host = "127.0.0.1", port = 9630, action|
		var addr = NetAddr(host, port), where = "%:%".format(addr.ip, port).asSymbol;
		all[where] = all[where] ?? { super.new.init(addr, where) };
		^all[where].action_(action).hello
	}

	*initClass {
		all = IdentityDictionary.new;
		Class.initClassTree(Event);
		Event.addEventType(\bridge, { |server|
			var bridge = ~bridge ? Bridge.default;
			if(bridge.isNil) { "bridge: an event needs a bridge: Bridge.new".warn } { bridge.play(currentEnvironment, server) };
		});
	}

	init { |address, where|
		addr = address;
		place = where;
		jobs = IdentityDictionary.new;
		pads = IdentityDictionary.new;
		prefix = "sc-" ++ Date.getDate.stamp ++ "-" ++ 1000000.rand.asString;  // no job of an earlier session has it
		responders = [
			this.hear('/bridge/ready', { |msg|
				this.compare(msg[1].asString);
				model = msg[2];
				rate = msg[3];
				action.value(this);
			}),
			this.hear('/bridge/error', { |msg| this.refused(msg[1], msg[2], msg[3]) }),
			this.hear('/job/queued', { |msg| this.tell(msg, { |job| job.queued(msg[2]) }) }),
			this.hear('/job/step', { |msg| this.tell(msg, { |job| job.stepped(msg[2], msg[3]) }) }),
			this.hear('/job/take', { |msg| this.tell(msg, { |job| job.taken(BridgeTake(*msg[2..])) }) }),
			this.hear('/job/done', { |msg| this.tell(msg, { |job| job.end(\done) }) }),
			this.hear('/job/failed', { |msg| this.tell(msg, { |job| job.end(\failed, msg[2], msg[3]) }) }),
			this.hear('/job/cancelled', { |msg| this.tell(msg, { |job| job.end(\cancelled, 'cancelled', "cancelled") }) }),
			this.hear('/bridge/loading'),
			this.hear('/pad/entry', { |msg| pads[msg[1]] = msg[3] }),
			this.hear('/pad/filled', { |msg| pads[msg[1]] = msg[2] }),
			this.hear('/pad/removed', { |msg| pads.removeAt(msg[1]) }),
			this.hear('/pad/played'),
			this.hear('/pad/failed', { |msg| "bridge: pad %: %".format(msg[1], msg[3]).warn }),
		];
		default = default ? this;
	}

	// what a task needs, then its settings by name: (seconds: 4, takes: 2)
	generate { |prompt, settings| ^this.render(\generate, [prompt], settings) }
	restyle { |source, prompt, strength = 0.5, settings|
		^this.render(\restyle, [Bridge.path(source), prompt, strength], settings)
	}
	inpaint { |source, start, end, prompt, settings|
		^this.render(\inpaint, [Bridge.path(source), start, end, prompt], settings)
	}
	extend { |source, seconds, prompt, settings|
		^this.render(\extend, [Bridge.path(source), seconds, prompt], settings)
	}
	upsample { |source, settings| ^this.render(\upsample, [Bridge.path(source)], settings) }
	vary { |source, settings| ^this.render(\vary, [Bridge.path(source)], settings) }
	morph { |prompts, settings| ^this.render(\morph, [prompts], settings) }
	loop { |prompt, bars, bpm, settings| ^this.render(\loop, [prompt, bars, bpm], settings) }
	takes { |prompt, number = 4, settings| ^this.render(\takes, [prompt, number], settings) }
	speak { |text, voice, settings| ^this.render(\speak, [text, voice], settings) }
	preset { |name, settings| ^this.render(\preset, [name], settings) }

	render { |task, arguments, settings|
		var job, id;
		count = count + 1;
		id = (prefix ++ "-" ++ count).asSymbol;
		job = BridgeJob(this, id);
		jobs[id] = job;
		addr.sendMsg("/render/" ++ task, id, *(arguments ++ Bridge.pairs(settings)));
		SystemClock.sched(silence, {
			if(job.state == \sent) {
				job.end(\failed, 'no-answer', this.nobody)
			};
			nil
		});
		^job
	}

	// a pad: takes of a preset or a prompt that lie ready, played by the bridge itself
	pad { |name, sound, settings|
		pads[name.asSymbol] = 0;
		this.ask("/pad/assign", name, sound, *Bridge.pairs(settings));
	}
	hit { |name, velocity = 1.0, key| this.ask("/pad/hit", name, velocity.asFloat, *[key].reject(_.isNil)) }
	release { |name, key| addr.sendMsg("/pad/release", name, *[key].reject(_.isNil)) }

	// an event of the type \bridge: its pad, or its preset, which becomes a pad of its own the first time
	play { |event, server|
		var name = event[\pad] ?? { event[\preset] }, key = event[\key];
		var velocity = if(event.keys.includes(\velocity)) { event[\velocity] } { 1.0 };  // not the 64 that every event inherits
		if(name.isNil) { ^"bridge: an event needs a pad or a preset".warn };
		if(event[\pad].isNil and: { pads[name.asSymbol].isNil }) { this.pad(name, name, event[\settings]) };
		SystemClock.sched((server ? Server.default).latency ? 0, { this.hit(name, velocity, key); nil });
	}

	hello { this.ask("/bridge/hello", prefix) }
	send { |address ... arguments| addr.sendMsg(address, *arguments) }
	free {
		responders.do(_.free);
		all.removeAt(place);
		if(default === this) { default = nil };
	}

	*path { |source|
		if(source.isKindOf(Buffer) or: { source.isKindOf(BridgeTake) }) { source = source.path };
		^source.asString.standardizePath
	}
	*pairs { |settings|
		^(settings ? ()).asPairs.collect { |value| if(value.isKindOf(Symbol)) { value.asString } { value } }
	}

	// private: replies come to sclang's port, and only those of this bridge are heard
	hear { |address, function| ^OSCFunc({ |msg| answered = true; function.value(msg) }, address, addr).fix }
	nobody { ^"nobody answers at %:%: bridge serve starts the bridge".format(addr.ip, addr.port) }
	// send what is always answered; where nobody does, say so, at most once in that time, and give pads anew afterwards
	ask { |address ... arguments|
		var now = Main.elapsedTime;
		addr.sendMsg(address, *arguments);
		if(asked.notNil and: { now - asked < silence }) { ^this };
		asked = now;
		answered = false;
		SystemClock.sched(silence, {
			if(answered.not) {
				pads.clear;
				"bridge: %".format(this.nobody).warn;
			};
			nil
		});
	}
	tell { |msg, function|
		var job = jobs[msg[1]];
		if(job.notNil) { function.value(job) };
	}
	refused { |code, text, id|
		var job = id !? { jobs[id] };
		if(job.notNil) { job.end(\failed, code, text) } { "bridge: %".format(text).warn };
	}
	forget { |id| jobs.removeAt(id) }
	// the first two numbers of both versions; a bridge that was never installed has none
	compare { |theirs|
		var numbers = [theirs, version].collect { |one| one.findRegexp("^[0-9]+[.][0-9]+").flatten.at(1) };
		if(numbers[0].notNil and: { numbers[0] != numbers[1] }) {
			"bridge: it is version %, and this Quark is version %: bridge install sc, and recompile the class library"
			.format(theirs, version).warn
		};
	}
}

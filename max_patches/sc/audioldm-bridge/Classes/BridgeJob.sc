// A job, and the promise of its takes. Wait for it in a Routine, or say what is to happen then.
BridgeJob {
	var <bridge, <id, <state = \sent, <takes, <position, <step = 0, <steps = 0, <code, <text;
	var <>onStep, <>onTake, ended, waiting, callbacks, heeded = false;

	*new { |bridge, id| ^super.newCopyArgs(bridge, id).init }
	init {
		takes = [];
		ended = false;
		waiting = Condition.new(false);
		callbacks = List.new;
	}

	hasEnded { ^ended }
	part { ^if(steps > 0) { step / steps } { 0 } }  // how far it is, 0 to 1
	cancel { bridge.send("/job/cancel", id) }

	// in a Routine: the takes; an Error where there are none
	wait {
		heeded = true;
		if(ended.not) { waiting.wait };
		if(state != \done) { Error("bridge: % %: %".format(id, code, text)).throw };
		^takes
	}
	take { ^this.wait.first }
	// in a Routine: the takes as Buffers, which are loaded
	buffers { |server|
		var all = this.wait, left = all.size, loaded = Condition.new(left == 0);
		var found = all.collect { |take| take.buffer(server, {
			left = left - 1;
			loaded.test = left == 0;
			loaded.signal;
		}) };
		loaded.wait;  // a sync is not enough: sclang learns only later how many channels each has
		^found
	}
	buffer { |server| ^this.buffers(server).first }

	// anywhere: one of the two is called, at once if the job has ended
	then { |done, failed|
		heeded = true;
		if(ended) { this.call(done, failed) } { callbacks.add([done, failed]) };
	}

	// private: what the bridge tells
	queued { |number|
		position = number;
		if(state == \sent) { state = \queued };
	}
	stepped { |index, total|
		state = \rendering;
		step = index;
		steps = total;
		onStep.value(this);
	}
	taken { |take|
		if(takes.any { |known| known.index == take.index }.not) {
			takes = takes.add(take);
			onTake.value(take);
		};
	}
	end { |how, why, words|
		if(ended) { ^this };
		state = how;
		code = why;  // a Symbol
		text = words !? { words.asString };
		ended = true;
		bridge.forget(id);
		waiting.test = true;
		waiting.signal;
		callbacks.do { |both| this.call(*both) };
		if(heeded.not and: { how == \failed }) { this.warnOfFailure };  // or nobody would know
	}
	call { |done, failed|
		if(state == \done) { done.value(takes, this) } {
			if(failed.isNil) { this.warnOfFailure } { failed.value(code, text, this) };
		};
	}
	warnOfFailure { "bridge: % %: %".format(id, code, text).warn }
}

// A take: a file on the disk, complete.
BridgeTake {
	var <index, <path, <frames, <rate, <seed, <score;

	*new { |index, path, frames, rate, seed, score|
		^super.newCopyArgs(index, path.asString, frames, rate, seed, score)
	}
	seconds { ^frames / rate }
	buffer { |server, action|
		server = server ? Server.default;
		if(server.serverRunning.not) { Error("bridge: the server % does not run: boot it".format(server.name)).throw };
		^Buffer.read(server, path, action: action)
	}
	printOn { |stream| stream << "a BridgeTake(" << path << ")" }
}

"""A method for each task. Made by ``python -m bridge.client.make_tasks`` from the tables; do not edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from bridge.client.sources import Source

J = TypeVar("J")


class Tasks(Generic[J]):
    """The tasks of a client, each of which sends a job. What is not given is the bridge's choice."""

    def _task(self, task: str, given: dict[str, Any]) -> J:
        raise NotImplementedError

    def generate(
        self, prompt: str, *, negative: str | None = None, transcript: str | None = None,
        spelling: Literal["words", "phonemes"] | None = None, seconds: float | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, candidates: int | None = None, rate: int | None = None, model: str | None = None,
        level: Literal["peak", "loudness", "none", "ahead"] | None = None, peak: float | None = None,
        loudness: float | None = None, fade: float | None = None,
        format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Render a sound from a prompt.

        prompt: what should be heard, in words (0 to 1000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        transcript: what is said; models that speak need it in every task (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        seconds: length; the take has exactly round(seconds * rate) frames (0.05 to 60 s; 5.12 if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        candidates: tries for a take; the one nearest to the prompt is kept. Not for edits (1 to 8)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        level: what sets the level; ahead holds what the model made under the peak, so that it can be streamed while it
            is decoded (peak | loudness | none | ahead; peak if not given)
        peak: highest sample: the level for 'peak', the ceiling for 'loudness' (-60 to 0 dBFS; -1.0 if not given)
        loudness: integrated loudness for level 'loudness' (-60 to -5 LUFS; -18.0 if not given)
        fade: fade-out at the end (0 to 10 s; 0.005 if not given)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("generate", {
            "prompt": prompt, "negative": negative, "transcript": transcript, "spelling": spelling, "seconds": seconds,
            "seed": seed, "quality": quality, "steps": steps, "guidance": guidance, "guidance_from": guidance_from,
            "guidance_to": guidance_to, "rescale": rescale, "sampler": sampler, "eta": eta, "takes": takes,
            "candidates": candidates, "rate": rate, "model": model, "level": level, "peak": peak, "loudness": loudness,
            "fade": fade, "format": format, "priority": priority, "preview": preview, "stream": stream, "id": id,
        })  # fmt: skip

    def restyle(
        self, source: Source, prompt: str | None = None, *, negative: str | None = None, strength: float | None = None,
        transcript: str | None = None, spelling: Literal["words", "phonemes"] | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, rate: int | None = None, model: str | None = None, fade: float | None = None,
        format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Make a clip sound like the prompt, and keep its course in time, its length, rate and channels.

        source: a path, a take, a clip, or samples with their rate in Hz: (samples, rate)
        prompt: what should be heard, in words (0 to 1000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        strength: 0 leaves the clip as it is, 1 renders afresh (0 to 1; 0.5 if not given)
        transcript: what is said; models that speak need it in every task (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        fade: fade-out at the end (0 to 10 s; 0.005 if not given)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("restyle", {
            "source": source, "prompt": prompt, "negative": negative, "strength": strength, "transcript": transcript,
            "spelling": spelling, "seed": seed, "quality": quality, "steps": steps, "guidance": guidance,
            "guidance_from": guidance_from, "guidance_to": guidance_to, "rescale": rescale, "sampler": sampler,
            "eta": eta, "takes": takes, "rate": rate, "model": model, "fade": fade, "format": format,
            "priority": priority, "preview": preview, "stream": stream, "id": id,
        })  # fmt: skip

    def inpaint(
        self, source: Source, regions: str | Sequence[tuple[float, float]], prompt: str | None = None, *,
        negative: str | None = None, transcript: str | None = None,
        spelling: Literal["words", "phonemes"] | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, rate: int | None = None, model: str | None = None,
        format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Replace regions of a clip by what the prompt says. Every sample outside them stays as it is.

        source: a path, a take, a clip, or samples with their rate in Hz: (samples, rate)
        regions: what to replace, '1.5-2.25, 4-4.5' in seconds, or '72000-96000 samples' (0 to 4000 characters)
        prompt: what should be heard, in words (0 to 1000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        transcript: what is said; models that speak need it in every task (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("inpaint", {
            "source": source, "regions": regions, "prompt": prompt, "negative": negative, "transcript": transcript,
            "spelling": spelling, "seed": seed, "quality": quality, "steps": steps, "guidance": guidance,
            "guidance_from": guidance_from, "guidance_to": guidance_to, "rescale": rescale, "sampler": sampler,
            "eta": eta, "takes": takes, "rate": rate, "model": model, "format": format, "priority": priority,
            "preview": preview, "stream": stream, "id": id,
        })  # fmt: skip

    def extend(
        self, source: Source, prompt: str | None = None, *, negative: str | None = None,
        side: Literal["after", "before", "both"] | None = None, prompts: str | None = None,
        motion: Literal["fixed", "moving"] | None = None, transcript: str | None = None,
        spelling: Literal["words", "phonemes"] | None = None, seconds: float | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, rate: int | None = None, model: str | None = None, fade: float | None = None,
        format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Go on where a clip ends, for so many seconds more; also before its beginning, or on both sides.

        source: a path, a take, a clip, or samples with their rate in Hz: (samples, rate)
        prompt: what should be heard, in words (0 to 1000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        side: where the clip goes on, for `seconds` on each side (after | before | both; after if not given)
        prompts: prompts with weights, 'rain : 0.7 | thunder : 0.3'; extend: what the clip goes on as, instead of
            `prompt` (0 to 4000 characters)
        motion: one mixture, or from prompt to prompt along the time; extend: in the colour of the clip, or over into
            another (fixed | moving; fixed if not given)
        transcript: what is said; models that speak need it in every task (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        seconds: length; the take has exactly round(seconds * rate) frames (0.05 to 60 s; 5.12 if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        fade: fade-out at the end (0 to 10 s; 0.005 if not given)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("extend", {
            "source": source, "prompt": prompt, "negative": negative, "side": side, "prompts": prompts,
            "motion": motion, "transcript": transcript, "spelling": spelling, "seconds": seconds, "seed": seed,
            "quality": quality, "steps": steps, "guidance": guidance, "guidance_from": guidance_from,
            "guidance_to": guidance_to, "rescale": rescale, "sampler": sampler, "eta": eta, "takes": takes,
            "rate": rate, "model": model, "fade": fade, "format": format, "priority": priority, "preview": preview,
            "stream": stream, "id": id,
        })  # fmt: skip

    def upsample(
        self, source: Source, *, prompt: str | None = None, negative: str | None = None, cutoff: float | None = None,
        transcript: str | None = None, spelling: Literal["words", "phonemes"] | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, rate: int | None = None, model: str | None = None,
        format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Add the treble that a clip lacks; what is below its cut-off stays.

        source: a path, a take, a clip, or samples with their rate in Hz: (samples, rate)
        prompt: what should be heard, in words (0 to 1000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        cutoff: where the clip's band ends; 0 finds it (0 to 96000 Hz; 0.0 if not given)
        transcript: what is said; models that speak need it in every task (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("upsample", {
            "source": source, "prompt": prompt, "negative": negative, "cutoff": cutoff, "transcript": transcript,
            "spelling": spelling, "seed": seed, "quality": quality, "steps": steps, "guidance": guidance,
            "guidance_from": guidance_from, "guidance_to": guidance_to, "rescale": rescale, "sampler": sampler,
            "eta": eta, "takes": takes, "rate": rate, "model": model, "format": format, "priority": priority,
            "preview": preview, "stream": stream, "id": id,
        })  # fmt: skip

    def vary(
        self, source: Source, *, prompt: str | None = None, negative: str | None = None,
        audio_weight: float | None = None, looseness: int | None = None, transcript: str | None = None,
        spelling: Literal["words", "phonemes"] | None = None, seconds: float | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, candidates: int | None = None, rate: int | None = None, model: str | None = None,
        level: Literal["peak", "loudness", "none", "ahead"] | None = None, peak: float | None = None,
        loudness: float | None = None, fade: float | None = None,
        format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Render something that sounds like a clip, and with a prompt also like that.

        source: a path, a take, a clip, or samples with their rate in Hz: (samples, rate)
        prompt: what should be heard, in words (0 to 1000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        audio_weight: how much the clip counts beside the prompt; all without one (0 to 1; 0.5 if not given)
        looseness: 1 renders the clip once more, 2, 4 and 8 what is ever less like it, by AudioMAE in an AudioLDM 2; 0
            goes by CLAP (0 to 8; 0 if not given)
        transcript: what is said; models that speak need it in every task (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        seconds: length; the take has exactly round(seconds * rate) frames (0.05 to 60 s; 5.12 if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        candidates: tries for a take; the one nearest to the prompt is kept. Not for edits (1 to 8)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        level: what sets the level; ahead holds what the model made under the peak, so that it can be streamed while it
            is decoded (peak | loudness | none | ahead; peak if not given)
        peak: highest sample: the level for 'peak', the ceiling for 'loudness' (-60 to 0 dBFS; -1.0 if not given)
        loudness: integrated loudness for level 'loudness' (-60 to -5 LUFS; -18.0 if not given)
        fade: fade-out at the end (0 to 10 s; 0.005 if not given)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("vary", {
            "source": source, "prompt": prompt, "negative": negative, "audio_weight": audio_weight,
            "looseness": looseness, "transcript": transcript, "spelling": spelling, "seconds": seconds, "seed": seed,
            "quality": quality, "steps": steps, "guidance": guidance, "guidance_from": guidance_from,
            "guidance_to": guidance_to, "rescale": rescale, "sampler": sampler, "eta": eta, "takes": takes,
            "candidates": candidates, "rate": rate, "model": model, "level": level, "peak": peak, "loudness": loudness,
            "fade": fade, "format": format, "priority": priority, "preview": preview, "stream": stream, "id": id,
        })  # fmt: skip

    def morph(
        self, prompts: str, *, negative: str | None = None, motion: Literal["fixed", "moving"] | None = None,
        transcript: str | None = None, spelling: Literal["words", "phonemes"] | None = None,
        seconds: float | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, candidates: int | None = None, rate: int | None = None, model: str | None = None,
        level: Literal["peak", "loudness", "none", "ahead"] | None = None, peak: float | None = None,
        loudness: float | None = None, fade: float | None = None,
        format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Render a mixture of prompts, fixed, or moving from the first to the last.

        prompts: prompts with weights, 'rain : 0.7 | thunder : 0.3'; extend: what the clip goes on as, instead of
            `prompt` (0 to 4000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        motion: one mixture, or from prompt to prompt along the time; extend: in the colour of the clip, or over into
            another (fixed | moving; fixed if not given)
        transcript: what is said; models that speak need it in every task (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        seconds: length; the take has exactly round(seconds * rate) frames (0.05 to 60 s; 5.12 if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        candidates: tries for a take; the one nearest to the prompt is kept. Not for edits (1 to 8)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        level: what sets the level; ahead holds what the model made under the peak, so that it can be streamed while it
            is decoded (peak | loudness | none | ahead; peak if not given)
        peak: highest sample: the level for 'peak', the ceiling for 'loudness' (-60 to 0 dBFS; -1.0 if not given)
        loudness: integrated loudness for level 'loudness' (-60 to -5 LUFS; -18.0 if not given)
        fade: fade-out at the end (0 to 10 s; 0.005 if not given)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("morph", {
            "prompts": prompts, "negative": negative, "motion": motion, "transcript": transcript, "spelling": spelling,
            "seconds": seconds, "seed": seed, "quality": quality, "steps": steps, "guidance": guidance,
            "guidance_from": guidance_from, "guidance_to": guidance_to, "rescale": rescale, "sampler": sampler,
            "eta": eta, "takes": takes, "candidates": candidates, "rate": rate, "model": model, "level": level,
            "peak": peak, "loudness": loudness, "fade": fade, "format": format, "priority": priority,
            "preview": preview, "stream": stream, "id": id,
        })  # fmt: skip

    def loop(
        self, prompt: str, *, negative: str | None = None, transcript: str | None = None,
        spelling: Literal["words", "phonemes"] | None = None, bars: float | None = None, bpm: float | None = None,
        beats: int | None = None, seconds: float | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, candidates: int | None = None, rate: int | None = None, model: str | None = None,
        level: Literal["peak", "loudness", "none", "ahead"] | None = None, peak: float | None = None,
        loudness: float | None = None, format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Render a loop whose end runs into its beginning: so many bars at so many bpm, or `seconds` long.

        prompt: what should be heard, in words (0 to 1000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        transcript: what is said; models that speak need it in every task (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        bars: length in bars; 0 takes `seconds` (0 to 64; 0.0 if not given)
        bpm: beats a minute, 20 or more where bars are given (0 to 400; 0.0 if not given)
        beats: beats a bar (1 to 16; 4 if not given)
        seconds: length; the take has exactly round(seconds * rate) frames (0.05 to 60 s; 5.12 if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        candidates: tries for a take; the one nearest to the prompt is kept. Not for edits (1 to 8)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        level: what sets the level; ahead holds what the model made under the peak, so that it can be streamed while it
            is decoded (peak | loudness | none | ahead; peak if not given)
        peak: highest sample: the level for 'peak', the ceiling for 'loudness' (-60 to 0 dBFS; -1.0 if not given)
        loudness: integrated loudness for level 'loudness' (-60 to -5 LUFS; -18.0 if not given)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("loop", {
            "prompt": prompt, "negative": negative, "transcript": transcript, "spelling": spelling, "bars": bars,
            "bpm": bpm, "beats": beats, "seconds": seconds, "seed": seed, "quality": quality, "steps": steps,
            "guidance": guidance, "guidance_from": guidance_from, "guidance_to": guidance_to, "rescale": rescale,
            "sampler": sampler, "eta": eta, "takes": takes, "candidates": candidates, "rate": rate, "model": model,
            "level": level, "peak": peak, "loudness": loudness, "format": format, "priority": priority,
            "preview": preview, "stream": stream, "id": id,
        })  # fmt: skip

    def takes(
        self, prompt: str, *, negative: str | None = None, transcript: str | None = None,
        spelling: Literal["words", "phonemes"] | None = None, seconds: float | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, candidates: int | None = None, rate: int | None = None, model: str | None = None,
        level: Literal["peak", "loudness", "none", "ahead"] | None = None, peak: float | None = None,
        loudness: float | None = None, fade: float | None = None,
        format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Render several takes in one go, the best first where the model can hear which fits the prompt.

        prompt: what should be heard, in words (0 to 1000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        transcript: what is said; models that speak need it in every task (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        seconds: length; the take has exactly round(seconds * rate) frames (0.05 to 60 s; 5.12 if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        candidates: tries for a take; the one nearest to the prompt is kept. Not for edits (1 to 8)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        level: what sets the level; ahead holds what the model made under the peak, so that it can be streamed while it
            is decoded (peak | loudness | none | ahead; peak if not given)
        peak: highest sample: the level for 'peak', the ceiling for 'loudness' (-60 to 0 dBFS; -1.0 if not given)
        loudness: integrated loudness for level 'loudness' (-60 to -5 LUFS; -18.0 if not given)
        fade: fade-out at the end (0 to 10 s; 0.005 if not given)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("takes", {
            "prompt": prompt, "negative": negative, "transcript": transcript, "spelling": spelling, "seconds": seconds,
            "seed": seed, "quality": quality, "steps": steps, "guidance": guidance, "guidance_from": guidance_from,
            "guidance_to": guidance_to, "rescale": rescale, "sampler": sampler, "eta": eta, "takes": takes,
            "candidates": candidates, "rate": rate, "model": model, "level": level, "peak": peak, "loudness": loudness,
            "fade": fade, "format": format, "priority": priority, "preview": preview, "stream": stream, "id": id,
        })  # fmt: skip

    def speak(
        self, text: str, voice: str | None = None, *, negative: str | None = None,
        spelling: Literal["words", "phonemes"] | None = None, seed: int | None = None,
        quality: Literal["draft", "normal", "best"] | None = None, steps: int | None = None,
        guidance: float | None = None, guidance_from: float | None = None, guidance_to: float | None = None,
        rescale: float | None = None, sampler: Literal["dpm++", "ddim"] | None = None, eta: float | None = None,
        takes: int | None = None, candidates: int | None = None, rate: int | None = None, model: str | None = None,
        level: Literal["peak", "loudness", "none", "ahead"] | None = None, peak: float | None = None,
        loudness: float | None = None, fade: float | None = None,
        format: Literal["pcm16", "pcm24", "float32"] | None = None,
        priority: Literal["live", "interactive", "batch"] | None = None, preview: int | None = None,
        stream: int | None = None, id: str | None = None,
    ) -> J:  # fmt: skip
        """Say a text with the voice that is described, as long as that takes; for models that can speak.

        text: what is said; models that speak need it in every task (0 to 1000 characters)
        voice: what should be heard, in words (0 to 1000 characters)
        negative: what should not be heard, in words (0 to 1000 characters)
        spelling: whether the transcript is words or phonemes in IPA (words | phonemes; words if not given)
        seed: same seed, same sound; drawn by chance if not given (0 to 2147483647)
        quality: steps and guidance that are not given: the model's own for this (draft | normal | best; normal if not
            given)
        steps: denoising steps: more is finer and slower; the model's own if not given (1 to 200)
        guidance: how closely to follow the prompt; 1 or less switches guidance off (0 to 20)
        guidance_from: part of the run at which guidance begins (0 to 1; 0.0 if not given)
        guidance_to: part of the run at which guidance ends (0 to 1; 1.0 if not given)
        rescale: how far guidance is kept from making things louder and harsher (0 to 1; 0.0 if not given)
        sampler: DPM-Solver++ 2M or DDIM (dpm++ | ddim; dpm++ if not given)
        eta: noise added back at every step, ddim only (0 to 1; 0.0 if not given)
        takes: how many results; take i uses seed + i (1 to 16; 1 if not given)
        candidates: tries for a take; the one nearest to the prompt is kept. Not for edits (1 to 8)
        rate: sample rate of the result; that of the clip to edit, else 48000 (8000 to 192000 Hz)
        model: name of the model; the one that is loaded if not given (1 to 200 characters)
        level: what sets the level; ahead holds what the model made under the peak, so that it can be streamed while it
            is decoded (peak | loudness | none | ahead; peak if not given)
        peak: highest sample: the level for 'peak', the ceiling for 'loudness' (-60 to 0 dBFS; -1.0 if not given)
        loudness: integrated loudness for level 'loudness' (-60 to -5 LUFS; -18.0 if not given)
        fade: fade-out at the end (0 to 10 s; 0.005 if not given)
        format: sample format of the file (pcm16 | pcm24 | float32; pcm24 if not given)
        priority: how urgent the job is: live overtakes interactive at its next step, and that batch (live | interactive
            | batch; interactive if not given)
        preview: every so many steps the sound so far is decoded, and told; 0 never (0 to 200; 0 if not given)
        stream: 1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where the level is ahead,
            which it is with this key if no other is asked for, else when they are complete (0 to 1; 0 if not given)
        id: the job's name; the same again with the same parameters is the same job
        """
        return self._task("speak", {
            "transcript": text, "prompt": voice, "negative": negative, "spelling": spelling, "seed": seed,
            "quality": quality, "steps": steps, "guidance": guidance, "guidance_from": guidance_from,
            "guidance_to": guidance_to, "rescale": rescale, "sampler": sampler, "eta": eta, "takes": takes,
            "candidates": candidates, "rate": rate, "model": model, "level": level, "peak": peak, "loudness": loudness,
            "fade": fade, "format": format, "priority": priority, "preview": preview, "stream": stream, "id": id,
        })  # fmt: skip

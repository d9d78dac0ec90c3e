"""Knobs: positions of controls on their way to parameters. They come by the hundred a second, in MIDI's own thread, and
are written in the daemon's loop, the latest of each only."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import threading
from collections.abc import Callable

from bridge.midi.maps import Binding
from bridge.midi.parameters import NoParameter, NotNow, Parameter, Parameters
from bridge.midi.scaling import Range, Value

log = logging.getLogger("bridge")

EVERY = 0.02
"""Seconds between two writes of a parameter that is being turned."""

STEPS = 127
"""Steps of an endless encoder through a whole range."""

PRESSED = 0.5


class Knobs:
    """What was turned and not written yet. ``on_written(binding, parameter, value)`` hears of each write, and
    ``on_trouble`` of what cannot be written now."""

    def __init__(
        self, parameters: Parameters, on_written: Callable[[Binding, Parameter, Value], None],
        on_trouble: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._parameters = parameters
        self._on_written, self._on_trouble = on_written, on_trouble
        self._lock = threading.Lock()
        self._turned: dict[Binding, tuple[float | None, int]] = {}
        self._pressed: dict[Binding, bool] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._settling: dict[Binding, tuple[asyncio.TimerHandle, Value]] = {}

    def open(self) -> None:
        """Begin to write. In the loop."""
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """Write nothing more."""
        self._loop = None
        for timer in (self._timer, *(timer for timer, _ in self._settling.values())):
            if timer is not None:
                timer.cancel()

    def turn(self, binding: Binding, position: float | None, steps: int = 0) -> None:
        """A control is at a position of 0 to 1, or was turned by so many steps. From any thread."""
        with self._lock:
            waiting = bool(self._turned)
            before, counted = self._turned.get(binding, (None, 0))
            self._turned[binding] = (before if position is None else position, counted + steps)
        loop = self._loop
        if not waiting and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._soon)

    def press(self, binding: Binding, position: float) -> None:
        """A button is at a position: it is pressed when that comes over a half. From any thread."""
        was, now = self._pressed.get(binding, False), position >= PRESSED
        self._pressed[binding] = now
        loop = self._loop
        if now and not was and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._write, binding, position, 0)

    def _soon(self) -> None:
        if self._timer is None and self._loop is not None:
            self._flush()
            self._timer = self._loop.call_later(EVERY, self._again)

    def _again(self) -> None:
        self._timer = None
        if self._turned and self._loop is not None:
            self._soon()

    def _flush(self) -> None:
        with self._lock:
            turned, self._turned = self._turned, {}
        for binding, (position, steps) in turned.items():
            self._write(binding, position, steps)

    def _write(self, binding: Binding, position: float | None, steps: int) -> None:
        try:
            parameter = self._parameters.find(binding.parameter)
            range = limits(binding, parameter)
            if position is None or steps:
                position = self._stepped(binding, parameter, range, position, steps)
            value = range.value(position)
            if parameter.settle and self._loop is not None:
                self._settle(binding, parameter, value)
                return
            self._put(binding, parameter, value)
        except (NoParameter, NotNow) as error:
            self._on_trouble(f"{binding.on}: {error}")
        except Exception:  # a defect of ours must not end the others
            log.exception("%s could not be set", binding.parameter)

    def _stepped(
        self, binding: Binding, parameter: Parameter, range: Range, position: float | None, steps: int
    ) -> float:  # fmt: skip
        """Where a parameter is after steps of an endless encoder, from where it is or will be."""
        if position is None:
            waiting = self._settling.get(binding)
            now = waiting[1] if waiting else parameter.read()
            position = range.position(now) if now is not None else 0.5
        span = len(range.choices) or (range.high - range.low if range.whole else STEPS)
        return position + steps / min(STEPS, max(1.0, span))  # a step is at least one of what is counted

    def _settle(self, binding: Binding, parameter: Parameter, value: Value) -> None:
        assert self._loop is not None
        if binding in self._settling:
            self._settling.pop(binding)[0].cancel()
        later = self._loop.call_later(parameter.settle, self._settled, binding, parameter, value)
        self._settling[binding] = (later, value)

    def _settled(self, binding: Binding, parameter: Parameter, value: Value) -> None:
        self._settling.pop(binding, None)
        try:
            self._put(binding, parameter, value)
        except NotNow as error:
            self._on_trouble(f"{binding.on}: {error}")

    def _put(self, binding: Binding, parameter: Parameter, value: Value) -> None:
        parameter.write(value)
        self._on_written(binding, parameter, value)


def limits(binding: Binding, parameter: Parameter) -> Range:
    """The range that a control runs through: the parameter's, unless its map says another."""
    own = parameter.range
    changes = {name: getattr(binding, name) for name in ("low", "high", "curve") if getattr(binding, name) is not None}
    return dataclasses.replace(own, **changes) if changes and not own.choices else own

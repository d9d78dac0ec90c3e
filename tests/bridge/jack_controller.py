"""A controller, as a program of its own: `python tests/bridge/jack_controller.py NAME` is a client of JACK with a port
`keys` that plays and a port `lights` that is told things.

Each line of its standard input is a message to play, in hexadecimal digits; each line of its output one that it was
told. When its input ends, it has been unplugged: its ports go, and no note is let go before.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from typing import Any

import jack


def main() -> None:
    """Be a controller until nobody plays any more."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # libjack writes to standard output, too
    told: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    played: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    client = jack.Client(sys.argv[1], no_start_server=True)
    keys, lights = client.midi_outports.register("keys"), client.midi_inports.register("lights")

    @client.set_process_callback
    def cycle(frames: int) -> None:
        """Prints nothing and waits for nobody: JACK's whole graph waits for it."""
        keys.clear_buffer()
        while not played.empty():
            keys.write_midi_event(0, played.get_nowait())
        for _, data in lights.incoming_midi_events():
            told.put(bytes(data))

    @client.set_shutdown_callback
    def ended(status: Any, reason: str) -> None:
        os._exit(0)

    def tell() -> None:
        while True:
            out.write(f"{told.get().hex()}\n")

    threading.Thread(target=tell, daemon=True).start()
    client.activate()
    for line in sys.stdin:
        played.put(bytes.fromhex(line))
    leaving = threading.Thread(target=client.close, daemon=True)
    leaving.start()
    leaving.join(5)
    os._exit(0)


if __name__ == "__main__":
    main()

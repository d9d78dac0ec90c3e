"""MIDI over JACK by a process of its own: what JACK calls must wait for nobody, and who waits for JACK may wait long.

`devices.py` is the bridge's side; it starts `client.py`, which alone knows libjack; `pipe.py` is what they say.
"""

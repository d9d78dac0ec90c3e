"""MIDI: controllers that play pads and turn parameters, lights that answer them, clock in and out."""

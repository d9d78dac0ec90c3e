"""Writes the devices for Ableton Live and the patches for Max, from the bridge's tables and without Max.

`device.files(tables)` gives every generated file; `lint.faults(patch)` says what Max would refuse; `amxd` reads and
writes Live's container; `picture.svg(patch)` draws a device as it looks in Live.
"""

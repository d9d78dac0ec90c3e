"""Pads: what is played by hits, from pools of takes that are rendered ahead."""

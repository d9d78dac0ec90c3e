"""Training the pocket model from nothing: `python -m engine.training pocket --budget 150m`."""

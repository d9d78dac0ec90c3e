"""One module per group of kinds; importing a module registers its kinds with `engine.training.corpus.draw.kind`."""

"""The corpus: sounds that the project renders itself, with captions that name what was drawn for each."""

"""The pocket's text tower: words to a unit vector among the audio embeddings. numpy only."""

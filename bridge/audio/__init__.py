"""What is heard: voices, the mixer, and the players that its blocks leave by. It knows no jobs and no clients."""

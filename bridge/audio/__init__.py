"""What is heard: voices, the mixer, and the players that its blocks leave by. No sockets of clients, no jobs, no torch."""

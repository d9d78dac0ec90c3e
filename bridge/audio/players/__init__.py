"""Where the mixer's blocks go: an audio device, ReaStream, or nowhere. Each player reads one ring, at its own pace."""

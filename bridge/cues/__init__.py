"""Work that hosts hand over as files: cue sheets, and a folder that is watched. It is rendered through the client."""

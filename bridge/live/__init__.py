"""The live stream: endless sound, window after window, whose prompts and settings may change while it plays."""

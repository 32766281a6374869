"""OSC: a listener, targets, and a description of our addresses."""

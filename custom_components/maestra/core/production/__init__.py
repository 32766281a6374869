"""Live stream production: overlay layers, the queue of what they show, shows, and the events of a stream."""

"""A process without Home Assistant that stores what a NATS cluster gives it: `maestra-worker`."""

"""Open Sound Control: the listener, targets, the address map, an action and a trigger."""

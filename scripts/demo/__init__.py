"""The demo show: programs that speak the protocol to a broker, as the devices of a small theatre would."""

"""Real servers and clients that speak the protocols, one kit per transport."""

"""Live stream production in Home Assistant: the queue of alerts, shows, takeovers, and the overlays that show them."""

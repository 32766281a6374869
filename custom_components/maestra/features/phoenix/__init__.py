"""The listener for clients of the stream production system."""

"""The Fleet API over real sockets."""

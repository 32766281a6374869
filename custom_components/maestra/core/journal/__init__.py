"""What the domain is made of on disk: a journal of what changed since the last snapshot."""

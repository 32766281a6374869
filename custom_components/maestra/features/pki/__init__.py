"""The certificate authority in Home Assistant: its key, what it signs, and how keys are fetched."""

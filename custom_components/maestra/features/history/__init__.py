"""The store in Home Assistant: what is recorded, read, imported and exported."""

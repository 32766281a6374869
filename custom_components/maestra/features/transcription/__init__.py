"""Live transcription in Home Assistant: speech recognition by the entity that the user chose."""

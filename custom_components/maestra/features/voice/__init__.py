"""Voice: intents and sentences of Assist, and tools of language models."""

"""Voice: sentences of Assist, and tools of language models."""

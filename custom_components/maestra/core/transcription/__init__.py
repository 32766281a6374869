"""Live transcription: audio in, utterances cut out of it, transcripts, sessions and captions (stream-production.md §7)."""

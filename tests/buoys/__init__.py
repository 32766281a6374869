"""A toy dialect: what a new topic has to bring, and nothing else. `tests/test_new_dialect.py` adds it to the house."""

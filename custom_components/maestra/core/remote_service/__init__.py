"""Process managers on other machines, over the API of Nurvus (stream-production.md §11)."""

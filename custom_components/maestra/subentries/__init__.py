"""One config subentry flow a file."""

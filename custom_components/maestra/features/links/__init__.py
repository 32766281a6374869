"""What Home Assistant shows of every connection to the outside."""

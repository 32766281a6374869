"""What connections show."""

"""Buoys: each publishes how high the water stands on `buoys/<name>/level`, and rings on `buoys/<name>/ring`."""

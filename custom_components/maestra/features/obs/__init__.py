"""OBS Studio in Home Assistant: scenes, outputs, sound, statistics, and what happens there."""

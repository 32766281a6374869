"""F2 Smart Controllers: doors, alarms and RS-485 sensors of a building (f2.md)."""

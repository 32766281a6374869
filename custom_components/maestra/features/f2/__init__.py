"""F2 controllers in Home Assistant: locks, readers, alarms and sensors."""

"""What happens to acknowledged messages when something dies: real faults, under load, and the bill afterwards."""

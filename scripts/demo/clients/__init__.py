"""The clients of the demo show, each a program of its own: `python -m scripts.demo.clients.<name>`."""

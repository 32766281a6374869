"""Commands of a working copy: set-up, development server, tests, checks, benchmarks."""

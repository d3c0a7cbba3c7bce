"""Figures, and the commands that make them: `make bench`, or `python -m benchmarks NAME`."""

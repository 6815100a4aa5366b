"""The driver of the comparative benchmarks; `run.py` beside it is where to start reading."""

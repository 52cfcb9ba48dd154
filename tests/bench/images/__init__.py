"""The parts of bench.py: one verb per file."""

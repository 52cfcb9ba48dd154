"""The parts of formats.py: one verb per file."""

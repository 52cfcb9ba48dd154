"""What bench.py is made of: one verb a file."""

"""What formats.py is made of: one verb a file."""

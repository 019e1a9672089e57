"""Files as every room reads and writes them: whole or not at all, once, and never in the place of what is no file."""

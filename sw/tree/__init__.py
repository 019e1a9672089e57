"""Where the project's own files lie, which of them count, and where what is built from them is kept."""

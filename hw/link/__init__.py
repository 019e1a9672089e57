"""The link: from the serial line to the engine's streams and back."""

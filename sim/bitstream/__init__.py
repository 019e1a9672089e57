"""From the bits of a bitstream back to a circuit, by databases that are not those of the tools that made the bits."""

"""From the bits of a bitstream back to a circuit, by the databases of the open projects that know what they mean."""

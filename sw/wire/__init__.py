"""A board in Python and a bad wire before it: what the protocol is tried on, quickly and from a seed."""

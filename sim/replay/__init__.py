"""A recorded run: what a host sends to a board and what has to come back, played to every engine alike."""

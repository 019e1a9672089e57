"""The sample memory: an SDRAM chip, records of samples in it, and what is played out of it (clauses 19 to 21)."""

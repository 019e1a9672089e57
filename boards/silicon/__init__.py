"""What is known to go wrong on silicon though simulation, netlist and timing are right: rules that a netlist must keep.

`check` in `rule.py` ends the build of a netlist that breaks one; `rules.py` lists them; `docs/silicon.md` has the sources.
"""

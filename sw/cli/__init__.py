"""The commands of `metaplast`, one file each, and what makes them one program.

Above everything else: it knows the host's boards and the experiments, and neither knows it.
"""

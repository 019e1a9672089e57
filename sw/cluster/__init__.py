"""Independent parts of a work side by side: on the cores of this machine, or on a cluster."""

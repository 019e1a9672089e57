"""The sections of `python -m sw.experiments.soak`: functions of (scale, seed) that give counts."""

"""Continual learning: streams of tasks, the methods that learn them, in floating point and in the chip's integers."""

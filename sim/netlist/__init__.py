"""The design after synthesis, simulated cell by cell, behind its serial pins."""

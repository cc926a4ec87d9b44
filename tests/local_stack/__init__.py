"""The whole pipeline on one machine: local AWS, simulated providers, the real template."""

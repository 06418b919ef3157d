"""Checkpoints, stored runs, and exported programs."""

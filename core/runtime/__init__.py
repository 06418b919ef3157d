"""Warm worker processes, their pool, and its limits."""

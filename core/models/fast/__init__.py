"""Versions of models that are faster and harder to read; each has its plain twin beside it, and an equality test."""

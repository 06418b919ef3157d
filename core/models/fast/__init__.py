"""Versions of models that are faster and harder to read; each names its plain twin, and a test holds them equal."""

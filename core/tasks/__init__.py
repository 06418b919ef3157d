"""Distributions of tasks, p(T): each draws a whole meta-batch at once."""

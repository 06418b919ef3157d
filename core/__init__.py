"""Meta-learning algorithms, their tasks, models and traces. Knows nothing of Streamlit or Plotly.

Importing `core`, `core.configs`, `core.events`, `core.jobs` or `core.checkpoint` does not import
torch: the page's process stays light, and the worker processes do the mathematics.
"""

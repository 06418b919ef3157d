"""Meta-learning methods, their tasks, models and demos. Knows nothing of Streamlit or Plotly.

Importing the registry, events, configs, questions, checkpoints or the pool does not import torch: the page's process
stays light, and the worker processes do the mathematics.
"""

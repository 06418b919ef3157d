"""Pure functions from traces to Plotly figures, one file a family."""

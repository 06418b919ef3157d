"""Pure functions from traces to Plotly figures, with one file per family."""

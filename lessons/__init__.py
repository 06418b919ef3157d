"""The course as content, and figures as pure functions. Knows no Streamlit."""

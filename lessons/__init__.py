"""The course's content, and figures as pure functions. This package does not use Streamlit."""

"""Questions that pages ask of a trained model, and what answers them."""

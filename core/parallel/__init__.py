"""Several cores and several processes on one meta-batch."""

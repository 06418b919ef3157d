"""One algorithm a file; each `train(config)` is a generator of events."""

"""Every sentence that a page says of its demo, each with a check of its own; see `registry`."""

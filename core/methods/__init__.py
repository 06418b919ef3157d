"""The learning methods, one folder each; `core.registry` lists them."""

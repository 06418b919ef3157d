"""What the server's settings promise to the pages."""

import tomllib
from pathlib import Path

SETTINGS = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def test_no_message_is_replaced_by_its_hash():
    """A browser that has dropped the message ends its session: `Cached ForwardMsg MISS`, and a grey page."""
    assert SETTINGS["global"]["minCachedMessageSize"] >= 10**9

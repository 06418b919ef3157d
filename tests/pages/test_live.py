"""The script that draws figures in place fits the figures."""

import plotly.offline

from pages.widgets import live
from pages.widgets.components import ASSETS


def test_the_script_is_of_the_version_that_figures_are_made_for():
    assert plotly.offline.get_plotlyjs_version() == live.VERSION
    with (ASSETS / live.SCRIPT).open(encoding="utf-8") as script:
        assert f"v{live.VERSION}" in script.read(200)

"""Every page by axe, the accessibility engine, in Chromium: no serious findings, in light and in dark."""

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from pages.session.navigation import GROUPS
from tests.e2e.conftest import WAIT, Server, settle

expect.set_options(timeout=WAIT)
ADDRESSES = [address for group in GROUPS.values() for _, _, _, address in group]
DARK = ["maml", "matching", "mann"]  # every kind of button, chart and component is on one of them
LAST = {"progress": "Summary", "glossary": "weighting", "runs": "Bring one here"}


@pytest.mark.parametrize(
    ("address", "scheme"), [*((one, "light") for one in ADDRESSES), *((one, "dark") for one in DARK)]
)
def test_a_page_has_no_serious_findings(page: Page, server: Server, address: str, scheme: Literal["light", "dark"]):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{server.url}/{address}")
    expect(page.get_by_role("heading", name=LAST.get(address, "Next")).last).to_be_visible()
    expect(page.get_by_text("warming up")).to_have_count(0)
    settle(page)  # what a rerun is about to replace is pale for a second
    found = Axe().run(page).response["violations"]
    told = [
        f"{one['id']}: {one['help']}, {len(one['nodes'])} times, first {re.sub('<svg.*', '', one['nodes'][0]['html'])}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not told, "\n".join(told)

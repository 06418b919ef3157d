"""Every page in Chromium: no serious findings by axe, the accessibility engine, nothing that the policy forbids, and
links that hold under any prefix."""

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from pages.session.navigation import GROUPS
from tests.e2e.conftest import WAIT, Server, settle

expect.set_options(timeout=WAIT)
ADDRESSES = [address for group in GROUPS.values() for _, _, _, address in group]
ICON = "materialsymbolsrounded"  # Streamlit asks a font server for a page's icon by name
DARK = ["maml", "matching", "mann"]  # every kind of button, chart and component is on one of them
LAST = {"progress": "Summary", "glossary": "weighting", "runs": "Bring one here"}


# a link of the app: relative to the page, to a page that there is, with its language
LINKS = """pages => [...document.querySelectorAll(".stMain a[href], .stSidebar a[href]")]
    .map(anchor => anchor.getAttribute("href"))
    .filter(href => !href.startsWith("#") && !href.startsWith("http"))
    .filter(href => !pages.includes(href.replace(/^[.]?[/]/, "").split("?")[0]) || !/[?&]lang=en/.test(href))"""


def serious(page: Page) -> list[str]:
    """What axe finds on a page and calls serious or critical."""
    return [
        f"{one['id']}: {one['help']}, {len(one['nodes'])} times, first {re.sub('<svg.*', '', one['nodes'][0]['html'])}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(
    ("address", "scheme"), [*((one, "light") for one in ADDRESSES), *((one, "dark") for one in DARK)]
)
def test_a_page_has_no_serious_findings(page: Page, server: Server, address: str, scheme: Literal["light", "dark"]):
    page.emulate_media(color_scheme=scheme)
    forbidden = list[str]()
    page.on("console", lambda message: forbidden.append(message.text) if "Security Policy" in message.text else None)
    page.goto(f"{server.url}/{address}")
    expect(page.get_by_role("heading", name=LAST.get(address, "Next")).last).to_be_visible()
    expect(page.get_by_text("warming up")).to_have_count(0)
    settle(page)  # what a rerun is about to replace is pale for a second
    assert page.evaluate(LINKS, ADDRESSES) == []
    assert not [text for text in forbidden if ICON not in text]
    told = serious(page)
    assert not told, "\n".join(told)

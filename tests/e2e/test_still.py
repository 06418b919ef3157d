"""Nothing jumps while a page opens: the layout shift that Chromium counts, on every page, wide and on a phone."""

import pytest
from playwright.sync_api import Browser, expect

from pages.session import gate
from pages.session.navigation import GROUPS
from tests.e2e.conftest import Server, settle

ADDRESSES = [address for group in GROUPS.values() for *_, address in group]
SIZES = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 380, "height": 800}}
MOST = 0.05  # "good" begins at 0.1 (web.dev/articles/cls)
COUNT = """Object.assign(window, { shifts: [] });
new PerformanceObserver((list) => {
    for (const { value, startTime, hadRecentInput, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        const names = sources.map(({ node }) => (node?.textContent || node?.className || "").toString().slice(0, 40));
        window.shifts.push([value, Math.round(startTime), names]);
    }
}).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_jumps_while_a_page_opens(browser: Browser, server: Server, address: str, size: str):
    context = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]  # a tab that has stored nothing
    try:
        page = context.new_page()
        page.add_init_script(COUNT)
        page.goto(f"{server.url}/{address}")
        expect(page.locator("h1")).to_be_visible()
        settle(page)
        settle(page)
        shifts = page.evaluate("window.shifts")
        assert sum(value for value, *_ in shifts) <= MOST, [shift for shift in shifts if shift[0] > 0.004]
    finally:
        context.close()


def test_streamlit_has_the_parts_that_the_document_asks_for():
    names = gate.parts()
    for part in gate.PARTS:
        assert any(name.startswith(f"{part}.") for name in names), f"Streamlit has no module {part} any more"

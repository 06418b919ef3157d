"""A live curve moves in one node, and nothing on the page moves with it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, settle
from tests.e2e.test_app import progress

PAGES = [
    ("maml", "maml", "iterations=1000"),
    ("matching", "matching", "iterations=100"),
    ("ntm", "ntm", "iterations=100"),
]
# the node of the curve, how often it or a node around it was taken away, and frames in which nothing was drawn in it
WATCH = """key => {
    const plot = window.plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
    Object.assign(window, { removed: 0, blank: 0, drawn: 0 });
    new MutationObserver(changes => {
        for (const change of changes) {
            for (const node of change.removedNodes) if (node.contains(plot)) window.removed++;
            if (change.target.closest?.(".scatterlayer") && plot.contains(change.target)) window.drawn++;
        }
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["d"] });
    const look = () => {
        if (!plot.querySelector(".scatterlayer .trace") || plot.getBoundingClientRect().height < 100) window.blank++;
        requestAnimationFrame(look);
    };
    look();
}"""
RANGE = "window.plot._fullLayout.xaxis.range.map(Math.round)"
PLACE = """() => {
    const button = [...document.querySelectorAll("button")].find(one => /Retrain/.test(one.textContent));
    const { x, y } = button.getBoundingClientRect();
    const figure = window.plot.getBoundingClientRect();
    return [x, y, figure.x, figure.y, figure.width, figure.height];
}"""


def begin(page: Page, server: Server, address: str, key: str, link: str) -> None:
    page.goto(f"{server.url}/{address}?{link}")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(f".st-key-learning_{key} .scatterlayer .trace").first).to_be_attached(timeout=60_000)
    settle(page)
    page.evaluate(WATCH, f"learning_{key}")
    page.get_by_role("button", name="Retrain").click()
    begun = progress(page).get_by_text(re.compile(r"[1-9]\d* outer updates")).first
    expect(begun).to_be_visible(timeout=60_000)  # the first report comes late on a busy machine


@pytest.mark.parametrize(("address", "key", "link"), PAGES)
def test_the_curve_is_drawn_in_one_node_and_keeps_the_learners_zoom(
    page: Page, server: Server, address: str, key: str, link: str
):
    begin(page, server, address, key, link)
    figure = page.locator(f".st-key-learning_{key} .js-plotly-plot")
    figure.hover()
    figure.locator("[data-title='Zoom in']").click()
    zoomed = page.evaluate(RANGE)
    place = page.evaluate(PLACE)
    expect(page.get_by_text(re.compile("Done: "))).to_be_visible(timeout=120_000)
    settle(page)
    assert page.evaluate("window.plot.isConnected") and page.evaluate("window.removed") == 0
    assert page.evaluate("window.blank") == 0
    assert page.evaluate("window.drawn") >= 3, "it moved"
    assert page.evaluate(RANGE) == zoomed
    moved = [abs(a - b) for a, b in zip(page.evaluate(PLACE), place, strict=True)]
    assert max(moved[1:]) < 5, "what one looks at has stayed"  # however the demo above it has grown


@pytest.mark.parametrize(("address", "key", "link"), [PAGES[0], ("fewshot-maml", "fewshot_maml", "iterations=100")])
def test_nothing_jumps_on_a_phone_when_a_run_ends(page: Page, server: Server, address: str, key: str, link: str):
    page.set_viewport_size({"width": 380, "height": 800})
    begin(page, server, address, key, link)
    place = page.evaluate(PLACE)
    expect(page.get_by_text(re.compile("Done: "))).to_be_visible(timeout=120_000)
    settle(page)
    ended = page.evaluate(PLACE)
    assert max(abs(a - b) for a, b in zip(ended, place, strict=True)) < 5, (place, ended)
    assert page.evaluate("window.removed") == 0

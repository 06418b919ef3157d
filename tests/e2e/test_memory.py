"""The memory methods in a real browser: a picture that is clicked, a tape that changes while a run trains."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import WAIT, Server, wait_until
from tests.e2e.test_app import notice, open_page, press_slider

expect.set_options(timeout=WAIT)


def test_a_clicked_picture_shows_where_the_network_looked(page: Page, server: Server):
    open_page(page, server, "mann?data=generated+glyphs")
    pictures = page.locator(".st-key-sequence_steps button.cell")
    expect(pictures).to_have_count(50)
    pictures.nth(30).click()
    expect(page.locator(".st-key-reading .word")).to_contain_text("step 31")
    expect(page.locator(".st-key-reading .cell")).to_have_count(31)
    wait_until(page, "location.search.includes('step=31')")
    press_slider(page, "wipe", "End")
    notice(page, "right before the wipe")


def test_the_tape_is_drawn_and_changes_while_a_run_trains(page: Page, server: Server):
    open_page(page, server, "ntm?longest=3&iterations=200")
    expect(page.locator(".st-key-tape .heatmaplayer image").first).to_be_attached()
    press_slider(page, "g", "Home")
    notice(page, "With a shift of 0 nothing moves the head")
    page.get_by_role("button", name="Retrain").click()
    expect(page.get_by_text(re.compile(r"One new sequence after \d+ outer updates?"))).to_be_visible()
    expect(page.get_by_text(re.compile("Done: 200 outer updates"))).to_be_visible(timeout=90_000)

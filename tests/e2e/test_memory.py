"""A tape that changes while a run trains, in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import WAIT, Server
from tests.e2e.test_app import notice, open_page, press_slider

expect.set_options(timeout=WAIT)


def test_the_tape_is_drawn_and_changes_while_a_run_trains(page: Page, server: Server):
    open_page(page, server, "ntm?longest=3&iterations=200")
    press_slider(page, "g", "Home")
    notice(page, "With a shift of 0 nothing moves the head")
    page.get_by_role("button", name="Retrain").click()
    expect(page.get_by_text(re.compile(r"One new sequence after \d+ outer updates?"))).to_be_visible()
    expect(page.get_by_text(re.compile("Done: 200 outer updates"))).to_be_visible(timeout=90_000)

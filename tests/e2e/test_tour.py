"""The guided tour of Start: for who asks for it, by keys, and it lets go of the page."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import WAIT, Server

expect.set_options(timeout=WAIT)


def test_the_tour_has_five_steps_and_ends(page: Page, server: Server):
    page.context.clear_cookies()
    page.goto(server.url)
    expect(page.locator(".st-key-start_chart svg").first).to_be_visible()
    expect(page.locator(".driver-popover")).to_have_count(0)
    page.locator(".st-key-tour button").click()
    for number in range(1, 6):
        expect(page.locator(".driver-popover")).to_contain_text(f"{number} / 5")
        page.wait_for_timeout(600)  # while it moves to its place it takes no keys
        page.keyboard.press("ArrowRight")
    expect(page.locator(".driver-popover")).to_have_count(0)
    page.locator(".st-key-tour button").click()
    expect(page.locator(".driver-popover")).to_contain_text("1 / 5")
    page.keyboard.press("Escape")
    expect(page.locator(".driver-popover")).to_have_count(0)
    page.locator(".st-key-turn").get_by_role("button", name="Predict").click()
    expect(page.get_by_role("heading", name="Predict")).to_be_attached()

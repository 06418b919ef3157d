"""The stage of the plane of theta in a real browser: mouse, keys, finger, and the outer loop."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import WAIT, Server, settle, wait_until
from tests.e2e.test_controls import SCROLLED, _drag, opened, watch

expect.set_options(timeout=WAIT)
IN_LINK = "key => new URLSearchParams(location.search).get(key)"


def middle(page: Page, handle: str, nth: int = 0) -> tuple[float, float]:
    """Where a handle is on screen."""
    box = page.locator(f".stage .handle.{handle} .shape").nth(nth).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def at_stage(page: Page, server: Server, address: str) -> list[str]:
    complaints = watch(page)
    opened(page, server, address)
    expect(page.locator(".stage .handle")).to_have_count(4, timeout=3 * WAIT)  # the server's workers may be starting
    page.evaluate("document.querySelector('.st-key-plane').scrollIntoView({block: 'center'})")
    settle(page)
    return complaints


def test_the_mouse_drags_theta_and_a_star_and_the_link_holds_them(page: Page, server: Server):
    complaints = at_stage(page, server, "first-order")
    for handle, nth, key in (("theta", 0, "theta1"), ("star", 2, "stars")):
        x, y = middle(page, handle, nth)
        before = page.locator(".stage .arrows").inner_html()
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 30, y - 40, steps=6)
        page.mouse.up()
        wait_until(page, f"({IN_LINK})('{key}')")
        settle(page)
        moved = middle(page, handle, nth)
        assert abs(moved[0] - x + 30) < 2 and abs(moved[1] - y + 40) < 2, "it is where it was let go"
        assert page.locator(".stage .arrows").inner_html() != before, "the answer is drawn"
    linked = page.evaluate(IN_LINK, "stars")
    assert re.fullmatch(r"1\.5,0\.4;3,1\.6;[\d.]+,[\d.]+", linked)
    page.reload()
    expect(page.locator(".stage .handle")).to_have_count(4)
    expect(page.locator(".stage .handle.star").nth(2)).to_have_attribute(
        "aria-label", re.compile(f"amplitude {float(linked.split(';')[2].split(',')[0]):.2f}")
    )
    page.get_by_role("button", name="Reset").click()
    wait_until(page, f"!({IN_LINK})('stars') && !({IN_LINK})('theta1')")
    assert not complaints


def test_keys_move_theta_and_a_star_and_it_is_said(page: Page, server: Server):
    complaints = at_stage(page, server, "first-order")
    theta = page.locator(".stage .handle.theta")
    expect(theta).to_have_attribute("aria-label", "θ: amplitude 1, phase 1.10; arrow keys move it")
    theta.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(theta).to_have_attribute("aria-label", "θ: amplitude 1.05, phase 1.15; arrow keys move it")
    expect(page.locator(".stage .said")).to_contain_text("θ₁ = 1.05, θ₂ = 1.15: the mean loss is")
    wait_until(page, f"({IN_LINK})('theta2') === '1.15'")
    star = page.locator(".stage .handle.star").first
    star.focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator(".stage .said")).to_contain_text("The best parameters of task 1 are amplitude 1.25")
    assert page.locator(".stage").get_attribute("data-lit") == "0", "what has the focus is lit up"
    page.locator(".stage input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    wait_until(page, f"({IN_LINK})('plane_steps') === '4'")
    expect(page.locator(".stage .paths path.step")).to_have_count(12)
    page.get_by_role("button", name="Gentle").click()
    expect(page.locator(".stage .paths path.step")).to_have_count(3)  # a preset sets the stage too
    assert not complaints


def test_a_finger_drags_theta_and_beside_it_the_page(browser: Browser, server: Server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    try:
        at_stage(page, server, "first-order")
        (x, y), scrolled = middle(page, "theta"), page.evaluate(SCROLLED)
        _drag(page, x, y, -60)
        wait_until(page, f"({IN_LINK})('theta2')")
        settle(page)
        assert abs(middle(page, "theta")[1] - y + 60) < 6, "it is under the finger"
        assert page.evaluate(SCROLLED) == scrolled, "the page has stayed"
        box = page.locator(".stage .functions").bounding_box()
        assert box
        _drag(page, box["x"] + 100, box["y"] + 60, -150)
        page.wait_for_timeout(300)
        assert page.evaluate(SCROLLED) > scrolled + 60, "a finger elsewhere scrolls"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    finally:
        context.close()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_theta_walks_the_outer_loop(page: Page, server: Server, motion):
    page.emulate_media(reduced_motion=motion)
    complaints = at_stage(page, server, "maml")
    page.get_by_role("button", name="after the steps").click()
    wait_until(page, f"({IN_LINK})('surface') === 'after the steps'")
    settle(page)
    page.get_by_role("button", name="One step").click()
    expect(page.locator(".stage .said")).to_contain_text("Outer step 1 of 30, MAML")
    for _ in range(6):  # quicker than the server answers
        page.get_by_role("button", name="One step").click()
        page.wait_for_timeout(250)
    expect(page.locator(".stage .said")).to_contain_text("Outer step 7 of 30, MAML")
    page.get_by_role("button", name="▶ Play").click()
    expect(page.locator(".stage .said")).to_contain_text(re.compile("Outer step (9|1[0-9]) of 30, MAML"))
    page.get_by_role("button", name="⏸ Pause").click()
    expect(page.get_by_role("button", name="▶ Play")).to_be_visible()
    wait_until(page, f"({IN_LINK})('theta1') > 1.3")
    page.emulate_media(reduced_motion="no-preference")
    assert not complaints

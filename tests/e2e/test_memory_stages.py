"""The stages of the memory methods in a real browser: mouse, keys, finger, play, and how quick they are."""

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from pages.sections.chapters import COOKIE
from tests.e2e.conftest import WAIT, Server, settle, wait_until
from tests.e2e.test_controls import watch

expect.set_options(timeout=WAIT)
IN_LINK = "key => new URLSearchParams(location.search).get(key)"
TAPE, TIMELINE = ".st-key-see_tape .stage", ".st-key-see_sequence .stage"
PAGES = {"ntm": ("ntm", TAPE), "mann": ("mann?data=generated+glyphs", TIMELINE)}


def at_stage(page: Page, server: Server, name: str, more: str = "") -> list[str]:
    """Open the first chapter alone, as a new learner has it."""
    complaints = watch(page)
    page.context.clear_cookies(name=COOKIE)
    address, stage = PAGES[name]
    page.goto(f"{server.url}/{address}{'&' if '?' in address else '?'}{more}")
    expect(page.locator(f"{stage} .hit").first).to_be_attached(timeout=3 * WAIT)  # the workers may be starting
    settle(page)
    return complaints


@pytest.mark.parametrize("name", PAGES)
def test_a_step_is_chosen_by_click_keys_and_slider_and_the_link_holds_it(page: Page, server: Server, name):
    stage = PAGES[name][1]
    complaints = at_stage(page, server, name)
    count = page.locator(f"{stage} output")
    page.locator(f"{stage} .along").first.locator(".hit").nth(9).click()
    expect(count).to_contain_text("Step 10 of")
    wait_until(page, f"({IN_LINK})('step') === '10'")
    page.locator(f"{stage} .along").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(count).to_contain_text("Step 12 of")
    wait_until(page, f"({IN_LINK})('step') === '12'")
    settle(page)  # the answer has come, and the focus is where it was
    page.keyboard.press("Home")
    expect(count).to_contain_text("Step 1 of")
    page.locator(f"{stage} .forward").click()
    page.locator(f"{stage} input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    expect(count).to_contain_text("Step 3 of")
    page.locator(f"{stage} .back").click()
    wait_until(page, f"({IN_LINK})('step') === '2'")
    page.reload()
    expect(count).to_contain_text("Step 2 of")
    assert not complaints


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
@pytest.mark.parametrize("name", PAGES)
def test_it_plays_and_pauses(page: Page, server: Server, name, motion):
    page.emulate_media(reduced_motion=motion)
    stage = PAGES[name][1]
    complaints = at_stage(page, server, name, "step=5")
    page.locator(f"{stage} .play").click()
    expect(page.locator(f"{stage} output")).to_contain_text("Step 8 of")
    page.locator(f"{stage} .play").click()
    expect(page.locator(f"{stage} .play")).to_have_text("▶ Play")
    wait_until(page, f"({IN_LINK})('step') >= '8'")
    page.emulate_media(reduced_motion="no-preference")
    assert not complaints


def test_another_task_is_another_tape_and_a_row_lights_up(page: Page, server: Server):
    complaints = at_stage(page, server, "ntm", "step=12")
    page.locator(TAPE).get_by_role("button", name="repeat copy").click()
    expect(page.locator(f"{TAPE} output")).to_have_text("Step 12 of 15")
    wait_until(page, f"({IN_LINK})('tape') === 'repeat copy'")
    settle(page)
    expect(page.locator(TAPE).get_by_role("button", name="repeat copy")).to_be_focused()
    page.locator(f"{TAPE} .along.rows").focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    expect(page.locator(f"{TAPE} .along.rows")).to_have_attribute(
        "aria-valuetext", re.compile(r"row \d+: \d+% of the write head, \d+% of the read head")
    )
    expect(page.locator(f"{TAPE} .said")).to_contain_text("The read head is at row 4")
    assert not complaints


def test_the_stages_of_addressing_follow_the_head(page: Page, server: Server):
    page.goto(f"{server.url}/ntm?chapter=Play+with+it&play_part=One+step,+opened&tape=repeat+copy&step=12")
    stage = ".st-key-step_tape .stage"
    expect(page.locator(f"{stage} .addressing .why")).to_have_count(5, timeout=3 * WAIT)
    page.locator(stage).get_by_role("button", name="read head").click()
    expect(page.locator(f"{stage} .addressing .value").last).to_contain_text("row 4")
    wait_until(page, f"({IN_LINK})('head') === 'read head'")
    expect(page.get_by_text("moves from row 7 to row 4").first).to_be_visible()


def test_a_wipe_is_marked_and_undone_and_a_card_leads_to_its_picture(page: Page, server: Server):
    complaints = at_stage(page, server, "mann", "step=31")
    expect(page.locator(f"{TIMELINE} tbody tr")).to_have_count(7)
    card = page.locator(f"{TIMELINE} button.card").first
    expect(card).to_have_attribute("aria-label", re.compile(r"step \d+, label [A-E]: \d+% of the read"))
    page.get_by_role("button", name="Wipe the memory here").click()
    expect(page.locator(f"{TIMELINE} .wiping")).to_be_attached()
    wait_until(page, f"({IN_LINK})('wipe') === '30'")
    expect(page.locator(f"{TIMELINE} .said")).to_contain_text("The memory was emptied after step")
    page.get_by_role("button", name="Undo the wipe").click()
    expect(page.locator(f"{TIMELINE} .wiping")).to_have_count(0)
    at = int(re.findall(r"step (\d+)", card.get_attribute("aria-label") or "")[0])
    card.click()
    expect(page.locator(f"{TIMELINE} output")).to_contain_text(f"Step {at - 1} of 50")
    page.get_by_role("button", name="New sequence").click()
    wait_until(page, f"({IN_LINK})('pictures')")
    assert not complaints


@pytest.mark.parametrize("name", PAGES)
def test_a_finger_chooses_a_step_on_a_narrow_phone(browser: Browser, server: Server, name):
    context = browser.new_context(viewport={"width": 380, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    try:
        at_stage(page, server, name, "step=5")
        stage = PAGES[name][1]
        page.locator(f"{stage} .forward").tap()
        expect(page.locator(f"{stage} output")).to_contain_text("Step 6 of")
        page.locator(f"{stage} .along").first.locator(".hit").nth(7).tap()
        expect(page.locator(f"{stage} output")).to_contain_text("Step 8 of")
        assert page.evaluate("document.documentElement.scrollWidth") <= 380
    finally:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_step_is_drawn_at_once(page: Page, server: Server, name):
    stage = PAGES[name][1]
    at_stage(page, server, name, "step=5")
    page.locator(f"{stage} .along").first.focus()
    begun = time.monotonic()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(page.locator(f"{stage} output")).to_contain_text("Step 15 of")
    each = (time.monotonic() - begun) / 10
    assert each < 0.25, f"{each:.3f} s for a step"


def test_a_stage_that_leaves_the_page_is_not_drawn_once_more(page: Page, server: Server):
    """It has no width then, and thousands of numbers would be none."""
    errors = list[str]()
    page.on("console", lambda message: errors.append(message.text) if "NaN" in message.text else None)
    page.context.clear_cookies()
    page.goto(f"{server.url}/ntm")
    page.locator(".st-key-see_tape").get_by_role("button", name="recall").click()
    wait_until(page, f"({IN_LINK})('tape') === 'recall'")
    settle(page)
    page.locator(".st-key-turn").get_by_role("button", name="Predict").click()
    expect(page.locator("[data-testid=stRadio]")).to_be_visible()
    settle(page)
    assert not errors

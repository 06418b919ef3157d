"""The chapters of a lesson in a real browser: bar, keys, swipes, links to anchors, and the page that holds them all."""

import pytest
from playwright.sync_api import Browser, Page, expect

from lessons.engine.course import COURSE, lesson
from tests.e2e.conftest import WAIT, Server, settle, wait_until
from tests.e2e.test_app import press_slider

expect.set_options(timeout=WAIT)


@pytest.fixture
def reader(page: Page) -> Page:
    """A learner who has not asked for all on one page."""
    page.context.clear_cookies()
    return page


def chapter(page: Page, name: str):
    return page.locator(".st-key-chapters").get_by_role("radio", name=name, exact=True)


def part(page: Page, name: str):
    return page.locator("[class*=_part]").get_by_role("radio", name=name, exact=True)


def test_keys_turn_chapters_and_what_was_set_is_kept_in_the_link(reader: Page, server: Server):
    reader.goto(f"{server.url}/maml?steps=3")
    expect(reader.locator(".st-key-plane svg.plane")).to_be_visible()
    expect(reader.get_by_role("heading", name="Check")).to_have_count(0)
    expect(reader.locator(".st-key-turn").get_by_role("button", name="Predict")).to_be_visible()
    settle(reader)
    reader.keyboard.press("n")
    expect(reader.get_by_role("heading", name="Predict")).to_be_visible()
    reader.keyboard.press("n")
    expect(reader.get_by_text("who has learned it?")).to_contain_text("3 inner steps")
    press_slider(reader, "steps", "ArrowRight")
    expect(reader.get_by_text("who has learned it?")).to_contain_text("4 inner steps")
    reader.keyboard.press("n")
    expect(part(reader, "Moments")).to_be_checked()
    settle(reader)
    reader.keyboard.press("n")
    expect(part(reader, "Train it yourself")).to_be_checked()
    wait_until(reader, "location.search.includes('steps=4') && location.search.includes('chapter=Watch')")
    wait_until(reader, "location.search.includes('learn_part=Train')")
    reader.reload()
    expect(reader.get_by_role("button", name="Retrain")).to_be_visible()
    settle(reader)
    reader.keyboard.press("p")
    expect(part(reader, "Moments")).to_be_checked()
    settle(reader)
    reader.keyboard.press("p")
    expect(reader.get_by_text("who has learned it?")).to_contain_text("4 inner steps")


def test_a_link_to_an_anchor_opens_its_chapter(reader: Page, server: Server):
    reader.goto(f"{server.url}/tasks#meta-knowledge")
    expect(reader.get_by_text("What all tasks have in common")).to_be_in_viewport()
    expect(chapter(reader, "Play with it")).to_be_checked()
    chapter(reader, "Check").click()
    expect(reader.get_by_role("heading", name="Check")).to_be_visible()


def test_a_link_to_a_part_opens_it_and_the_learner_may_leave_it(reader: Page, server: Server):
    reader.goto(f"{server.url}/ntm#hand")
    expect(part(reader, "Be the controller")).to_be_checked()
    expect(reader.locator(".st-key-hand_step")).to_be_visible()
    settle(reader)
    part(reader, "The tape").click()
    expect(reader.locator(".st-key-play_tape svg")).to_be_visible()
    expect(reader.locator(".st-key-hand_step")).to_have_count(0)
    chapter(reader, "See").click()
    expect(reader.locator(".st-key-see_tape svg")).to_be_visible()


def test_all_on_one_page_is_remembered(reader: Page, server: Server):
    reader.goto(f"{server.url}/choosing")
    expect(reader.get_by_role("heading", name="Try: what holds")).to_be_visible()
    chapter(reader, "All on one page").click()
    expect(reader.get_by_role("heading", name="Check")).to_be_attached()
    wait_until(reader, "document.cookie.includes('learn-meta-learning-view=all')")
    reader.goto(f"{server.url}/tasks")
    expect(reader.get_by_role("heading", name="Check")).to_be_attached()
    chapter(reader, "Predict").click()
    expect(reader.get_by_role("heading", name="Check")).to_have_count(0)
    wait_until(reader, "!document.cookie.includes('learn-meta-learning-view=all')")


def test_a_swipe_turns_the_chapter_and_a_drag_on_a_slider_does_not(reader: Page, server: Server):
    reader.set_viewport_size({"width": 390, "height": 844})
    reader.goto(f"{server.url}/maml?chapter=Predict")
    expect(reader.get_by_role("heading", name="Predict")).to_be_visible()
    settle(reader)
    swipe(reader, "h2", -150)
    expect(reader.get_by_role("heading", name="Try: a new task")).to_be_visible()
    settle(reader)
    swipe(reader, "[data-testid=stSlider]", -150)
    reader.wait_for_timeout(600)
    expect(reader.get_by_role("heading", name="Try: a new task")).to_be_visible()
    swipe(reader, "h2", 150)
    expect(reader.get_by_role("heading", name="Predict")).to_be_visible()


def swipe(page: Page, selector: str, by: int) -> None:
    """Move a finger over an element by so many px to the right, as touch events say it."""
    page.locator(f"[data-testid=stMain] {selector}").first.evaluate(
        """(node, by) => {
            const box = node.getBoundingClientRect(), at = (x) => new Touch(
                { identifier: 1, target: node, clientX: x, clientY: box.y + 5 });
            const x = box.x + box.width / 2, send = (type, one, now) => node.dispatchEvent(
                new TouchEvent(type, { bubbles: true, touches: now, changedTouches: [one] }));
            send("touchstart", at(x), [at(x)]);
            send("touchend", at(x + by), []);
        }""",
        by,
    )


SCREEN, MOST = 800, 860  # px of a laptop's screen, and of what a part of a chapter may take of it and a little more
FITTING = ("See", "Predict", "Play with it")
AT = """() => [...document.querySelectorAll("[class*=st-key-chapter] button, [class*=_part] button")]
    .filter(button => button.ariaChecked === "true").map(button => button.innerText.trim())"""


@pytest.mark.parametrize("name", COURSE)
def test_the_parts_of_see_and_play_fit_on_one_screen(reader: Page, server: Server, name: str):
    reader.set_viewport_size({"width": 1280, "height": SCREEN})
    high = heights(reader, f"{server.url}/{lesson(name).page}")
    assert high and {part: height for part, height in high.items() if height > MOST} == {}


def heights(page: Page, address: str, guess: bool = False) -> dict[str, int]:
    """Go through See, Predict and Play of a lesson, and return how many px high each part is. guess: the prediction
    once a guess is there, too.
    """
    page.goto(address)
    high = {}
    while True:
        onward = page.locator(".st-key-_turn_N button")
        expect(onward).to_be_visible()
        settled(page)
        at = page.evaluate(AT)
        if at[0] not in FITTING:
            return high
        high[" / ".join(at)] = height(page)
        if guess and at[0] == "Predict":
            page.locator(".st-key-prediction [role=radiogroup] label").first.click()
            expect(page.locator(".st-key-prediction .stAlert").last).to_be_visible()
            settled(page)
            high["Predict, guessed"] = height(page)
        onward.click()
        wait_until(page, f"at => String(({AT})()) !== String(at)", at)


def settled(page: Page) -> None:
    settle(page)
    expect(page.locator(".stMain [data-testid=stSkeleton]")).to_have_count(0)
    expect(page.get_by_text("warming up")).to_have_count(0)


def height(page: Page) -> int:
    main = page.locator(".stMain")
    assert main.evaluate("node => node.scrollWidth <= node.clientWidth + 1"), "it moves sideways"
    return int(main.evaluate("node => node.scrollHeight"))


PHONE, HIGHEST = {"width": 380, "height": 800}, 1200  # px of a phone, and a screen and a half of it


@pytest.mark.parametrize("name", COURSE)
def test_on_a_phone_a_part_takes_a_screen_and_a_half(browser: Browser, server: Server, name: str):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(WAIT)
    high = heights(page, f"{server.url}/{lesson(name).page}", guess=True)
    context.close()
    assert high and {part: height for part, height in high.items() if height > HIGHEST} == {}


def test_with_many_classes_nothing_of_the_stage_leaves_a_phone_s_screen(browser: Browser, server: Server):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(f"{server.url}/matching?chapter=Play+with+it&n=20&k=1")
    panel = page.locator(".st-key-play_links .panel")
    expect(panel.locator(".sum")).to_have_count(20)
    settled(page)
    for part in (panel, page.locator(".st-key-play_links .queries")):
        box = part.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    context.close()

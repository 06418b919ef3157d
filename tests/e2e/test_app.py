"""What a learner does, done in a real browser: open, move, drag, retrain, cancel, step, share."""

import os
import re
import signal
import time
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.e2e.conftest import WAIT, Server, on_one_page, settle, tab, wait_until

expect.set_options(timeout=WAIT)

# frames in which a curve of the figure changed, however Plotly and React bring it about
COUNT_DRAWINGS = """key => {
    window.drawn = 0;
    let waiting = false;
    new MutationObserver(changes => {
        if (waiting || !changes.some(c => c.target.closest?.(`.st-key-${key} .scatterlayer`))) return;
        waiting = true;
        requestAnimationFrame(() => { window.drawn++; waiting = false; });
    }).observe(document.body, { subtree: true, childList: true, attributeFilter: ["d"] });
}"""


def open_page(page: Page, server: Server, link: str) -> None:
    on_one_page(page, server)
    page.goto(f"{server.url}/{link}")
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_text("Next", exact=True).last).to_be_visible()
    expect(page.get_by_text("warming up")).to_have_count(0)


def link_of(page: Page) -> str:
    """The address bar as it is now; Playwright's own `page.url` lags behind history.replaceState."""
    return page.evaluate("location.href")


def notice(page: Page, text: str) -> None:
    expect(page.get_by_text(re.compile(text)).first).to_be_visible()


def press_slider(page: Page, key: str, *keys: str) -> None:
    handle = page.locator(f".st-key-{key} input[type=range]")
    handle.focus()
    for one in keys:
        handle.press(one)


def progress(page: Page):
    """The line that says how far a run is."""
    return page.locator("[data-testid=stProgress]")


def points(page: Page):
    return page.locator(".st-key-points_chart .point")


def test_home_plays_when_asked_and_pauses(page: Page, server: Server):
    """The answer to the prediction is not on screen before the learner presses play; it plays the chosen task."""
    page.goto(server.url)
    expect(page.locator("h1")).to_have_text("Learn meta-learning by doing it")
    curve = page.locator(".st-key-moving .plot path").nth(2)
    expect(curve).to_have_attribute("d", re.compile("M"))
    first = curve.get_attribute("d")
    expect(page.get_by_text(re.compile("Task 1, gradient steps: 0; error"))).to_be_visible()
    page.wait_for_timeout(2000)
    assert curve.get_attribute("d") == first
    page.get_by_role("button", name=re.compile("Play")).click()
    expect(curve).not_to_have_attribute("d", first or "")
    page.get_by_role("button", name=re.compile("Pause")).click()
    paused = curve.get_attribute("d")
    page.wait_for_timeout(1000)
    assert curve.get_attribute("d") == paused
    page.get_by_role("button", name=re.compile("Play")).click()
    expect(page.get_by_text(re.compile("Task 1, gradient steps: 5; error"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Play again"))).to_be_visible()
    page.get_by_role("radio", name="task 2").click()
    expect(page.get_by_text(re.compile("Task 2, gradient steps: 0; error"))).to_be_visible()


def test_a_slider_redraws_and_a_shared_link_opens_the_same(page: Page, stranger: Page, server: Server):
    open_page(page, server, "maml")
    notice(page, "After 1 step the MAML init")
    curve = page.locator(".st-key-points_chart .plot path").nth(3)
    before = curve.get_attribute("d")
    press_slider(page, "steps", "ArrowRight", "ArrowRight")
    notice(page, "After 3 steps the MAML init")
    assert curve.get_attribute("d") != before
    wait_until(page, "location.search.includes('steps=3')")
    page.get_by_text("first order", exact=True).click()
    wait_until(page, "location.search.includes('order')")

    stranger.goto(link_of(page))
    notice(stranger, "After 3 steps the MAML init")
    expect(stranger.locator(".st-key-order [aria-checked=true]")).to_have_text("first order")
    said = page.get_by_text(re.compile("After 3 steps")).first.inner_text()
    assert stranger.get_by_text(re.compile("After 3 steps")).first.inner_text() == said


def test_points_are_dragged_added_and_removed_and_stay_in_the_link(page: Page, server: Server):
    open_page(page, server, "maml")
    expect(points(page)).to_have_count(10)
    settle(page)
    points(page).nth(0).scroll_into_view_if_needed()
    box = points(page).nth(0).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] - 90, steps=5)
    page.mouse.up()
    wait_until(page, "location.search.includes('points=')")
    page.locator(".st-key-points_chart .hit").click(position={"x": 150, "y": 60})
    expect(points(page)).to_have_count(11)
    expect(page.get_by_text("One task, 11 points")).to_be_visible()
    points(page).nth(10).dblclick()
    expect(page.get_by_text("One task, 10 points")).to_be_visible()
    moved = points(page).nth(0).get_attribute("cy")

    page.goto(link_of(page))
    expect(points(page)).to_have_count(10)
    expect(points(page).nth(0)).to_have_attribute("cy", moved or "")
    page.get_by_role("button", name="Put the points back").click()
    expect(points(page).nth(0)).not_to_have_attribute("cy", moved or "")


def test_retrain_draws_live_and_its_init_joins_the_demo(page: Page, server: Server):
    open_page(page, server, "maml?iterations=3000")
    page.evaluate(COUNT_DRAWINGS, "learning_maml")
    page.get_by_role("button", name="Retrain").dblclick()  # as many do; it is one run
    expect(progress(page).get_by_text(re.compile(r"[1-9]\d* outer updates"))).to_be_visible()
    expect(page.get_by_text(re.compile("Done: 3000 outer updates"))).to_be_visible(timeout=60_000)
    assert page.evaluate("window.drawn") >= 3, "the curve was drawn while it grew"
    notice(page, "init of your run")
    expect(page.locator(".st-key-learning_maml .legendtext", has_text="run 1: after").first).to_be_visible()
    expect(page.locator(".st-key-learning_maml .legendtext", has_text="run 2")).to_have_count(0)


def test_cancel_keeps_the_curve_and_the_next_run_is_laid_over(page: Page, server: Server):
    open_page(page, server, "reptile?iterations=50000")
    page.get_by_role("button", name="Retrain").click()
    expect(progress(page).get_by_text(re.compile(r"[1-9]\d* outer updates"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile(r"Cancelled after [1-9]\d* outer updates"))).to_be_visible()
    page.get_by_role("button", name="Retrain").click()
    expect(progress(page).get_by_text(re.compile(r"[1-9]\d* outer updates, about"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile("Cancelled after"))).to_be_visible()
    settle(page)  # a run that has ended draws the page once more
    wanted = page.get_by_role("option", name="run 1")
    for _ in range(5):  # a list that was opened while the page was drawn is closed again
        page.locator(".st-key-_over_reptile input").click()
        with suppress(PlaywrightTimeout):
            wanted.click(timeout=4000)
            break
    expect(page.locator(".st-key-learning_reptile .legendtext", has_text="run 1: after").first).to_be_visible()
    expect(page.locator(".st-key-learning_reptile .legendtext", has_text="run 2: after").first).to_be_visible()


def test_a_killed_worker_fails_its_run_in_words_and_the_next_run_works(page: Page, server: Server):
    open_page(page, server, "maml?iterations=50000")
    page.get_by_role("button", name="Retrain").click()
    expect(progress(page).get_by_text(re.compile(r"[1-9]\d* outer updates, about"))).to_be_visible()
    for worker in server.workers():
        os.kill(worker, signal.SIGKILL)
    expect(page.get_by_text(re.compile("Stopped after"))).to_be_visible()
    expect(page.get_by_text(re.compile("training process was stopped from outside"))).to_be_visible()
    page.get_by_role("button", name="Retrain").click()
    expect(progress(page).get_by_text(re.compile(r"[1-9]\d* outer updates, about"))).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile("Cancelled after"))).to_be_visible()


def test_a_dropped_connection_comes_back_to_its_run(browser: Browser, server: Server):
    with tab(browser) as page:  # of its own: what stands between it and the server stays there
        _drop_and_come_back(page, server)


def _drop_and_come_back(page: Page, server: Server) -> None:
    lines: list[WebSocketRoute] = []

    def through(line: WebSocketRoute) -> None:
        lines.append(line)
        line.connect_to_server()

    page.route_web_socket(re.compile("_stcore/stream"), through)
    open_page(page, server, "maml?iterations=20000")
    page.get_by_role("button", name="Retrain").click()
    expect(progress(page).get_by_text(re.compile(r"[1-9]\d* outer updates, about"))).to_be_visible()
    lines[-1].close(code=3001)
    end = time.monotonic() + 20
    while len(lines) < 2:
        assert time.monotonic() < end, "the page does not come back"
        page.wait_for_timeout(50)
    # not from the start: the run has gone on meanwhile, and its page finds it
    expect(page.get_by_text(re.compile(r"[1-9]\d{2,} outer updates, about"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile(r"Cancelled after [1-9]\d{2,} outer updates"))).to_be_visible()


def test_a_closed_tab_frees_its_worker(browser: Browser, server: Server):
    context = browser.new_context()
    gone = context.new_page()
    open_page(gone, server, "maml?iterations=50000&inner_steps=10&meta_batch=256")
    gone.get_by_role("button", name="Retrain").click()
    expect(gone.get_by_text(re.compile(r"[1-9]\d* outer updates, about"))).to_be_visible()
    busy = max(server.workers(), key=_cpu_share)
    assert _cpu_share(busy) > 0.05
    context.close()
    end = time.monotonic() + 40
    while _cpu_share(busy) > 0.02:
        assert time.monotonic() < end, "the worker still trains for a tab that is gone"


def _cpu_share(process: int) -> float:
    """Share of one core that the process uses over the next half second."""
    used = _cpu_seconds(process)
    time.sleep(0.5)
    return (_cpu_seconds(process) - used) / 0.5


def _cpu_seconds(process: int) -> float:
    with open(f"/proc/{process}/stat") as file:
        user, system = file.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_the_stepper_walks_by_keys_and_plays(page: Page, server: Server):
    open_page(page, server, "maml")
    expect(page.get_by_text("Event 1 of 5: tasks drawn")).to_be_visible()
    marked = page.locator(".st-key-source .hll")
    expect(marked.first).to_contain_text("for batch, lr_scale in")
    page.keyboard.press("l")
    expect(page.get_by_text("Event 2 of 5: inner step 1")).to_be_visible()
    expect(page.get_by_text("Event 3 of 5: inner step 2")).to_have_count(0)
    expect(marked.first).not_to_contain_text("for batch, lr_scale in")
    page.keyboard.press("j")
    expect(page.get_by_text("Event 1 of 5: tasks drawn")).to_be_visible()
    page.locator(".st-key-_play").get_by_role("button", name="Play").click()
    expect(page.get_by_text("Event 5 of 5: theta moves")).to_be_visible()
    expect(page.locator(".st-key-_play").get_by_role("button", name="Play")).to_be_visible()
    wait_until(page, "location.search.includes('event=5')")


def test_going_from_maml_to_reptile_starts_from_that_pages_own_values(page: Page, server: Server):
    open_page(page, server, "maml?steps=7&inner_steps=3")
    notice(page, "After 7 steps the MAML init")
    page.get_by_role("link", name="Reptile").first.click()
    expect(page.locator("h1")).to_contain_text("Reptile")
    notice(page, "After 1 step the Reptile init")
    expect(page.locator(".st-key-inner_steps input")).to_have_value("5")
    assert "steps=7" not in link_of(page)


def test_a_link_out_of_range_is_clamped_said_and_corrected(page: Page, server: Server):
    open_page(page, server, "maml?steps=99&meta_batch=5000&points=1,2;0,9")
    expect(page.get_by_text("The link asked for steps = 99; allowed is 0 to 20. It is set to 20.")).to_be_visible()
    expect(page.get_by_text("The link asked for meta_batch = 5000")).to_be_visible()
    wait_until(page, "location.search.includes('steps=20') && location.search.includes('meta_batch=256')")
    expect(page.locator(".st-key-steps input[type=range]")).to_have_value("20")
    press_slider(page, "steps", "ArrowLeft")
    expect(page.get_by_text("The link asked for steps = 99")).to_have_count(0)


@pytest.mark.parametrize("link", ["", "tasks", "maml", "reptile", "characters", "fewshot-maml", "fewshot-reptile"])
def test_nothing_is_wider_than_a_phone(page: Page, server: Server, link: str):
    page.set_viewport_size({"width": 380, "height": 800})
    page.goto(f"{server.url}/{link}")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".js-plotly-plot, .plot svg, .characters .cell").first).to_be_visible()
    settle(page)
    wide = page.evaluate(
        """[...document.querySelectorAll('.stMainBlockContainer *')]
            .filter(e => e.getBoundingClientRect().right > 381)
            .filter(e => !e.closest('.source, .stDataFrame, pre, .katex, svg, table, [data-rac]'))
            .filter(e => {  // a row that a finger moves fits itself
                for (let row = e.parentElement; !row.matches('.stMainBlockContainer'); row = row.parentElement)
                    if (getComputedStyle(row).overflowX === 'auto' && row.getBoundingClientRect().right <= 381)
                        return false;
                return true;
            })
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert wide == []

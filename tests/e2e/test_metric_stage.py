"""The stages of the Siamese and the Matching network in a real browser: mouse, keys, finger, and their arithmetic."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from lessons.demos import fewshot, metric
from lessons.demos.metric_stage import scores_of, shares
from tests.e2e.conftest import WAIT, Server, settle, wait_until
from tests.e2e.test_controls import _drag, watch

expect.set_options(timeout=WAIT)
SUMS = Path(__file__).parents[2] / "pages" / "widgets" / "assets" / "metric_sums.js"
IN_LINK = "key => new URLSearchParams(location.search).get(key)"
GLYPHS = "data=generated+glyphs"
LATENCY = """(stage) => {
    const rows = stage.querySelector(".rows");
    const [before, begun] = [rows.innerHTML, performance.now()];
    stage.querySelectorAll(".pair")[5].click();
    if (rows.innerHTML === before) return Infinity;
    return new Promise((done) => requestAnimationFrame(() => done(performance.now() - begun)));
}"""


def at_stage(page: Page, server: Server, address: str, name: str) -> list[str]:
    """Open See alone, and wait for its stage."""
    complaints = watch(page)
    page.context.clear_cookies()
    page.goto(f"{server.url}/{address}")
    expect(page.locator(f".metric.{name}[data-answered]")).to_be_visible(timeout=3 * WAIT)
    settle(page)
    return complaints


def middle(page: Page, part: str) -> tuple[float, float]:
    expect(page.locator(part).first).to_be_visible()
    box = page.locator(part).first.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("address", ["siamese", "matching"])
@pytest.mark.parametrize("data", ["", f"?{GLYPHS}"])
def test_see_fits_on_one_screen(page: Page, server: Server, address: str, data: str):
    page.set_viewport_size({"width": 1280, "height": 800})
    at_stage(page, server, address + data, address)
    bottom = page.locator(".st-key-turn").evaluate("(one) => one.getBoundingClientRect().bottom")
    assert bottom <= 800 + 45 * bool(data), "the line that says that glyphs are no Omniglot may be one too many"


def test_the_arithmetic_of_the_browser_is_python_s(page: Page):
    page.goto("about:blank")
    page.add_script_tag(content=SUMS.read_text(encoding="utf-8"))
    source = np.random.default_rng(0)
    for _ in range(50):
        way, shots, features = (int(source.integers(low, high)) for low, high in ((2, 21), (1, 6), (4, 130)))
        scores, temperature = source.normal(size=way * shots) * 30, float(source.choice(metric.TEMPERATURES))
        attention = page.evaluate("([scores, t]) => softmax(scores, t)", [scores.tolist(), temperature])
        assert np.allclose(attention, shares(scores, temperature))
        sums = page.evaluate("([attention, way]) => classSums(attention, way)", [attention, way])
        assert np.allclose(sums, np.reshape(attention, (shots, way)).sum(0))
        first, second, head = (source.normal(size=n) for n in (features, features, features + 1))
        terms = page.evaluate("([a, b, head]) => termsOf(a, b, head)", [x.tolist() for x in (first, second, head)])
        adds = head[:-1] * np.abs(first - second)
        assert np.allclose(terms["adds"], adds) and np.isclose(terms["score"], adds.sum() + head[-1])
        assert np.isclose(terms["p"], 1 / (1 + np.exp(-terms["score"])))


def test_the_mouse_chooses_a_pair_and_drags_the_threshold(page: Page, server: Server):
    complaints = at_stage(page, server, f"siamese?{GLYPHS}", "siamese")
    cards = page.locator(".metric .pair")
    expect(cards).to_have_count(8)
    before = page.locator(".metric .rows").inner_html()
    cards.nth(3).click()
    assert page.locator(".metric .rows").inner_html() != before, "drawn by the browser at once"
    wait_until(page, f"({IN_LINK})('pair') === '4'")
    compared = metric.first_paint("siamese", "glyphs")
    pair = metric.hard_pairs(compared, 8, 4)[3]
    pulls, bias = metric.contributions(compared, pair)
    expect(page.locator(".metric .rows")).to_contain_text(f"score {pulls.sum() + bias:.2f}".replace("-", "−"))
    expect(page.locator(".metric .verdict")).to_contain_text(f"{100 * pair.probability:.1f}%")
    expect(page.locator(".metric .said")).to_contain_text(f"a probability of {pair.probability:.1%}")
    x, y = middle(page, ".metric .handle .grip")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y, steps=6)
    page.mouse.up()
    threshold = float(page.locator(".metric .handle").get_attribute("aria-valuenow") or "nan")
    wait_until(page, f"Number(({IN_LINK})('threshold')) === {threshold}")
    assert threshold < 0.45 and abs(middle(page, ".metric .handle .grip")[0] - x + 90) < 5
    expect(page.get_by_text(re.compile(f"At a threshold of {threshold:.2f}")).first).to_be_visible()
    page.reload()
    expect(page.locator(".metric .handle")).to_contain_text(f"{threshold:.2f}")
    expect(cards.nth(3)).to_have_attribute("aria-checked", "true")
    assert not complaints


def test_keys_do_all_of_the_siamese_stage_and_it_is_said(page: Page, server: Server):
    complaints = at_stage(page, server, f"siamese?{GLYPHS}", "siamese")
    page.locator(".metric .pair").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".metric .pair").nth(1)).to_be_focused()
    wait_until(page, f"({IN_LINK})('pair') === '2'")
    page.locator(".metric .handle").focus()
    for key in ("PageUp", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".metric .handle")).to_have_attribute("aria-valuenow", "0.62")
    wait_until(page, f"({IN_LINK})('threshold') === '0.62'")
    page.locator(".metric .sensor").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".metric .said")).to_contain_text(re.compile(r"Number \d+ of 64: .* differ by"))
    lit = page.locator(".metric .rows .lit")
    assert lit.count() == 10, "five bars of the number, and their five values"
    assert page.evaluate("location.search").count("chapter") == 0, "no key turned the page"
    page.get_by_role("button", name="New pairs").click()
    wait_until(page, f"({IN_LINK})('task') !== null")
    assert not complaints


def test_a_finger_drags_the_threshold(browser: Browser, server: Server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    try:
        at_stage(page, server, f"siamese?{GLYPHS}", "siamese")
        page.locator(".metric .handle .reach").scroll_into_view_if_needed()
        settle(page)
        x, y = middle(page, ".metric .handle .grip")
        scrolled = page.evaluate("document.querySelector('.stMain').scrollTop")
        _drag(page, x, y, 40)
        page.touchscreen.tap(*middle(page, ".metric .pair >> nth=2"))
        wait_until(page, f"({IN_LINK})('pair') === '3'")
        assert page.evaluate("document.querySelector('.stMain').scrollTop") == scrolled
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    finally:
        context.close()


def test_the_temperature_answers_at_once_and_in_the_link(page: Page, server: Server):
    complaints = at_stage(page, server, f"matching?{GLYPHS}", "matching")
    compared = metric.first_paint("matching", "glyphs")
    scores = scores_of(compared, metric.recorded("matching").config)[metric.FIRST_QUERY]
    slider = page.locator(".metric input[type=range]")
    for _ in range(3):
        slider.press("ArrowRight")
    expect(page.locator(".metric output")).to_have_text("0.3")
    sums = shares(scores, 0.3)
    shown = page.locator(".metric .sum .value").all_inner_texts()
    for text, share in zip(shown, sums, strict=True):
        assert abs(float(re.match(r"[\d.]+", text)[0]) / 100 - share) < 0.0051
    widths = [float(line.get_attribute("stroke-width") or 0) for line in page.locator(".metric .links line").all()]
    ranked = sorted(sums, reverse=True)
    assert np.allclose(np.array(widths) / widths[0], np.maximum(ranked, 0.6 / 16.8) / ranked[0], atol=0.03)
    wait_until(page, f"({IN_LINK})('t') === '0.3'")
    expect(page.get_by_text(re.compile(f"which gets {sums.max():.0%} of the attention")).first).to_be_visible()
    assert not complaints


def test_a_query_is_chosen_by_mouse_and_keys_and_lights_up(page: Page, server: Server):
    complaints = at_stage(page, server, f"matching?{GLYPHS}", "matching")
    page.locator(".metric .tile").first.click()
    wait_until(page, f"({IN_LINK})('query') === '1'")
    expect(page.locator(".metric .said")).to_contain_text("a query of class A")
    page.keyboard.press("ArrowRight")
    wait_until(page, f"({IN_LINK})('query') === '2'")  # the next column is the next class
    page.locator(".metric .sum").nth(1).hover()
    expect(page.locator(".metric .links line.lit")).to_have_count(1)
    page.locator(".metric .sum").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".metric .sum").nth(1)).to_be_focused()
    page.get_by_role("button", name="New episode").click()
    wait_until(page, f"({IN_LINK})('task') !== null")
    assert not complaints


def test_what_was_chosen_in_see_is_there_in_play_and_back(page: Page, server: Server):
    at_stage(page, server, f"matching?{GLYPHS}", "matching")
    page.locator(".metric input[type=range]").press("End")
    page.locator(".metric .tile").first.click()
    wait_until(page, f"({IN_LINK})('t') === '10.0' && ({IN_LINK})('query') === '1'")
    page.get_by_text("Play with it", exact=True).click()
    expect(page.locator(".st-key-n")).to_be_visible()
    expect(page.locator(".st-key-play_links .metric output")).to_have_text("10")
    handle = page.locator(".st-key-n input[type=range]")
    handle.press("ArrowRight")
    expect(page.locator(".st-key-play_links .metric .sum")).to_have_count(6)
    page.locator(".st-key-chapters").get_by_text("See", exact=True).click()
    expect(page.locator(".st-key-n")).to_have_count(0)
    expect(page.locator(".metric .sum")).to_have_count(6)
    expect(page.locator(".metric output")).to_have_text("10")
    assert json.loads(page.evaluate(f"JSON.stringify(({IN_LINK})('n'))")) == "6"


def test_the_pictures_answer_a_click_within_a_few_frames(page: Page, server: Server):
    at_stage(page, server, f"siamese?{GLYPHS}", "siamese")
    waited = page.locator(".metric").evaluate(LATENCY)
    assert waited < 300, "ms on a busy machine; some 20 on a free one"


def test_the_fixed_episodes_share_their_attention():
    for data in fewshot.DATA:
        compared = metric.first_paint("matching", data)
        answers = np.sort(compared.answers[0, metric.FIRST_QUERY])[::-1]
        assert 0.5 < answers[0] < 0.8 and answers[1] > 0.15

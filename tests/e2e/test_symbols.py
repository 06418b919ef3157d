"""Symbols of the formulas and parts of the stage beside them light one another up, in a real browser."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from lessons.engine.course import COURSE, lesson
from tests.e2e.conftest import WAIT, Server, settle
from tests.e2e.test_access import serious
from tests.e2e.test_controls import watch

expect.set_options(timeout=WAIT)
LIT = [name for name in COURSE if lesson(name).lights]


def opened(page: Page, server: Server, name: str, more: str = "") -> list[str]:
    page.context.clear_cookies()
    complaints = watch(page)
    page.goto(f"{server.url}/{lesson(name).page}?chapter=Why{more}")
    expect(page.locator(".st-key-beside [data-part]").first).to_be_attached(timeout=3 * WAIT)
    expect(page.locator(".st-key-formula li[data-symbol]").first).to_be_attached()
    settle(page)
    return complaints


def on_stage(page: Page, part: str) -> Locator:
    return page.locator(f".st-key-beside [data-part~='{part}']")


def in_formula(page: Page, part: str) -> Locator:
    return page.locator(f".st-key-formula [data-symbol~='{part}']")


def point_at(page: Page, part: str) -> None:
    """Move the mouse to where the stage draws a part and nothing above it that is another part."""
    place = on_stage(page, part).evaluate_all(
        """(nodes, part) => {
            for (const node of nodes) {
                const { x, y, width, height } = node.getBoundingClientRect();
                for (let i = 0; i <= 40; i++) for (let j = 0; j <= 40; j++) {
                    const at = [x + (width * i) / 40, y + (height * j) / 40];
                    const top = node.getRootNode().elementsFromPoint(...at).map(one => one.closest("[data-part]"));
                    if (top.find(Boolean)?.dataset.part.split(" ").includes(part)) return at;
                }
            }
            return null;
        }""",
        part,
    )
    assert place, f"no place where {part} is seen"
    page.mouse.move(*place)


@pytest.mark.parametrize("name", LIT)
def test_symbols_and_parts_light_one_another_up(page: Page, server: Server, name: str):
    complaints = opened(page, server, name)
    every = dict.fromkeys(part for parts in lesson(name).lights.values() for part in parts.split())
    for part in every:
        expect(on_stage(page, part).first, f"the stage draws {part}").to_be_attached()
        expect(in_formula(page, part).first, f"a symbol stands for {part}").to_be_attached()
    lit = page.locator(".st-key-beside [data-light=on]")
    first = page.locator(".st-key-formula li[data-symbol]").first
    part = str(first.get_attribute("data-symbol")).split()[0]
    moved = page.locator("h1").bounding_box(), first.bounding_box()
    first.hover()
    expect(lit.first).to_be_attached()
    expect(on_stage(page, part).first).to_have_attribute("data-light", "on")
    expect(page.locator(".st-key-beside [data-light=off]").first).to_be_attached()
    assert (page.locator("h1").bounding_box(), first.bounding_box()) == moved, "nothing moves"
    page.mouse.move(1, 1)
    expect(lit).to_have_count(0)
    first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(on_stage(page, part).first).to_have_attribute("data-light", "on")
    expect(first).to_have_attribute("data-light", "on")
    first.evaluate("node => node.blur()")
    expect(lit).to_have_count(0)
    page.evaluate("document.querySelector('.st-key-beside').scrollIntoView({block: 'center'})")
    point_at(page, part)
    expect(in_formula(page, part).first).to_have_attribute("data-light", "on")
    page.mouse.move(1, 1)
    expect(page.locator(".st-key-formula [data-light]")).to_have_count(0)
    settle(page)
    told = serious(page)
    assert not told, "\n".join(told)
    assert not complaints


def test_a_script_that_makes_a_name_is_no_symbol_of_its_own(page: Page, server: Server):
    opened(page, server, "ntm")
    gates = in_formula(page, "gated").filter(has_text="g")
    expect(gates.first).to_be_attached()
    expect(gates.locator("[data-symbol]")).to_have_count(0)
    expect(page.locator(".st-key-formula .katex-display [data-symbol=g]")).to_have_count(2)


def test_symbols_light_up_after_a_rerun_in_another_language(page: Page, server: Server):
    complaints = opened(page, server, "maml")
    page.locator(".st-key-lang").get_by_role("radio", name="中文").click()
    expect(page.locator(".st-key-formula")).to_contain_text("初始化")
    settle(page)
    line = page.locator(".st-key-formula li[data-symbol='phi']")
    line.hover()
    expect(on_stage(page, "phi").first).to_have_attribute("data-light", "on")
    expect(line).to_have_attribute("aria-description", "点亮图中对应的部分")
    assert not complaints


@pytest.mark.parametrize("name", ["ntm", "maml"])
def test_a_finger_lights_a_part_which_moves_into_sight_and_a_touch_elsewhere_ends_it(
    browser: Browser, server: Server, name: str
):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    opened(page, server, name)
    line = page.locator(".st-key-formula li[data-symbol]").nth(1)
    part = str(line.get_attribute("data-symbol")).split()[0]
    line.scroll_into_view_if_needed()
    line.tap()
    expect(on_stage(page, part).first).to_have_attribute("data-light", "on")
    expect(on_stage(page, part).first).to_be_in_viewport()
    expect(line).to_be_in_viewport()
    page.locator(".st-key-formula p").first.tap(position={"x": 5, "y": 5})
    expect(page.locator("[data-light]")).to_have_count(0)
    context.close()


HIT = """() => [...document.querySelectorAll(".st-key-formula .katex-html [data-symbol]")].filter(symbol => {
    if (symbol.querySelector("[data-symbol]")) return false;
    symbol.scrollIntoView({ block: "center" });
    const { left, top, width, height } = symbol.getBoundingClientRect();
    const hit = document.elementFromPoint(left + width / 2, top + height / 2)?.closest("[data-symbol]");
    return hit?.dataset.symbol !== symbol.dataset.symbol;
}).map(symbol => symbol.textContent)"""


@pytest.mark.parametrize("name", LIT)
def test_no_box_of_the_formula_lies_over_its_symbols(page: Page, server: Server, name: str):
    opened(page, server, name)
    page.set_viewport_size({"width": 380, "height": 800})
    settle(page)
    assert page.evaluate(HIT) == []

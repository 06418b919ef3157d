"""Keys, fingers and typing on every control, copying, and what a browser fetches."""

import os
import re
import socket

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from pages.session.navigation import GROUPS
from tests.e2e.conftest import Server, on_one_page, settle, started, tab, wait_until

ADDRESSES = [address for group in GROUPS.values() for *_, address in group]
HELD = 30  # ms between two repeats of a key that is held
REPEATS = int(os.environ.get("HELD_KEYS", "3"))  # 9 on every page takes some minutes
KEYS = ("End", *("ArrowLeft",) * REPEATS, *("ArrowRight",) * REPEATS, "Home")
GUESS = re.compile(r"/[^/]+/_stcore/(health|host-config)$")  # Streamlit tries a page's address as the server's first
STATE = """handle => {
    const box = handle.closest("[class*=st-key-]");
    const key = [...box.classList].find(name => name.startsWith("st-key-")).slice(7);
    const label = box.querySelector("[data-testid=stSliderThumbValue]")?.textContent;
    return [key, label, new URLSearchParams(location.search).get(key)];
}"""


def watch(page: Page) -> list[str]:
    """What the page complains of from now on."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"{error}"))
    page.on(
        "console",
        lambda message: (
            message.type == "error"
            and not GUESS.search(message.location.get("url", ""))
            and complaints.append(f"{message.text} {message.location.get('url')}")
        ),
    )
    return complaints


def opened(page: Page, server: Server, address: str) -> None:
    on_one_page(page, server)
    page.goto(f"{server.url}/{address}")
    expect(page.locator("h1")).to_be_visible()
    settle(page)


@pytest.mark.parametrize(
    "address", [address for address in ADDRESSES if address not in ("progress", "glossary", "speed")]
)
def test_an_arrow_that_is_held_on_any_slider_ends_no_session(
    browser: Browser, server: Server, address: str, first_tab: Page
):
    page, lines = first_tab, list[str]()
    complaints = watch(page)
    page.on("websocket", lambda line: lines.append(line.url))
    opened(page, server, address)
    for more in page.locator(".stExpander summary").all():
        more.click()
    sliders = page.locator("[data-testid=stSlider] input[type=range]:visible")
    for i in range(sliders.count()):
        handle = sliders.nth(i)
        if not handle.count():
            continue  # what the last slider did has taken this one away
        handle.focus()
        for key in KEYS:
            page.keyboard.press(key, delay=HELD)
    settle(page)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".stException, [data-testid=stConnectionStatus]")).to_have_count(0)
    for handle in sliders.all():
        expect(handle).to_be_visible()
        for _ in range(100):
            key, label, linked = handle.evaluate(STATE)
            # a link without a value: it is back at its default. An open fault: where a question waits for its turn, the
            # stepper's sliders and their link can come apart: Streamlit mixes a rerun with the link of another one
            if linked is None or float(linked) == float(label) or key in ("trace_steps", "event"):
                break
            page.wait_for_timeout(100)
        else:
            raise AssertionError(f"{key} shows {label} and the link says {linked}")
    assert len(lines) == 1, "it is one session all the time"
    assert not complaints


def test_a_number_out_of_range_is_said_where_it_was_typed(page: Page, server: Server):
    for language, said in (("English", "80 is not allowed: 100 to 50000. It is 100 now."), ("中文", "现在用 100")):
        opened(page, server, f"maml?lang={language}")
        field = page.locator(".st-key-iterations input")
        field.fill("80")
        field.press("Enter")
        expect(page.get_by_text(said)).to_be_visible()
        expect(field).to_have_value("100")
        wait_until(page, "location.search.includes('iterations=100')")
        field.fill("99999999999999999999")  # more than the field itself can hold: it keeps the last number
        field.press("Enter")
        shown = "e => getComputedStyle(e.closest('[data-testid=stNumberInput]').parentElement, '::after').content"
        assert re.search("50000.*100", field.evaluate(shown))
        field.fill("300")
        field.press("Tab")
        wait_until(page, "location.search.includes('iterations=300')")
        expect(page.get_by_text(said)).to_have_count(0)


def _drag(page: Page, x: float, y: float, by: float, frames: int = 8) -> None:
    """Move a finger on the screen from (x, y) down by `by` pixels."""
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", (x, y))
    for i in range(1, frames + 1):
        touch("touchMove", (x, y + by * i / frames))
        page.wait_for_timeout(20)
    touch("touchEnd")
    finger.detach()


SCROLLED = "document.querySelector('.stMain').scrollTop"


def test_a_finger_drags_a_point_and_beside_it_the_page(browser: Browser, server: Server):
    context = browser.new_context(viewport={"width": 380, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    try:
        opened(page, server, "maml")
        expect(page.locator(".st-key-plane .stage[data-answered]")).to_be_visible()  # it stands above the points
        point = page.locator(".st-key-points_chart .point").last  # none lies on top of it
        point.scroll_into_view_if_needed()
        page.evaluate("document.querySelector('.st-key-points_chart').scrollIntoView({block: 'center'})")
        settle(page)
        chart = page.locator(".st-key-points_chart")
        box, frame, before = point.bounding_box(), chart.bounding_box(), page.evaluate(SCROLLED)
        assert box and frame
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        by = 60 if y < 400 else -60  # within the chart, which is 14 units high
        _drag(page, x, y, by)
        for _ in range(3):  # at once, and when the answers to the first and to the last place have come
            settle(page)
            moved, framed = point.bounding_box(), chart.bounding_box()
            assert moved and framed
            shift = framed["y"] - frame["y"]  # what stands above may have got a line more by then
            assert abs(moved["y"] + moved["height"] / 2 - y - by - shift) < 6, "the point is under the finger"
            wait_until(page, "location.search.includes('points=')")
        assert page.evaluate(SCROLLED) == before, "the page has stayed"

        plot = page.locator(".st-key-points_chart .legend").bounding_box()
        assert plot
        _drag(page, plot["x"] + 20, plot["y"] + 5, -150)
        page.wait_for_timeout(300)
        assert page.evaluate(SCROLLED) > before + 60, "a finger beside the points scrolls"

        opened(page, server, "draw")
        pad = page.locator(".st-key-pads canvas").nth(1)
        pad.scroll_into_view_if_needed()
        page.evaluate("document.querySelector('.st-key-pads').scrollIntoView({block: 'center'})")
        settle(page)
        label, before, box = pad.get_attribute("aria-label"), page.evaluate(SCROLLED), pad.bounding_box()
        assert box
        _drag(page, box["x"] + 50, box["y"] + 20, 70)
        expect(pad).not_to_have_attribute("aria-label", label or "")
        assert page.evaluate(SCROLLED) == before
    finally:
        context.close()


def test_copy_says_what_it_did_also_over_plain_http(browser: Browser, tmp_path_factory: pytest.TempPathFactory):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: the system says from which address it would
        host = probe.getsockname()[0]
    if host.startswith("127."):
        pytest.skip("this machine has only a loopback address, from which a browser trusts plain http")
    with started(tmp_path_factory.mktemp("plain"), host=host) as server, tab(browser) as page:
        opened(page, server, "maml")
        assert not page.evaluate("isSecureContext")
        page.locator(".stExpander summary", has_text="commands that make these runs").click()
        command = page.locator(".st-key-command_maml")
        command.get_by_role("button").click()
        expect(command.get_by_role("button")).to_have_text("Copied")
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<textarea id=paste></textarea>')")
        page.locator("#paste").focus()
        page.keyboard.press("Control+V")
        pasted = page.locator("#paste").input_value()
        assert pasted.startswith("python -m core train"), "what is said to be copied is in the clipboard"

        page.evaluate("document.execCommand = () => false")
        other = page.locator(".st-key-command_joint")
        other.get_by_role("button").click()
        expect(other.get_by_role("button")).to_have_text("Not copied: press Ctrl+C")


def test_every_page_asks_nobody_but_its_server(page: Page, server: Server):
    complaints, outside = watch(page), list[str]()

    def look(request: Request) -> None:
        if not request.url.startswith((server.url, server.url.replace("http", "ws"), "data:", "blob:")):
            outside.append(request.url)

    page.on("request", look)
    for address in [*(f"{address}?lang=en" for address in ADDRESSES), "status?lang=zh", "maml?lang=zh", "draw?lang=zh"]:
        page.goto(f"{server.url}/{address}")
        expect(page.locator("h1")).to_be_visible()
        page.wait_for_load_state("networkidle")
    assert not outside
    assert not complaints
    assert page.locator("link[rel*=icon]").first.get_attribute("href").startswith(("data:image/svg", server.url))

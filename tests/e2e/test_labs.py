"""A lab in a real browser: what is typed is checked, kept, and trained; keys of the page are letters in the editor."""

from playwright.sync_api import Page, expect

from core.labs.catalog import LABS, WHOLE
from tests.e2e.conftest import WAIT, Server, settle

expect.set_options(timeout=WAIT)
LAB = LABS["inner-step"]
WRONG = (
    "phi = theta\nfor _ in range(steps):\n(gradient,) = torch.autograd.grad(loss(phi).sum(), phi, create_graph=True)\n"
)


def opened(page: Page, server: Server) -> None:
    page.context.clear_cookies()
    page.goto(f"{server.url}/maml?chapter=Write+it")
    expect(page.locator(".cm-content")).to_be_visible()
    settle(page)


def put(page: Page, text: str) -> None:
    """Put the text into the editor as a paste does."""
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def test_typed_code_is_checked_and_its_mistake_is_named(page: Page, server: Server):
    opened(page, server)
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type(WRONG + "phi = theta - inner_rate * gradient\n")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("return phi")
    assert "chapter=Write+it" in page.url, "n and p are letters here"
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_text("so only the last gradient counts")).to_be_visible()
    page.reload()
    expect(page.locator(".cm-content")).to_contain_text("phi = theta - inner_rate * gradient")


def test_a_passed_lab_is_kept_and_trains(page: Page, server: Server):
    opened(page, server)
    put(page, LAB.solution)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("Passed.")).to_be_visible()
    page.get_by_role("button", name="Train with it").click()
    expect(page.get_by_text("It has trained to the end.")).to_be_visible(timeout=90_000)
    page.reload()
    expect(page.get_by_text("You have passed this lab.")).to_be_visible()


def test_an_endless_loop_is_stopped_and_the_page_goes_on(page: Page, server: Server):
    opened(page, server)
    put(page, LAB.skeleton.replace('raise NotImplementedError("write it here")', "while True:\n        pass"))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("It had not come to an end")).to_be_visible()
    page.get_by_role("button", name="Start again").click()
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("is not written yet")).to_be_visible()


def test_keys_leave_the_editor(page: Page, server: Server):
    opened(page, server)
    page.locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Check", exact=True)).to_be_focused()


def test_a_method_of_one_s_own_trains_and_is_put_beside_the_others(page: Page, server: Server):
    page.context.clear_cookies()
    page.goto(f"{server.url}/reptile?chapter=Write+it&write_part=A+method+of+your+own")
    expect(page.locator(".cm-content")).to_be_visible()
    settle(page)
    put(page, WHOLE.solution)
    page.get_by_role("button", name="Train with it").click()
    expect(page.get_by_text("and MAML after as many one of")).to_be_visible(timeout=90_000)
    page.get_by_role("button", name="Put it beside the others").click()
    expect(page.get_by_text("It is one of")).to_be_visible()
    page.get_by_role("link", name="the plane of θ").click()
    page.get_by_role("button", name="your method").click()
    expect(page.locator(".stage h4")).to_contain_text("for your method")
    expect(page.get_by_text("Its outer arrow is")).to_be_visible()
    page.goto(f"{server.url}/compare?kind=sinusoids")
    page.get_by_role("button", name="Let them play").click()
    expect(page.get_by_text("100 tasks answered by all")).to_be_visible(timeout=90_000)
    expect(page.locator(".st-key-contest")).to_contain_text("your method")


def test_on_paper_stands_every_line_of_the_editor_and_no_button(page: Page, server: Server):
    opened(page, server)
    put(page, LAB.solution + "\n# a line\n" * 60 + "# the last line\n")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("Passed.")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".printed")).to_be_visible()
    expect(page.locator(".printed")).to_contain_text("# the last line")
    expect(page.get_by_text("Passed.")).to_be_visible()
    for hidden in (page.locator(".cm-content"), page.get_by_role("button", name="Train with it")):
        expect(hidden).to_be_hidden()
    expect(page.get_by_text("Choose lines instead of typing")).to_be_hidden()
    expect(page.get_by_text("The solution", exact=True)).to_be_hidden()

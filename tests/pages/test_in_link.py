"""Values that a page keeps in its link: an older link that a browser still sends does not bring an older value back."""

import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.widgets import in_link


def _page() -> None:
    import streamlit as st

    from pages.widgets import in_link

    for value in ("first", "second", "third"):
        st.button(value, on_click=in_link.put, args=("what", value))
    st.button("none", on_click=in_link.put, args=("what", None))
    st.text(in_link.text("what") or "nothing")


def _ask(app: AppTest, link: str | None, click: str | None = None) -> str:
    """Run the page as a browser asks for it that has `link`; return the value that counts."""
    app.query_params.clear()
    if link is not None:
        app.query_params["what"] = link
    if click is not None:
        next(button for button in app.button if button.label == click).click()
    app.run()
    assert not app.exception
    return app.text[0].value


def test_an_older_link_brings_no_older_value_back():
    app = AppTest.from_function(_page).run()
    assert _ask(app, None) == "nothing"
    assert _ask(app, None, "first") == "first"
    assert _ask(app, None) == "first", "the browser had not heard of it"
    assert app.query_params["what"] in ("first", ["first"]), "and hears of it again"
    assert _ask(app, None, "second") == "second"
    assert _ask(app, "first") == "second", "it had heard of the first only"
    assert _ask(app, "first", "third") == "third"
    assert _ask(app, "second") == "third"
    assert _ask(app, "third") == "third"
    assert _ask(app, "first") == "first", "it knew the newest: this is another link"
    assert _ask(app, "first", "none") == "nothing"
    assert _ask(app, "first") == "nothing"
    assert _ask(app, None) == "nothing"


def test_a_value_that_was_there_before_is_no_sign_that_the_browser_knows_it():
    app = AppTest.from_function(_page).run()
    for value in ("first", "second", "first"):
        _ask(app, None, value)
    assert _ask(app, "first") == "first", "it may be the first of the two"
    assert _ask(app, "second") == "first"


def test_a_link_that_the_page_never_had_counts_at_once():
    app = AppTest.from_function(_page).run()
    _ask(app, None, "first")
    assert _ask(app, "of somebody else") == "of somebody else"
    assert _ask(app, "of somebody else", "second") == "second"


def test_what_is_remembered_of_a_drag_is_bounded(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(in_link, "_asked", lambda key: None)
    monkeypatch.setattr(in_link, "_write", lambda key, value: None)
    for i in range(3 * in_link.MOST):
        in_link.put("what", str(i))
    (page, values) = st.session_state["_put_what"]
    assert page == "" and len(values) == in_link.MOST and values[-1] == str(3 * in_link.MOST - 1)

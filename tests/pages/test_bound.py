"""Bound controls and their link: what a control stands at counts, whatever link its browser still sends."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from pages.widgets import bound


def _page() -> None:
    import streamlit as st

    from pages.widgets import controls
    from pages.widgets.controls import option_of

    def put() -> None:
        st.query_params["free"] = "7"

    st.button("put", on_click=put)
    if st.checkbox("more"):
        controls.slider(option_of(int, "more_of_it", 0, 0, 9), "More", 1)
    last = 5 if st.checkbox("narrow") else 9
    controls.slider(option_of(int, "first", 1, 1, 9), "First", 1)
    controls.slider(option_of(float, "second", 0.5, 0.0, 1.0), "Second", 0.05)
    controls.slider(option_of(int, "third", 1, 1, last), "Third", 1)
    controls.number(option_of(int, "count", 3, 1, 99), "Count", 1)
    controls.choice("kind", "Kind", {"a": "Alpha", "b": "Beta"}, "a")
    controls.stops("stop", "Stop", ("one", "two", "three"))


@pytest.fixture
def messages(monkeypatch) -> Iterator[list[str]]:
    """The links that a browser is sent."""
    sent, send = list[str](), bound._send

    def note(link) -> None:
        send(link)
        sent.append(urlencode(link._query_params, doseq=True))

    monkeypatch.setattr(bound, "_send", note)
    return sent


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(_page)


def _ask(app: AppTest, link: str) -> str:
    """Run the page as a browser asks for it that has `link`; return the link that it has afterwards."""
    app.query_params.clear()
    app.query_params.update(parse_qsl(link))
    app.run()
    assert not app.exception
    return urlencode(app.query_params, doseq=True)


def test_a_browser_that_asks_with_the_right_link_is_sent_none(app, messages):
    assert _ask(app, "first=4&second=0.30") == "first=4&second=0.30", "another way to write it"
    assert app.slider(key="second").value == 0.3
    app.slider(key="first").set_value(5)
    _ask(app, "first=5&second=0.30")
    app.number_input(key="count").set_value(8)
    app.slider(key="first").set_value(1)
    assert _ask(app, "second=0.30&count=8") == "second=0.30&count=8"
    assert not messages


@pytest.mark.parametrize(
    ("key", "value", "asked", "said"),
    [
        ("first", 4, "first=2", "first=4"),
        ("first", 4, "", "first=4"),
        ("first", 1, "first=2", ""),
        ("second", 0.15, "second=0.9&count=4", "second=0.15"),
        ("second", 0.15, "second=what", "second=0.15"),
        ("count", 5, "count=4", "count=5"),
        ("count", 5, "count=1e309", "count=5"),
        ("kind", "Beta", "", "kind=Beta"),
        ("kind", "Alpha", "kind=Beta", ""),
        ("stop", 1, "stop=one", "stop=two"),
        ("stop", 2, "stop=one", ""),
    ],
)
def test_an_older_link_follows_the_control(app, key, value, asked, said):
    _ask(app, "")
    kinds = {"count": app.number_input, "kind": app.button_group, "stop": app.select_slider}
    control = kinds.get(key, app.slider)(key=key)
    control.set_value(value)
    _ask(app, asked)  # a browser puts into its address itself what was moved just now, a moment after it asks
    assert app.session_state[key] == value
    for _ in range(2):  # again, until it has arrived
        assert _ask(app, asked) == said
        assert app.session_state[key] == value


def test_another_link_counts_when_the_page_is_opened(app):
    assert _ask(app, "first=4&kind=Beta&stop=two") == "first=4&kind=Beta&stop=two"
    assert app.session_state["first"] == 4
    assert app.session_state["kind"] == "Beta"
    assert app.session_state["stop"] == 1


def test_a_control_whose_range_changes_stays_though_the_link_is_older(app):
    _ask(app, "third=3")
    app.slider(key="third").set_value(4)
    app.checkbox[1].check()
    _ask(app, "third=3")
    assert app.session_state["third"] == 4
    assert _ask(app, "third=3") == "third=4"


def test_a_message_on_its_way_undoes_nothing(app, messages):
    _ask(app, "first=2")
    app.button[0].click()
    assert _ask(app, "first=2") == "first=2&free=7"
    messages.clear()
    app.slider(key="first").set_value(6)
    _ask(app, "first=6")  # before it got that message, which will take its first=6 away
    assert messages == ["first=6&free=7"], "once, and with what was in that message"
    messages.clear()
    _ask(app, "first=6&free=7")
    assert not messages, "it has got everything"


def test_what_a_message_took_out_does_not_come_back(app, messages):
    app.run()
    app.checkbox[0].check()
    app.slider(key="first").set_value(2)
    _ask(app, "first=2")
    app.slider(key="more_of_it").set_value(4)
    _ask(app, "first=2&more_of_it=4")
    messages.clear()
    app.checkbox[0].uncheck()
    _ask(app, "first=2&more_of_it=4")
    assert messages == ["first=2"], "Streamlit takes out what belongs to no control"
    messages.clear()
    app.slider(key="first").set_value(3)
    _ask(app, "first=3&more_of_it=4")
    assert messages == ["first=3"]


def test_a_message_of_long_ago_has_arrived(app, messages, monkeypatch):
    _ask(app, "first=2")
    app.button[0].click()
    _ask(app, "first=2")
    messages.clear()
    monkeypatch.setattr(bound, "ARRIVES", 0.0)
    app.slider(key="first").set_value(6)
    _ask(app, "first=6")
    assert not messages


def test_a_value_that_the_page_has_set_reaches_the_link(app):
    _ask(app, "")
    app.number_input(key="count").set_value(500)
    assert _ask(app, "count=500") == "count=99", "brought into range"
    assert app.session_state["count"] == 99

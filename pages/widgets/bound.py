"""Controls that Streamlit binds to the link: what they stand at counts, and the link follows.

A message of Streamlit's server carries the whole link of the run that sent it, and a browser asks for each run with the
link that it has then. So a message on its way undoes in the address what a learner has moved since, and a run may begin
with a link that is older than its controls. Streamlit puts neither right.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext, get_script_run_ctx
from streamlit.runtime.state import get_session_state
from streamlit.runtime.state.query_params import QueryParams, _coerce_value_for_query_url, parse_url_param
from streamlit.runtime.state.session_state import SessionState

ARRIVES = 15.0  # seconds after which a message has surely reached its browser, and no run is left that began before
_SENT = "_sent"
_send = QueryParams._send_query_param_msg

Link = dict[str, list[str]]


@dataclass(frozen=True)
class _Sent:
    """A message that was sent with the link `text` at the time `at`, out of a run on `page` that began with `asked`.

    alone: whether the browser had had every message before.
    """

    page: str
    asked: Link
    text: str
    alone: bool
    at: float

    def changes(self) -> Link:
        """Return what the browser had under the keys that the message changed."""
        now = _parsed(self.text)
        keys = {key for key in {*self.asked, *now} if self.asked.get(key) != now.get(key)}
        return {key: self.asked.get(key, []) for key in keys}

    def heard(self, known: Link) -> bool:
        """Return whether a browser that has the link `known` has had the message, as far as one can tell by that.

        A learner seldom moves at once what a message has just changed, so it has if nothing is as it was before.
        """
        changes = self.changes() if self.alone else {}
        nothing_is_as_before = bool(changes) and all(known.get(key, []) != before for key, before in changes.items())
        return known == _parsed(self.text) or nothing_is_as_before


def _send_and_note(self: QueryParams) -> None:
    run = get_script_run_ctx()
    if run is None:
        return
    asked, alone = _parsed(run.query_string), True
    last = _last_sent(self, run)
    if last:  # of this run, which may send more than one, or not heard of yet
        asked, alone = (last.asked, last.alone) if last.text is run.query_string else (asked, False)
    _send(self)
    vars(self)[_SENT] = _Sent(run.page_script_hash, asked, run.query_string, alone, time.monotonic())


QueryParams._send_query_param_msg = _send_and_note  # type: ignore[method-assign]


def begin(key: str) -> None:
    """Let a control that is on the page already start from what it stands at, if the link of this run is an older one.

    Streamlit takes a control whose range has changed for a new one, and would start it from that link. When the browser
    went Back, or to a link of the same page, it sends no values of controls: then the link counts.
    """
    run = get_script_run_ctx()
    if run is None or run.is_history_navigation:
        return
    with get_session_state().query_params() as link:
        state: SessionState = get_session_state()._state
        binding = link.get_binding_for_param(key)
        if binding is None or binding.widget_id not in state._new_widget_state.states:
            return
        if not _agrees(state, binding.widget_id, link._initial_query_params.get(key)):
            texts = _texts(state, binding.widget_id)
            _put(link, key, texts)
            link._initial_query_params.pop(key, None)
            if texts is not None:
                link._initial_query_params[key] = texts


def end(key: str) -> None:
    """Let the browser's link say what the control that was just drawn stands at.

    It may say something else now, or will as soon as a message arrives that was sent before the browser asked for this
    run. If the browser's link is right already, it does nothing with one more message.
    """
    run = get_script_run_ctx()
    if run is None:
        return
    with get_session_state().query_params() as link:
        state: SessionState = get_session_state()._state
        binding = link.get_binding_for_param(key)
        if binding is None:
            return
        known = _parsed(run.query_string)  # what the browser asked with, or was sent since
        last = _last_sent(link, run)
        unheard = last if last and last.text is not run.query_string else None
        if unheard is None and _agrees(state, binding.widget_id, known.get(key)):
            return
        if unheard:
            _take_over(link, unheard)
        _follow(link, state, run)
        if unheard or state.is_new_state_value(key) or not state._widget_changed(binding.widget_id):
            link._send_query_param_msg()  # else it was moved just now, and the browser has put it into its address


def _last_sent(link: QueryParams, run: ScriptRunContext) -> _Sent | None:
    """Return the last message of this page, if it is of this run or the browser may not have had it.

    A rerun that the server itself has asked for begins with the very text of the message: that is no sign of a browser.
    """
    last: _Sent | None = vars(link).get(_SENT)
    if last is None or last.text is run.query_string:
        return last
    current = last.page == run.page_script_hash and not run.is_history_navigation
    if current and time.monotonic() - last.at < ARRIVES and not last.heard(_parsed(run.query_string)):
        return last
    del vars(link)[_SENT]
    return None


def _take_over(link: QueryParams, unheard: _Sent) -> None:
    """Put into the link what the message changed of values that no control holds, if the browser has not had it."""
    now = _parsed(unheard.text)
    for key, before in unheard.changes().items():
        if not link.is_bound(key) and link.get_all(key) == before:
            _put(link, key, now.get(key))


def _follow(link: QueryParams, state: SessionState, run: ScriptRunContext) -> None:
    """Put into the link what the controls stand at that are drawn: in this run up to now, or outside its fragments."""
    for id, binding in link._bindings_by_widget.items():
        drawn = id in run.shared.widget_ids_this_run or run.fragment_ids_this_run
        if drawn and id in state and not _agrees(state, id, link.get_all(binding.param_key)):
            _put(link, binding.param_key, _texts(state, id))


def _texts(state: SessionState, id: str) -> list[str] | None:
    """Return what a link says of the control `id`: of one at its default nothing."""
    metadata, value = state.get_widget_metadata(id), state.get_widget_value(id)
    if metadata is None or value == metadata.deserializer(None):
        return None
    texts = _coerce_value_for_query_url(metadata.serializer(value), metadata.value_type)
    return [texts] if isinstance(texts, str) else texts


def _agrees(state: SessionState, id: str, texts: Sequence[str] | None) -> bool:
    """Return whether `texts` are a way to write what the control `id` stands at."""
    metadata, value = state.get_widget_metadata(id), state.get_widget_value(id)
    if metadata is None:
        return True
    try:
        said = parse_url_param(texts[0] if len(texts) == 1 else list(texts), metadata.value_type) if texts else None
        return bool(metadata.deserializer(said) == value)
    except (ValueError, TypeError, IndexError, ArithmeticError):
        return False


def _parsed(text: str) -> Link:
    return parse_qs(text, keep_blank_values=True)


def _put(link: QueryParams, key: str, texts: list[str] | None) -> None:
    if texts is None:
        link.discard_param_no_forward_msg(key)
    else:
        link.set_with_no_forward_msg(key, texts[0] if len(texts) == 1 else texts)

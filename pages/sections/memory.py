"""What the pages of the memory methods share: which network answers, and what a part takes over from another."""

from collections.abc import Mapping
from functools import partial
from typing import TypeVar

import streamlit as st

from core.storage.checkpoints import Checkpoint
from core.training.config import MemoryConfig
from lessons.engine.language import listed, t
from pages.sections.network import Network
from pages.sections.training import last_finished, theta_of
from pages.widgets import controls

Config = TypeVar("Config", bound=MemoryConfig)
OWN = {"own": "your run"}


def network(
    page: str,
    labels: dict[str, str],
    runs: Mapping[str, Checkpoint[Config]],
    kind: type[Config],
    task_kind: str = "",
    drawn: bool = True,
) -> tuple[str, Network[Config]]:
    """Let the learner choose among `labels` which network answers on `page`.

    That is a run of `runs`, "random" for the start of the first of them, or "own" where a run of this page with a
    config of the class `kind` has finished; `task_kind`: the kind of sequences that it must have trained on, if any.
    drawn: whether the choice is drawn here; otherwise its value counts.
    """
    job = last_finished(page)
    config = job.config if job and isinstance(job.config, kind) else None
    if config is not None and task_kind and task_kind != getattr(config.task, "kind", ""):
        config = None
    if config is not None and job:
        labels = labels | OWN
        if st.session_state.get("_answering") != job.id:
            st.session_state["_answering"], st.session_state["who"] = job.id, labels["own"]
    elif st.session_state.get("who") == OWN["own"]:
        st.session_state["who"] = next(iter(labels.values()))
    ask = partial(controls.choice, "who", "Answers of") if drawn else partial(controls.linked_choice, "who")
    name = ask(labels, next(iter(labels)))
    if name == "own" and config is not None and job:
        return name, Network(config, theta_of(job))
    shipped = runs.get(name) or next(iter(runs.values()))
    return name, Network(shipped.config, shipped.start if name == "random" else shipped.snapshot.theta)


def taken_over(scene: str, changed: Mapping[str, str]) -> None:
    """Say what the part `scene` of this chapter has set that this one does not show, and offer to put it back.

    changed: for each control its choice in words, empty where it is as at first.
    """
    said = [words for words in changed.values() if words]
    if said:
        with st.container(horizontal=True, vertical_alignment="center", key="taken_over"):
            st.caption(t("As set in *{scene}*: {said}.", scene=t(scene), said=listed(said)), width="content")
            st.button(t("As at first"), icon=":material/restart_alt:", on_click=controls.let_go, args=(*changed,))

"""What the pages of the memory methods share: whose network answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import streamlit as st

from core.storage.checkpoints import Checkpoint
from core.training.config import MemoryConfig
from pages.sections.training import last_finished, theta_of
from pages.widgets import controls

Config = TypeVar("Config", bound=MemoryConfig)


@dataclass(frozen=True)
class Network(Generic[Config]):
    """A network that answers: the config that it was trained with, and its theta [parameters]."""

    training: Config
    theta: np.ndarray


def network(
    page: str,
    labels: dict[str, str],
    runs: Mapping[str, Checkpoint[Config]],
    kind: type[Config],
    task_kind: str = "",
) -> tuple[str, Network[Config]]:
    """Let the learner choose among `labels` who answers on `page`.

    That is a run of `runs`, "random" for the start of the first of them, or "own" where a run of this page with a
    config of the class `kind` has finished; `task_kind`: the kind of sequences that it must have trained on, if any.
    """
    job = last_finished(page)
    own = job.config if job and isinstance(job.config, kind) else None
    if own is not None and task_kind and task_kind != getattr(own.task, "kind", ""):
        own = None
    if own is not None and job:
        labels = labels | {"own": "your run"}
        if st.session_state.get("_answering") != job.id:
            st.session_state["_answering"], st.session_state["who"] = job.id, labels["own"]
    elif st.session_state.get("who") == "your run":
        st.session_state["who"] = next(iter(labels.values()))
    who = controls.choice("who", "Answers of", labels, next(iter(labels)))
    if who == "own" and own is not None and job:
        return who, Network(own, theta_of(job))
    shipped = runs.get(who) or next(iter(runs.values()))
    return who, Network(shipped.config, shipped.start if who == "random" else shipped.snapshot.theta)

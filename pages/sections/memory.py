"""What the pages of the memory methods share: whose network answers, and how a recorded first answer is used."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.training.config import TrainingConfig
from lessons.demos import memory
from pages.sections.training import last_finished, theta_of
from pages.widgets import controls


@dataclass(frozen=True)
class Network:
    """A network that answers: the config it was trained with, and its theta [parameters]."""

    training: TrainingConfig
    theta: np.ndarray


def network(page: str, labels: dict[str, str], runs: dict[str, str], kind: object = None) -> tuple[str, Network]:
    """Who answers on `page`, as the learner chose among `labels`: a run of `runs`, "random", or "own" where one
    of the task `kind` has finished.
    """
    own = last_finished(page)
    fits = own is not None and (kind is None or kind == getattr(getattr(own.config, "task", None), "kind", None))
    if own and fits:
        labels = labels | {"own": "your run"}
        if st.session_state.get("_answering") != own.id:
            st.session_state["_answering"], st.session_state["who"] = own.id, labels["own"]
    elif st.session_state.get("who") == "your run":
        st.session_state["who"] = next(iter(labels.values()))
    who = controls.choice("who", "Answers of", labels, next(iter(labels)))
    if who == "own" and own:
        assert isinstance(own.config, TrainingConfig)
        return who, Network(own.config, theta_of(own))
    shipped = memory.recorded(runs.get(who, next(iter(runs.values()))))
    return who, Network(shipped.config, shipped.start if who == "random" else shipped.snapshot.theta)

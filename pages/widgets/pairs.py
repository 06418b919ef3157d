"""The pairs of a mistake as a component: cards to pick from."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from lessons.demos.fewshot import Episode
from lessons.demos.metric import Pair
from lessons.engine.language import t
from lessons.figures.pictures import sheet
from pages.widgets.characters import pictures_of
from pages.widgets.components import asset

_pairs = st.components.v2.component(
    "meta_pairs",
    html='<div class="pairs"></div>',
    css=asset("pairs.css"),
    js=asset("pictures.js") + asset("pairs.js"),
)
PAIR_SIZE = 64  # pixels of a picture in a pair


def pair_cards(
    key: str, episode: Episode, pairs: Sequence[Pair], picked: int, on_click: Callable[[], None], titles: Sequence[str]
) -> None:
    """Draw pairs as cards with titles to pick from; a click leaves its number in `key`.clicked."""
    data = {
        "sheet": sheet(np.concatenate(pictures_of(episode))).to_json(),
        "size": PAIR_SIZE,
        "picked": picked,
        "pairs": [
            {
                "cells": [len(episode.characters) * episode.shots + pair.query, pair.support],
                "p": pair.probability,
                "title": titles[i],
                "text": t(
                    "weighted difference {distance:.2f}, p\u00a0=\u00a0{probability:.2f}",
                    distance=pair.distance,
                    probability=pair.probability,
                ),
            }
            for i, pair in enumerate(pairs)
        ],
    }
    _pairs(key=key, data=data, on_clicked_change=on_click)

"""Comparisons as a component: links from a step to what it reads, or two pairs of a mistake to pick from."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from core.memory_events import Recalled
from lessons.demos.fewshot import LETTERS, Episode
from lessons.demos.memory import read_from, read_shares
from lessons.demos.metric import Pair
from lessons.engine.language import named, t
from lessons.figures.pictures import sheet
from lessons.figures.theme import class_colour
from pages.widgets.characters import pictures_of
from pages.widgets.components import asset

_links = st.components.v2.component(
    "meta_links",
    html='<div class="links"></div>',
    css=asset("links.css"),
    js=asset("pictures.js") + asset("links.js"),
)
PAIR_SIZE = 64  # pixels of a picture in a pair


def reading_links(key: str, recalled: Recalled, step: int) -> None:
    """Draw links from a step to each earlier picture, as wide as its share of the reading, and each label's sum."""
    shares = read_shares(recalled, step)
    ties = read_from(recalled, step) / max(float(recalled.sources[step].sum()), 1e-9)
    labels = recalled.y[:step]
    rows = [
        {
            "letter": LETTERS[k],
            "colour": class_colour(k),
            "name": t("label {letter}", letter=LETTERS[k]),
            "sum": float(shares[k]),
            "said": f"{shares[k]:.0%}",
            "truth": bool(recalled.y[step] == k),
            "cells": [{"cell": int(i), "tie": float(ties[i])} for i in np.flatnonzero(labels == k)],
        }
        for k in range(recalled.p.shape[1])
    ]
    sums = named(f"{row['letter']} {row['sum']:.0%}" for row in rows)
    data = {
        "kind": "links",
        "sheet": sheet(recalled.x[: step + 1]).to_json(),
        "query": step,
        "rows": rows,
        "alt": t("What step {at} read, by the label that came when it was written: {shares}", at=step + 1, shares=sums),
        "words": {"query": t("step {at}, is {letter}", at=step + 1, letter=LETTERS[recalled.y[step]])},
    }
    _links(key=key, data=data, on_clicked_change=lambda: None)


def pair_cards(
    key: str, episode: Episode, pairs: Sequence[Pair], picked: int, on_click: Callable[[], None], titles: Sequence[str]
) -> None:
    """Draw pairs as cards with titles to pick from; a click leaves its number in `key`.clicked."""
    data = {
        "kind": "pairs",
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
    _links(key=key, data=data, on_clicked_change=on_click)

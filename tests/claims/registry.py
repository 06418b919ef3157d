"""The registry of claims: each sentence that a notice, a goal or a caption can say, with a check that it is true.

A family's file (`test_optimization.py`, ...) has a `Claims` and registers each template that its notices say, word for
word as in the code, with a check that reads the *state* alone: the arrays that the figure beside it shows, not what the
notice has computed. A test draws at least `STATES` random states (settings, seeds, tasks, both data sets), lets
the real notice speak, and `audit` fails on a sentence that is false, is not registered, contradicts a check, or
holds a NaN, a plural of one or Markdown that is not closed.
"""

import re
import reprlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np

from lessons.engine import language

STATES = 100  # random states of each demo, at least
ROUNDING = 1e-9
FAULTS = {
    "a number that is none": re.compile(r"(?<![a-z])(nan|inf|None)(?![a-z])"),
    "a plural of one": re.compile(
        r"(?<![\d.,])1 (?!is\b|as\b|this\b|plus\b|across\b|shows\b|writes\b|empties\b)[a-z]+s\b"
    ),
    "a hyphen for a minus": re.compile(r"(?<![\w−-])-\d"),
    "a minus zero": re.compile(r"[-−]0(\.0+)?(?![\d.])"),
    "a field that is not filled in": re.compile(r"\{\w*[:}]"),
    "words that run together": re.compile(r"[\w)]\.[A-Z]|,,|\.\.(?!\.)| ,| \."),
}

# of the same sentences in Chinese: a space stands between Chinese and Latin letters or digits, and nowhere else
HAN = "\u4e00-\u9fff"
CHINESE_FAULTS = {
    "Chinese that is pulled apart": re.compile(rf"[{HAN}，；：、（] +[{HAN}]"),
    "Chinese that touches Latin letters or digits": re.compile(rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]"),
    "a half-width mark": re.compile(rf"[{HAN}] ?[:;,?!]|[:;,?!] ?[{HAN}]"),
}


@dataclass(frozen=True)
class Said:
    """A sentence that was said: its template, the values in it, and how it reads."""

    template: str
    values: dict[str, Any]
    text: str


@contextmanager
def listening() -> Iterator[list[Said]]:
    """Collect what lessons say meanwhile, in the order in which it is said."""
    said: list[Said] = []
    speak = language.t

    def heard(template: str, **values: Any) -> str:
        text = speak(template, **values)
        said.append(Said(template, values, text))
        return text

    modules = [m for name, m in list(sys.modules.items()) if name.startswith(("lessons.", "pages."))]
    listeners = [patch.object(m, "t", heard) for m in modules if getattr(m, "t", None) is speak]
    for listener in listeners:
        listener.start()
    try:
        yield said
    finally:
        for listener in listeners:
            listener.stop()


def _short(state: Any) -> str:
    """Return the numbers of a state that fit into a line."""
    return reprlib.repr(
        {name: value for name, value in vars(state).items() if not isinstance(value, np.ndarray)}
        if hasattr(state, "__dict__")
        else state
    )


Check = Callable[[Any, dict[str, Any]], bool]


@dataclass
class Claims:
    """The claims of a family of pages, by template; `audit` has seen those in `heard`."""

    checks: dict[str, Check] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)

    def says(self, *templates: str) -> Callable[[Check], Check]:
        """Register a check of (state, values in the sentence) for `templates`."""

        def register(check: Check) -> Check:
            for template in templates:
                assert template not in self.checks, f"registered twice: {template}"
                self.checks[template] = check
            return check

        return register

    def names(self, *templates: str) -> None:
        """Register words that claim nothing by themselves: names, parts of a sentence that another check holds."""
        self.says(*templates)(lambda state, values: True)

    def audit(self, speak: Callable[[], str], state: Any) -> str:
        """Let a page speak of `state` and return its text. Raises AssertionError where what it says is not so."""
        with listening() as said:
            text = speak()
        for one in said:
            assert one.template in self.checks, f"no claim is registered for: {one.template!r}"
            self.heard.add(one.template)
            assert self.checks[one.template](state, one.values), f"not so: {one.text!r} in {text!r} of {_short(state)}"
        for what, pattern in FAULTS.items():
            match = pattern.search(text)
            assert not match, f"{what}, {match and match[0]!r}, in {text!r}"
        assert text.count("**") % 2 == 0, f"bold is not closed in {text!r}"
        with patch.object(language._Learner, "language", staticmethod(lambda: "zh")):
            in_chinese = speak()
        for what, pattern in CHINESE_FAULTS.items():
            match = pattern.search(in_chinese)
            assert not match, f"{what}, {match and match[0]!r}, in {in_chinese!r}"
        return text

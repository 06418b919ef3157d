"""Every number on the screen has the same minus sign, U+2212, and none a hyphen."""

import re

import pytest

from lessons.engine import language
from lessons.engine.course import COURSE
from lessons.engine.language import filled, t
from tests.pages.test_lessons import opened
from tests.pages.test_pages import words

FORMULA = re.compile(r"\$\$.*?\$\$|\$.*?\$", re.DOTALL)  # its hyphens are drawn as minus signs
HYPHEN = re.compile(r"(?<![\w−-])-[\d.]")  # no date, and no "5-way"
NEGATIVE = {"ntm": {"s": "-0.5"}, "matching": {"x": "-3.0"}}  # links whose screens speak of numbers below zero


@pytest.mark.parametrize("said", ["zh", "en"])
def test_a_text_writes_its_numbers_with_a_minus_sign_and_leaves_words_alone(said, monkeypatch):
    monkeypatch.setattr(language._Learner, "language", staticmethod(lambda: said))
    assert t("{a:.1f} and {b:+.2f}, {name}", a=-0.5, b=-1, name="5-way -1") == "−0.5 and −1.00, 5-way -1"
    assert filled("{a:g} of {a:.0%}", a=-1e-05) == "−1e−05 of −0%"


@pytest.mark.parametrize("name", COURSE)
def test_no_page_writes_a_hyphen_for_a_minus(name):
    at = opened(name, **NEGATIVE.get(name, {}))
    said = "\n".join([words(at), *(one.value for one in at.caption)])
    assert not HYPHEN.findall(FORMULA.sub("", said))

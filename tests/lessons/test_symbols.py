"""Symbols that light up parts of a stage: they stand in the texts of both languages, and are known as KaTeX sets."""

import re

import pytest

from lessons.engine.content import find
from lessons.engine.course import COURSE, lesson
from lessons.engine.language import LANGUAGES
from lessons.engine.symbols import lights, look

LIT = [name for name in COURSE if lesson(name).lights]


def signs(tex: str) -> list[tuple[str, list[str]]]:
    return [(sign["base"], sign["scripts"]) for sign in look(tex)]


@pytest.mark.parametrize("name", LIT)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_symbol_stands_in_a_formula_of_the_explanation(name, language):
    formulas = re.findall(r"\$\$?(.+?)\$\$?", find(name, "explain", language).text, re.DOTALL)
    for tex in lesson(name).lights:
        assert any(tex in formula for formula in formulas), tex


@pytest.mark.parametrize("name", LIT)
def test_a_symbol_has_a_look_and_parts_and_no_two_look_the_same(name):
    looks = [str(one["look"]) for one in lights(name)]
    assert len(set(looks)) == len(looks) and all(one["look"] and one["parts"] for one in lights(name))


@pytest.mark.parametrize(
    ("tex", "known"),
    [
        (r"\theta", [("θ", [])]),
        (r"\hat x", [("x^", [])]),
        (r"w^{lu}", [("w", ["lu"])]),
        (r"w_{t-1}", [("w", ["t−1"])]),
        (r"L_i^{\text{query}}", [("L", ["i", "query"])]),
        (r"\nabla_{\theta} L_i", [("∇", ["θ"]), ("L", ["i"])]),
        (r"[k_{t-1}, v_t]", [("[", []), ("k", ["t−1"]), (",", []), ("v", ["t"]), ("]", [])]),
        (r"\phi_i - \theta", [("ϕ", ["i"]), ("−", []), ("θ", [])]),
    ],
)
def test_a_symbol_is_known_by_its_letter_and_its_scripts(tex, known):
    assert signs(tex) == known

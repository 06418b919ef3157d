"""The symbols of a lesson's formulas that light up their part of the stage: how each looks when KaTeX has set it."""

import re
from typing import Any

from lessons.engine.course import lesson

GLYPHS = {
    r"\theta": "θ", r"\phi": "ϕ", r"\varphi": "φ", r"\alpha": "α", r"\beta": "β", r"\gamma": "γ", r"\epsilon": "ϵ",
    r"\sigma": "σ", r"\nabla": "∇", r"\sum": "∑", r"\min": "min", r"\lvert": "∣", "-": "−",
}  # fmt: skip
ACCENTS = {r"\hat": "^", r"\tilde": "~"}
_SCRIPT = r"[_^](\{(?:[^{}]|\{[^{}]*\})*\}|\\[a-z]+|\w)"
_SYMBOL = re.compile(
    rf"(?:(?P<accent>{'|'.join(map(re.escape, ACCENTS))}) )?(?P<base>[A-Za-z]|\\[a-z]+|[-()\[\],])"
    rf"(?P<scripts>(?:{_SCRIPT})*)"
)


def lights(name: str) -> list[dict[str, Any]]:
    """Return the symbols of the lesson `name` that light up parts: for each its TeX, the parts, and how to know it."""
    return [{"tex": tex, "parts": parts.split(), "look": look(tex)} for tex, parts in lesson(name).lights.items()]


def look(tex: str) -> list[dict[str, Any]]:
    """Return the signs of which a symbol is made, with the accent and the scripts of each as far as they matter: a sign
    with others as well is still this one.
    """
    return [
        {
            "base": GLYPHS.get(sign["base"], sign["base"]) + ACCENTS.get(sign["accent"] or "", ""),
            "scripts": [_plain(script) for script in re.findall(_SCRIPT, sign["scripts"])],
        }
        for sign in _SYMBOL.finditer(tex)
    ]


def _plain(script: str) -> str:
    """Return a script as it is set, without spaces."""
    text = re.sub(r"\\text\{([^{}]*)\}", r"\1", script)
    for tex, glyph in GLYPHS.items():
        text = text.replace(tex, glyph)
    return re.sub(r"[{} ]", "", text)

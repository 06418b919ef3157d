"""First-order MAML: what the Hessian term does to the outer arrow."""

import streamlit as st

from core.demos.source import lines_with
from lessons.engine.content import section
from lessons.engine.language import t
from pages.sections.chapters import Scene, chapters
from pages.sections.parameter_space import arrows_of_now, beside, parameter_space, played
from pages.widgets.components import source_panel

LESSON = "first_order"
FILE = "core/methods/maml/algorithm.py"
LEFT_OUT = (
    "curvature=config.order == 2",
    "if config.order == 2",
    "for hessian_times in",
    "hessian_times(gradient)",
)


def _see() -> None:
    parameter_space("fomaml")


def _why() -> None:
    st.header(t("Two arrows from the same paths"), anchor="try")
    st.markdown(section(LESSON, "space"))
    arrows_of_now()


def _code() -> None:
    st.header(t("The code: what first order leaves out"), anchor="code")
    source_panel("source", FILE, ["meta_gradient"], lines_with(FILE, "meta_gradient", *LEFT_OUT))


chapters(
    LESSON,
    {
        "see": _see, "predict": lambda: played("fomaml", 0.01, 3, "at"),
        "beside": lambda: beside("fomaml"),
        "why": [Scene("try", "Two arrows", _why)], "code": _code,
    },
    {},
    rate="plane_rate", steps="plane_steps", theta1="theta1", theta2="theta2",
)  # fmt: skip

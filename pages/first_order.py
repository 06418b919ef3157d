"""First-order MAML: what the Hessian term does to the outer arrow."""

import streamlit as st

from core.source import lines_with
from lessons.content import section
from lessons.language import t
from pages.ui import controls, lesson
from pages.ui.components import source_panel
from pages.ui.parameter_space import parameter_space

LESSON = "first_order"
FILE = "core/algorithms/maml.py"
LEFT_OUT = (
    "curvature=config.order == 2",
    "if config.order == 2",
    "for hessian_times in",
    "hessian_times(contribution)",
)

lesson.opening(LESSON)
notices = st.container()
st.header(t("Try: two arrows from the same paths"), anchor="try")
st.markdown(section(LESSON, "space"))
lesson.presets(LESSON)
parameter_space("fomaml")
with st.expander(t("The code: what first order leaves out")):
    source_panel("source", FILE, ["meta_gradient"], lines_with(FILE, "meta_gradient", *LEFT_OUT))
lesson.ending(LESSON, rate="plane_rate", steps="plane_steps", theta1="theta1", theta2="theta2")
controls.show_notices(notices)

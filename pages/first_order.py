"""First-order MAML: what the Hessian term does to the outer arrow."""

import streamlit as st

from lessons.content import section
from lessons.language import t
from pages.ui import controls, lesson
from pages.ui.parameter_space import parameter_space

LESSON = "first_order"

lesson.opening(LESSON)
notices = st.container()
st.header(t("Try: two arrows from the same paths"), anchor="try")
st.markdown(section(LESSON, "space"))
lesson.presets(LESSON)
parameter_space("fomaml")
lesson.ending(LESSON, rate="plane_rate", steps="plane_steps", theta1="theta1", theta2="theta2")
controls.show_notices(notices)

"""First-order MAML: what the Hessian term does to the outer arrow."""

import streamlit as st

from lessons.content import section
from pages.ui import controls, lesson
from pages.ui.parameter_space import parameter_space

LESSON = "first_order"

lesson.opening(LESSON)
notices = st.container()
st.header("Try: two arrows from the same paths", anchor="try")
st.markdown(section(LESSON, "space"))
lesson.presets(LESSON)
parameter_space("fomaml")
lesson.ending(LESSON)
controls.show_notices(notices)

"""Speed: the measurements of `python -m core bench --save`, as figures."""

import streamlit as st

from core.bench import FILE
from lessons.demos.shipped import measurements
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import speed as figures
from pages.sections.metric import part
from pages.widgets.figure import show

LESSON = "speed"

st.title(section(LESSON, "title"))
st.markdown(section(LESSON, "goal"))
rows = [row for recorded in measurements(FILE).values() for row in recorded]
kinds = {
    kind: [row for row in rows if row.get("event") == kind]
    for kind in ("bench", "growth", "demo", "scaling", "roofline")
}
if rows:
    machine = rows[0]
    st.caption(
        t("Measured with one thread for each operation on {cores} cores ({cpu}), torch {torch}, Python {python}.",
          **{name: machine[name] for name in ("cores", "cpu", "torch", "python")})
    )  # fmt: skip
else:
    st.info(t("Not recorded yet; `{command}` makes it.", command="python -m core bench --save"))
for title, anchor, kind, draw in (
    ("Against what one would use instead", "ratios", "bench", figures.ratios),
    ("With the size", "growth", "growth", figures.growth),
    ("Until a demo has learned", "demos", "demo", figures.demos),
    ("Over several processes", "processes", "scaling", figures.scaling),
    ("Against the machine's limits", "limits", "roofline", figures.limits),
):
    if kinds[kind]:
        part(LESSON, title, anchor)
        show(draw(kinds[kind]), kind)
part(LESSON, "Next", "next")

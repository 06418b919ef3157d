"""Glossary: every term of the course, and the lessons that use it."""

import streamlit as st

from lessons.engine import course, glossary
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.engine.links import link

st.title(t("Glossary"))
query = st.text_input(t("Find a term"), key="term", bind="query-params", placeholder=t("support, head, Hessian …"))
matches = {
    term: text
    for term, text in glossary.terms().items()
    if query.lower() in term.lower() or query.lower() in text.lower()
}
if not matches:
    st.info(t("No term has these letters in it. Try fewer of them."))
for term, text in matches.items():
    st.subheader(term, anchor=glossary.anchor(term))
    st.markdown(text)
    lessons = [name for name in course.COURSE if term in glossary.used_in(name)]
    if lessons:
        st.caption(" · ".join(f"[{section(name, 'title')}]({link(course.lesson(name).page)})" for name in lessons))

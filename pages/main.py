"""Entry of every page: page config and navigation."""

from pathlib import Path

import streamlit as st

from pages.ui.progress import load

HERE = Path(__file__).parent

st.set_page_config(page_title="Learn meta-learning", page_icon=":material/school:", layout="wide")
# the default margins leave a third of a small screen empty
st.html(
    "<style>.stMainBlockContainer { padding: 3rem clamp(1rem, 4vw, 4rem) 4rem; }"
    "@media print { .stSidebar, .stAppHeader, .stButton, .stDownloadButton, .stFileUploader, .stPopover"
    " { display: none; } }</style>"
)

load()
st.navigation(
    {
        "": [st.Page(HERE / "home.py", title="Start", icon=":material/home:", default=True)],
        "Ideas": [
            st.Page(HERE / "tasks.py", title="Tasks and meta-knowledge", icon=":material/hub:", url_path="tasks"),
            st.Page(HERE / "characters.py", title="Characters", icon=":material/draw:", url_path="characters"),
        ],
        "Learn where to start": [
            st.Page(HERE / "maml.py", title="MAML", icon=":material/call_split:", url_path="maml"),
            st.Page(
                HERE / "first_order.py", title="First order", icon=":material/exposure_neg_1:", url_path="first-order"
            ),
            st.Page(HERE / "reptile.py", title="Reptile", icon=":material/near_me:", url_path="reptile"),
            st.Page(
                HERE / "fewshot_maml.py", title="Few-shot MAML", icon=":material/grid_view:", url_path="fewshot-maml"
            ),
            st.Page(
                HERE / "fewshot_reptile.py",
                title="Few-shot Reptile",
                icon=":material/apps:",
                url_path="fewshot-reptile",
            ),
        ],
        "Learn to compare": [
            st.Page(HERE / "siamese.py", title="Siamese", icon=":material/compare:", url_path="siamese"),
            st.Page(HERE / "matching.py", title="Matching", icon=":material/join_inner:", url_path="matching"),
        ],
        "Learn what to remember": [
            st.Page(HERE / "ntm.py", title="Neural Turing Machine", icon=":material/memory:", url_path="ntm"),
            st.Page(HERE / "mann.py", title="MANN", icon=":material/inventory_2:", url_path="mann"),
        ],
        "Learn to read": [
            st.Page(HERE / "reading.py", title="Published code", icon=":material/bug_report:", url_path="reading"),
        ],
        "Yours": [
            st.Page(HERE / "progress.py", title="Your progress", icon=":material/checklist:", url_path="progress"),
            st.Page(HERE / "glossary.py", title="Glossary", icon=":material/menu_book:", url_path="glossary"),
        ],
    }
).run()

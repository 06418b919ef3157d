"""The pages, in the order of the side bar."""

# file, title, icon, address; the first is the start page
GROUPS = {
    "": [("home", "Start", "home", "")],
    "Ideas": [
        ("tasks", "Tasks and meta-knowledge", "hub", "tasks"),
        ("characters", "Characters", "draw", "characters"),
    ],
    "Learn where to start": [
        ("maml", "MAML", "call_split", "maml"),
        ("first_order", "First order", "exposure_neg_1", "first-order"),
        ("reptile", "Reptile", "near_me", "reptile"),
        ("fewshot_maml", "Few-shot MAML", "grid_view", "fewshot-maml"),
        ("fewshot_reptile", "Few-shot Reptile", "apps", "fewshot-reptile"),
        ("what_adapts", "What really adapts?", "layers", "what-adapts"),
    ],
    "Learn to compare": [
        ("siamese", "Siamese", "compare", "siamese"),
        ("matching", "Matching", "join_inner", "matching"),
    ],
    "Learn what to remember": [
        ("ntm", "Neural Turing Machine", "memory", "ntm"),
        ("mann", "MANN", "inventory_2", "mann"),
        ("in_context", "Learning in context", "forum", "in-context"),
    ],
    "Learn to judge": [
        ("choosing", "Choosing between them", "fork_right", "choosing"),
        ("compare", "Side by side", "leaderboard", "compare"),
        ("draw", "Draw it yourself", "gesture", "draw"),
        ("speed", "Speed", "speed", "speed"),
        ("reading", "Published code", "bug_report", "reading"),
    ],
    "Yours": [
        ("runs", "Your runs", "history", "runs"),
        ("progress", "Your progress", "checklist", "progress"),
        ("glossary", "Glossary", "menu_book", "glossary"),
    ],
}

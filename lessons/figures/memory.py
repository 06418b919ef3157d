"""Figures of the Neural Turing Machine: the tape, one of its steps, the stages of addressing, errors by length."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.events.memory import Addressed, Tape, Written
from lessons.demos.heads import SHARP
from lessons.demos.memory import PARTS, used_rows
from lessons.engine.language import joined, listed, minus, named, plural, t
from lessons.figures.chart import BARE, CHANCE, above, across, band, bar, chart, heatmap, nth, scatter, words_at
from lessons.figures.curves import Curve, one_line, updates_in_words, updates_up_to
from lessons.figures.theme import MUTED, OUTER, READ, WRITE, Line, Shown

INK = "#009E73"
SIGNED = [(0, "#3B8FD0"), (0.5, "rgba(128,128,128,0.12)"), (1, OUTER)]  # zero almost has the page's own colour
UNDER_TEXT = [(0, "#3B8FD0"), (0.5, "#F4F4F4"), (1, OUTER)]  # dark letters stay legible on it, even on a dark page
STAGES = {
    "before": "where it was",
    "content": "1 content",
    "gated": "2 interpolation",
    "shifted": "3 shift",
    "sharpened": "4 sharpening",
}
LENGTH_LINES = {
    "both": Line(PARTS["both"], OUTER, "solid", 3),
    "shift": Line(PARTS["shift"], "#3B8FD0", "dash", 2.5),
    "content": Line(PARTS["content"], "#CC79A7", "dot", 2.5),
}


def shades(colour: str) -> list[tuple[float, str]]:
    """Return a colour scale from almost transparent to `colour`, legible on light and on dark pages."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return [(0.0, f"rgba({r},{g},{b},0.07)"), (1.0, colour)]


def tape(tape: Tape, step: int | None = None, title: str = "") -> Shown:
    """Draw input, target, output and the position of each head over time; `step` (from 0) is marked."""
    heads = tape.weightings.shape[1]
    writers = range(tape.readers, heads)
    rows = used_rows(tape.weightings)
    steps = np.arange(1, len(tape.x) + 1)
    answered = tape.answer_mask.astype(bool)
    silent = np.where(answered[:, None], 1.0, np.nan)
    bands = [
        ("input", tape.x.T, INK, None),
        ("target", (tape.y * silent).T, INK, None),
        ("output", (tape.p * silent).T, OUTER, None),
        *((_head("write", i - tape.readers, len(writers)), tape.weightings[:, i].T, WRITE, rows) for i in writers),
        *((_head("read", i, tape.readers), tape.weightings[:, i].T, READ, rows) for i in range(tape.readers)),
    ]
    heights = [len(tape.x.T) / 2 + 3, *(len(tape.y.T) / 2 + 3,) * 2, *(11,) * heads]
    axes = [
        {"title": {"text": t(name)}, "showticklabels": row_numbers is not None, "autorange": "reversed", "nticks": 6,
         "type": None if row_numbers is None else "category"} | BARE
        for name, _, _, row_numbers in bands
    ]  # fmt: skip
    traces = []
    for i, (name, values, colour, row_numbers) in enumerate(bands, 1):
        shown = values if row_numbers is None else values[row_numbers]
        traces.append(
            heatmap(
                x=steps, y=None if row_numbers is None else [str(row) for row in row_numbers], z=np.round(shown, 3),
                zmin=0, zmax=1, colorscale=shades(colour), showscale=False, xgap=1 if len(steps) < 60 else 0, ygap=1,
                name=name, yaxis=nth("y", i),
                hovertemplate=t(
                    "{name}, step %{{x}}, {what} %{{y}}: %{{z:.2f}}<extra></extra>",
                    name=t(name), what=t("channel") if row_numbers is None else t("row"),
                ),
            )
        )  # fmt: skip
    wrong_bits = np.argwhere(answered[:, None] & ((tape.p > 0.5) != (tape.y > 0.5)))
    cross = {"symbol": "x", "size": 8, "color": "#222222", "line": {"width": 1, "color": "white"}}
    traces.append(
        scatter(
            x=wrong_bits[:, 0] + 1, y=wrong_bits[:, 1], mode="markers", marker=cross, showlegend=False, yaxis="y3",
            hovertemplate=t("wrong bit") + "<extra></extra>",
        )
    )  # fmt: skip
    figure = chart(
        traces, "step", bands[0][0], 130 + int(16 * sum(heights)), showlegend=False,
        shapes=[] if step is None else [band(step + 0.5, step + 1.5)], **above(heights, 0.025, axes, xaxis=BARE),
    )  # fmt: skip
    top_rows = {name: tape.weightings[:, i].argmax(-1) for i, name in enumerate(_names(tape))}
    bits = int(answered.sum()) * tape.y.shape[1]
    return Shown(
        figure,
        title or t("The tape: what came in, what came out, and where the heads were"),
        joined(
            t("{count} steps; {wrong} of {bits} bits wrong.", count=len(steps), wrong=tape.wrong, bits=bits),
            t(
                "Row with the most weight at each step: {rows}.",
                rows=listed(f"{name} {named(map(str, rows))}" for name, rows in top_rows.items()),
            ),
        ),
        pd.DataFrame(
            {"step": steps, "asked": answered} | {t("{name} row", name=name): rows for name, rows in top_rows.items()}
        ),
    )


def progress_title(tape: Tape) -> str:
    """Return the title of a tape that a training run shows on its way."""
    return plural(
        tape.wrong,
        "One new sequence after {updates}: {count} wrong bit",
        "One new sequence after {updates}: {count} wrong bits",
        updates=updates_in_words(tape.iteration),
    )


def _head(kind: str, i: int, count: int) -> str:
    return t(f"{kind} head") + (f" {i + 1}" if count > 1 else "")


def _names(tape: Tape) -> list[str]:
    heads = tape.weightings.shape[1]
    return [
        *(_head("read", i, tape.readers) for i in range(tape.readers)),
        *(_head("write", i, heads - tape.readers) for i in range(heads - tape.readers)),
    ]


def stages(
    addressed: Addressed, step: int, head: int, rows: np.ndarray, colour: str, title: str, target: int | None = None
) -> Shown:
    """Draw one head at one step as bars: its last weighting, and its weighting after each of the four stages.

    target: the row to mark.
    """
    traces = []
    table = {"row": rows}
    labels = [str(row) for row in rows]
    for i, (part, name) in enumerate(STAGES.items(), 1):
        values = getattr(addressed, part)[step, head][rows]
        table[name] = np.round(values, 4)
        traces.append(
            bar(
                x=labels, y=values, marker={"color": MUTED if part == "before" else colour}, name=name,
                yaxis=nth("y", i), hovertemplate="row %{x}: %{y:.3f}<extra></extra>",
            )
        )  # fmt: skip
    axis = {"range": [0, 1.05], "tickvals": [0, 1], "tickfont": {"size": 11}, "fixedrange": True}
    panels = above([1] * len(STAGES), 0.07, [axis] * len(STAGES), xaxis={"type": "category", "nticks": 20})
    beside_panels = {"x": 0, "xref": "paper", "xanchor": "right", "xshift": -26, "yref": "paper", "yanchor": "middle",
                     "showarrow": False, "font": {"size": 12}}  # fmt: skip
    panels["annotations"] = [
        beside_panels | {"text": t(name), "y": sum(panels[nth("yaxis", i)]["domain"]) / 2}
        for i, name in enumerate(STAGES.values(), 1)
    ]
    figure = chart(
        traces, "row of the memory", "", 300, showlegend=False, margin={"l": 116, "r": 8, "t": 8, "b": 40}, bargap=0.15,
        shapes=[] if target is None else [band(target - 0.5, target + 0.5, "dot")],
        **panels,
    )  # fmt: skip
    top_rows = {name: int(rows[np.argmax(table[name])]) for name in STAGES.values()}
    return Shown(
        figure,
        title,
        listed(
            t("{name}: {share:.0%} on row {row}", name=t(name), row=row, share=table[name].max())
            for name, row in top_rows.items()
        ),
        pd.DataFrame(table),
    )


def row_written(written: Written, step: int, writer: int, row: int) -> Shown:
    """Draw what a write head did to the row with most of its weight: erase, add, and the row before and after."""
    erase, add = written.erase[step, writer], written.add[step, writer]
    bands = {
        t("erase"): erase,
        t("add"): add,
        t("row {row} before", row=row): written.memory[step, row],
        t("row {row} after", row=row): written.memory[step + 1, row],
    }
    values = np.stack(list(bands.values()))
    largest = max(1.0, float(np.abs(values).max()))
    traces = []
    for i, (name, numbers) in enumerate(bands.items(), 1):
        signed = i > 1  # the erase vector alone is between 0 and 1
        traces.append(
            heatmap(
                z=numbers[None], zmin=-largest if signed else 0, zmax=largest if signed else 1,
                showscale=False, colorscale=SIGNED if signed else shades(WRITE), xgap=2, yaxis=nth("y", i),
                hovertemplate=t("{name}, number %{{x}}: %{{z:.2f}}<extra></extra>", name=name),
            )
        )  # fmt: skip
    axis = BARE | {"showticklabels": False}
    figure = chart(
        traces, "number in the row (blue below 0, orange above)", "", 290, showlegend=False,
        margin={"l": 8, "r": 8, "t": 24, "b": 40},
        **above([1] * len(bands), 0.15, [axis] * len(bands), list(bands), BARE),
    )  # fmt: skip
    return Shown(
        figure,
        t("Written: erase × row, then add, into row {row}", row=row),
        t(
            "Erase between {erase:.2f} and {erase_most:.2f}; add between {add:.2f} and {add_most:.2f}.",
            erase=erase.min(),
            erase_most=erase.max(),
            add=np.round(add.min(), 2) + 0.0,  # no minus zero
            add_most=np.round(add.max(), 2) + 0.0,
        ),
        pd.DataFrame(np.round(values, 3), index=list(bands)).T,
    )


def hand(addressed: Addressed, target: int) -> Shown:
    """Draw the learner's own head stage by stage; the row to reach is marked."""
    rows = np.arange(addressed.before.shape[-1])
    return stages(addressed, 0, 0, rows, READ, t("Your head: from where it was to where it is"), target)


def small_memory(memory: np.ndarray, key: np.ndarray, before: np.ndarray) -> Shown:
    """Draw the rows of the small memory and the key, with the cosine between each row and the key.

    before [rows]: where the head was.
    """
    lengths = np.linalg.norm(memory, axis=1) * max(float(np.linalg.norm(key)), 1e-8)
    cosine = memory @ key / lengths
    labels = [
        *(t("row {i} (was here)" if share > SHARP else "row {i}", i=i) for i, share in enumerate(before)),
        t("key"),
    ]
    values = np.concatenate([memory, key[None]])
    cells = heatmap(
        z=values, y=labels, x=[str(i + 1) for i in range(values.shape[1])],
        zmin=-1, zmax=1, xgap=2, ygap=2, colorscale=UNDER_TEXT, showscale=False,
        text=[*([minus(f"{v:.1f}") for v in row] for row in values)], texttemplate="%{text}",
        textfont={"color": "#222222"}, hoverinfo="skip",
    )  # fmt: skip
    beside_rows = {"x": 1.02, "xref": "paper", "xanchor": "left", "showarrow": False, "font": {"size": 12}}
    figure = chart(
        [cells], "number in the row", "", 300,
        {"type": "category", "showgrid": False, "automargin": False},  # on a phone the cells need that room
        {"showgrid": False, "autorange": "reversed"}, showlegend=False,
        margin={"l": 8, "r": 74, "t": 8, "b": 48},
        annotations=[
            beside_rows | {"y": row, "text": minus(f"cos {value:+.2f}")}
            for row, value in zip(labels, cosine, strict=False)
        ],
    )  # fmt: skip
    return Shown(
        figure,
        "The memory, your key, and how alike they are",
        listed(t("row {i}: cosine {one:.2f}", i=i, one=value) for i, value in enumerate(cosine)),
        pd.DataFrame({"row": range(len(memory)), "cosine": np.round(cosine, 3)}),
    )


def learning(curves: Sequence[Curve], iterations: int) -> Shown:
    """Draw the share of correct bits over outer updates."""
    traces, rows = one_line(curves)
    figure = chart(
        traces, "outer updates", "bits right", 290, updates_up_to(iterations),
        {"range": [0.45, 1.02], "tickformat": ".0%", "dtick": 0.1}, showlegend=True,
    )  # fmt: skip
    last = listed(
        t("{label} at {value:.2%}", label=curve.label, value=curve.steps[-1].accuracy_after or 0)
        for curve in curves
        if curve.steps
    )
    return Shown(
        figure,
        "Bits right on 20 new sequences of the longest length trained on (a half is guessing)",
        t("Learning curves over {updates}: {last}.", updates=updates_in_words(iterations), last=last),
        pd.DataFrame(rows, columns=["run", "outer updates", "bits right", "loss"]),
    )


def lengths(results: dict[str, dict], trained: int, bits: int) -> Shown:
    """Draw wrong bits per sequence by length, for each set of addressing stages that a machine was trained with."""
    traces, rows = [], []
    floor = 0.005
    for name, result in results.items():
        line = LENGTH_LINES[name]
        traces.append(
            scatter(
                x=result["lengths"], y=[max(error, floor) for error in result["errors"]], name=line.label,
                mode="lines+markers", line=line.look, text=[t("{v:.3f} wrong bits", v=v) for v in result["errors"]],
                hovertemplate=t("length") + " %{x}: %{text}<extra></extra>",
            )
        )  # fmt: skip
        rows += [(line.label, *point) for point in zip(result["lengths"], result["errors"], strict=True)]
    longest = max(max(result["lengths"]) for result in results.values())
    traces.append(
        scatter(
            x=np.arange(1, longest + 1), y=bits / 2 * np.arange(1, longest + 1), name="guessing", mode="lines",
            line=CHANCE, hovertemplate=t("length") + " %{x}: %{y:.0f}<extra></extra>",
        )
    )  # fmt: skip
    ticks = [0.01, 0.1, 1, 10, 100]
    figure = chart(
        traces, "length of the sequence", "wrong bits a sequence", 330, yaxis={
            "type": "log", "range": [-2.4, 3], "tickvals": [floor, *ticks], "ticktext": ["0", *map(str, ticks)],
        },
        shapes=[across(dash="dash", x=trained)], annotations=[words_at(trained, t("trained up to here"))],
    )  # fmt: skip
    return Shown(
        figure,
        "Longer than anything trained on: wrong bits by length",
        listed(t("{a}, length {b}: {c:.2f} wrong bits", a=name, b=length, c=bits) for name, length, bits in rows),
        pd.DataFrame(rows, columns=["the heads use", "length", "wrong bits"]),
    )

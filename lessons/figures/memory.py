"""Figures of the Neural Turing Machine: the tape, one step of it, the stages of addressing, errors by length."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.memory_events import Addressed, Tape, Written
from lessons.demos.memory import HAND_START, PARTS, used_rows
from lessons.engine.language import t
from lessons.figures.chart import BARE, CHANCE, above, across, band, bar, chart, heatmap, nth, scatter, words_at
from lessons.figures.curves import Curve, one_line, updates_up_to
from lessons.figures.theme import MUTED, OUTER, READ, WRITE, Line, Shown

INK = "#009E73"
SIGNED = [(0, "#3B8FD0"), (0.5, "rgba(128,128,128,0.12)"), (1, OUTER)]  # nothing is nearly the page's own colour
UNDER_TEXT = [(0, "#3B8FD0"), (0.5, "#F4F4F4"), (1, OUTER)]  # for dark letters on it, on a dark page too
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
    """From nearly nothing to `colour`, legible on light and on dark."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return [(0.0, f"rgba({r},{g},{b},0.07)"), (1.0, colour)]


def tape(seen: Tape, at: int | None = None, title: str = "") -> Shown:
    """Input, target, output, and where each head was, over time; step `at` (from 0) is marked."""
    heads = seen.weightings.shape[1]
    writers = range(seen.readers, heads)
    rows = used_rows(seen.weightings)
    steps = np.arange(1, len(seen.x) + 1)
    asked = seen.answer_mask.astype(bool)
    silent = np.where(asked[:, None], 1.0, np.nan)
    bands = [
        ("input", seen.x.T, INK, None),
        ("target", (seen.y * silent).T, INK, None),
        ("output", (seen.p * silent).T, OUTER, None),
        *((_head("write", i - seen.readers, len(writers)), seen.weightings[:, i].T, WRITE, rows) for i in writers),
        *((_head("read", i, seen.readers), seen.weightings[:, i].T, READ, rows) for i in range(seen.readers)),
    ]
    heights = [len(seen.x.T) / 2 + 3, *(len(seen.y.T) / 2 + 3,) * 2, *(11,) * heads]
    axes = [
        {"title": {"text": t(name)}, "showticklabels": among is not None, "autorange": "reversed", "nticks": 6,
         "type": None if among is None else "category"} | BARE
        for name, _, _, among in bands
    ]  # fmt: skip
    traces = []
    for i, (name, values, colour, among) in enumerate(bands, 1):
        shown = values if among is None else values[among]
        traces.append(
            heatmap(
                x=steps, y=None if among is None else [str(one) for one in among], z=np.round(shown, 3), zmin=0, zmax=1,
                colorscale=shades(colour), showscale=False, xgap=1 if len(steps) < 60 else 0, ygap=1, name=name,
                yaxis=nth("y", i),
                hovertemplate=t(
                    "{name}, step %{{x}}, {what} %{{y}}: %{{z:.2f}}<extra></extra>",
                    name=t(name), what=t("channel") if among is None else t("row"),
                ),
            )
        )  # fmt: skip
    wrong = np.argwhere(asked[:, None] & ((seen.p > 0.5) != (seen.y > 0.5)))
    cross = {"symbol": "x", "size": 8, "color": "#222222", "line": {"width": 1, "color": "white"}}
    traces.append(
        scatter(
            x=wrong[:, 0] + 1, y=wrong[:, 1], mode="markers", marker=cross, showlegend=False, yaxis="y3",
            hovertemplate=t("wrong bit") + "<extra></extra>",
        )
    )  # fmt: skip
    figure = chart(
        traces, "step", bands[0][0], 130 + int(16 * sum(heights)), showlegend=False,
        shapes=[] if at is None else [band(at + 0.5, at + 1.5)], **above(heights, 0.025, axes, xaxis=BARE),
    )  # fmt: skip
    tops = {name: seen.weightings[:, i].argmax(-1) for i, name in enumerate(_names(seen))}
    bits = int(asked.sum()) * seen.y.shape[1]
    return Shown(
        figure,
        title or t("The tape: what came in, what came out, and where the heads were"),
        t(
            "{count} steps; {wrong} of {bits} bits wrong. Row with the most weight at each step: ",
            count=len(steps),
            wrong=seen.wrong,
            bits=bits,
        )
        + "; ".join(f"{name} {', '.join(map(str, rows))}" for name, rows in tops.items()),
        pd.DataFrame(
            {"step": steps, "asked": asked} | {t("{name} row", name=name): rows for name, rows in tops.items()}
        ),
    )


def _head(what: str, i: int, count: int) -> str:
    return t(f"{what} head") + (f" {i + 1}" if count > 1 else "")


def _names(seen: Tape) -> list[str]:
    heads = seen.weightings.shape[1]
    return [
        *(_head("read", i, seen.readers) for i in range(seen.readers)),
        *(_head("write", i, heads - seen.readers) for i in range(heads - seen.readers)),
    ]


def stages(
    seen: Addressed, at: int, head: int, rows: np.ndarray, colour: str, title: str, target: int | None = None
) -> Shown:
    """One head at one step: where it was, and its weighting after each of the four stages, as bars.

    target: a row to mark.
    """
    traces = []
    table = {"row": rows}
    labels = [str(one) for one in rows]
    for i, (part, name) in enumerate(STAGES.items(), 1):
        values = getattr(seen, part)[at, head][rows]
        table[name] = np.round(values, 4)
        traces.append(
            bar(
                x=labels, y=values, marker={"color": MUTED if part == "before" else colour}, name=name,
                yaxis=nth("y", i), hovertemplate="row %{x}: %{y:.3f}<extra></extra>",
            )
        )  # fmt: skip
    axis = {"range": [0, 1.05], "tickvals": [0, 1], "fixedrange": True}
    titles = [t(name) for name in STAGES.values()]
    figure = chart(
        traces, "row of the memory", "", 470, showlegend=False, margin={"l": 40, "r": 8, "t": 26, "b": 40}, bargap=0.15,
        shapes=[] if target is None else [band(target - 0.5, target + 0.5, "dot")],
        **above([1] * len(STAGES), 0.07, [axis] * len(STAGES), titles, {"type": "category", "nticks": 20}),
    )  # fmt: skip
    tops = {name: int(rows[np.argmax(table[name])]) for name in STAGES.values()}
    return Shown(
        figure,
        title,
        "; ".join(
            t("{name}: row {row} has {share:.0%}", name=t(name), row=row, share=table[name].max())
            for name, row in tops.items()
        ),
        pd.DataFrame(table),
    )


def row_written(seen: Written, at: int, writer: int, row: int) -> Shown:
    """What a write head did to the row it was most at: erase, add, and the row before and after."""
    bands = {
        "erase": (seen.erase[at, writer], "Greys"),
        "add": (seen.add[at, writer], "RdBu"),
        t("row {row} before", row=row): (seen.memory[at, row], "RdBu"),
        t("row {row} after", row=row): (seen.memory[at + 1, row], "RdBu"),
    }
    values = np.stack([one for one, _ in bands.values()])
    most = max(1.0, float(np.abs(values).max()))
    traces = []
    for i, (name, (one, _)) in enumerate(bands.items(), 1):
        traces.append(
            heatmap(
                z=one[None], zmin=0 if name == "erase" else -most, zmax=1 if name == "erase" else most, showscale=False,
                colorscale=shades(WRITE) if name == "erase" else SIGNED, xgap=2, yaxis=nth("y", i),
                hovertemplate=t("{name}, number %{{x}}: %{{z:.2f}}<extra></extra>", name=t(name)),
            )
        )  # fmt: skip
    axis = BARE | {"showticklabels": False}
    figure = chart(
        traces, "number in the row (blue below 0, orange above)", "", 290, showlegend=False,
        margin={"l": 8, "r": 8, "t": 24, "b": 40},
        **above([1] * len(bands), 0.15, [axis] * len(bands), [t(name) for name in bands], BARE),
    )  # fmt: skip
    return Shown(
        figure,
        t("Written: erase × row, then add, into row {row}", row=row),
        t(
            "Erase between {erase:.2f} and {erase_most:.2f}; add between {add:.2f} and {add_most:.2f}.",
            erase=bands["erase"][0].min(),
            erase_most=bands["erase"][0].max(),
            add=bands["add"][0].min(),
            add_most=bands["add"][0].max(),
        ),
        pd.DataFrame(np.round(values, 3), index=list(bands)).T,
    )


def memory_after(tape: Tape, seen: Written, at: int) -> Shown:
    """The memory after step `at` (from 0), of the rows that a head is ever at; where the heads are now is marked."""
    rows = used_rows(tape.weightings)
    now = seen.memory[at + 1][rows]
    labels = [str(one) for one in rows]
    most = max(1.0, float(np.abs(seen.memory[1:][:, rows]).max()))  # of all steps: colours mean the same at each
    traces = [
        heatmap(
            z=np.round(now, 2), y=labels, zmin=-most, zmax=most, colorscale=SIGNED, showscale=False, xgap=1, ygap=1,
            hovertemplate="row %{y}, number %{x}: %{z:.2f}<extra></extra>",
        )
    ]  # fmt: skip
    places = {}
    for i, name in enumerate(_names(tape)):
        weighting = tape.weightings[at, i]
        row = places[name] = int(weighting.argmax())
        writes = i >= tape.readers
        traces.append(
            scatter(
                x=[now.shape[1] + (0.6 if writes else 0)], y=[str(row)], mode="markers", name=name,
                marker={"symbol": "triangle-left", "size": 12, "color": WRITE if writes else READ},
                hovertemplate=t(
                    "{name}: {share:.0%} of it at row {row}<extra></extra>",
                    name=name, share=weighting[row], row=row,
                ),
            )
        )  # fmt: skip
    down = {"type": "category", "autorange": "reversed", "nticks": 20, "categoryorder": "array"}
    figure = chart(
        traces, "number in the row (blue below 0, orange above)", "row", 150 + min(14 * len(rows), 420),
        BARE | {"tickvals": list(range(0, now.shape[1], 5))}, BARE | down | {"categoryarray": labels},
    )  # fmt: skip
    return Shown(
        figure,
        t("The memory after step {at}", at=at + 1),
        t("{count} rows are used in this sequence. ", count=len(rows))
        + "; ".join(t("the {name} is at row {row}", name=name, row=row) for name, row in places.items()),
        pd.DataFrame({"row": labels} | {t("number {i}", i=i): np.round(now[:, i], 2) for i in range(now.shape[1])}),
    )


def hand(seen: Addressed, target: int) -> Shown:
    """The learner's own head, stage by stage; the row to reach is marked."""
    rows = np.arange(seen.before.shape[-1])
    return stages(seen, 0, 0, rows, READ, t("Your head: from where it was to where it is"), target)


def small_memory(memory: np.ndarray, key: np.ndarray) -> Shown:
    """The rows of the small memory and the key, with the cosine of each."""
    lengths = np.linalg.norm(memory, axis=1) * max(float(np.linalg.norm(key)), 1e-8)
    cosine = memory @ key / lengths
    labels = [*(t("row {i} (was here)" if i == HAND_START else "row {i}", i=i) for i in range(len(memory))), t("key")]
    values = np.concatenate([memory, key[None]])
    cells = heatmap(
        z=values, y=labels, x=[t("number {i}", i=i + 1) for i in range(values.shape[1])],
        zmin=-1, zmax=1, xgap=2, ygap=2, colorscale=UNDER_TEXT, showscale=False,
        text=[*([f"{v:.1f}" for v in row] for row in values)], texttemplate="%{text}",
        textfont={"color": "#222222"}, hoverinfo="skip",
    )  # fmt: skip
    beside_rows = {"x": 1.02, "xref": "paper", "xanchor": "left", "showarrow": False, "font": {"size": 12}}
    figure = chart(
        [cells], "", "", 400, {"showgrid": False}, {"showgrid": False, "autorange": "reversed"}, showlegend=False,
        margin={"l": 8, "r": 74, "t": 8, "b": 30},
        annotations=[
            beside_rows | {"y": label, "text": f"cos {one:+.2f}"} for label, one in zip(labels, cosine, strict=False)
        ],
    )  # fmt: skip
    return Shown(
        figure,
        "The memory, your key, and how alike they are",
        "; ".join(t("row {i}: cosine {one:.2f}", i=i, one=one) for i, one in enumerate(cosine)),
        pd.DataFrame({"row": range(len(memory)), "cosine": np.round(cosine, 3)}),
    )


def learning(curves: Sequence[Curve], iterations: int) -> Shown:
    """The share of right bits over outer updates."""
    traces, rows = one_line(curves)
    figure = chart(
        traces, "outer updates", "bits right", 320, updates_up_to(iterations),
        {"range": [0.45, 1.02], "tickformat": ".0%", "dtick": 0.1}, showlegend=True,
    )  # fmt: skip
    last = "; ".join(
        t("{label} at {value:.2%}", label=one.label, value=one.steps[-1].accuracy_after or 0)
        for one in curves
        if one.steps
    )
    return Shown(
        figure,
        "Bits right on 20 new sequences of the longest length trained on (a half is guessing)",
        t("Learning curves over {iterations} outer updates: {last}.", iterations=iterations, last=last),
        pd.DataFrame(rows, columns=["run", "outer updates", "bits right", "loss"]),
    )


def lengths(found: dict[str, dict], trained: int, bits: int) -> Shown:
    """Wrong bits a sequence by length, for each of the parts of addressing that a machine had in training."""
    traces, rows = [], []
    floor = 0.005
    for name, one in found.items():
        line = LENGTH_LINES[name]
        traces.append(
            scatter(
                x=one["lengths"], y=[max(v, floor) for v in one["errors"]], name=line.label, mode="lines+markers",
                line=line.look, text=[t("{v:.3f} wrong bits", v=v) for v in one["errors"]],
                hovertemplate=t("length") + " %{x}: %{text}<extra></extra>",
            )
        )  # fmt: skip
        rows += [(line.label, a, b) for a, b in zip(one["lengths"], one["errors"], strict=True)]
    longest = max(max(one["lengths"]) for one in found.values())
    traces.append(
        scatter(
            x=[1, longest], y=[bits / 2, bits * longest / 2], name="guessing", mode="lines",
            line=CHANCE,
        )
    )  # fmt: skip
    ticks = [0.01, 0.1, 1, 10, 100]
    figure = chart(
        traces, "length of the sequence", "wrong bits a sequence", 360, yaxis={
            "type": "log", "range": [-2.4, 3], "tickvals": [floor, *ticks], "ticktext": ["0", *map(str, ticks)],
        },
        shapes=[across(dash="dash", x=trained)], annotations=[words_at(trained, t("trained up to here"))],
    )  # fmt: skip
    return Shown(
        figure,
        "Longer than anything trained on: wrong bits by length",
        "; ".join(t("{a}, length {b}: {c:.2f} wrong bits", a=a, b=b, c=c) for a, b, c in rows),
        pd.DataFrame(rows, columns=["the heads use", "length", "wrong bits"]),
    )

"""Figures of speed: ratios with their spread, growth with size, shares of the machine's limit."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import pandas as pd

from lessons.engine.language import t
from lessons.figures.chart import CHANCE, WHISKERS, across, bar, chart, scatter
from lessons.figures.runs import COLOURS, DASHES
from lessons.figures.theme import MUTED, OUTER, Shown


def _wrapped(workload: str) -> str:
    """A workload's name in short lines, so that a phone has room for its bars."""
    return "<br>".join(wrap(workload, 20))


DOWN = {"automargin": True, "autorange": "reversed"}  # the y axis of workloads, the first on top


def ratios(rows: Sequence[dict[str, Any]]) -> Shown:
    """How many times our time each contender takes, on a logarithmic axis, with quartiles. rows: of `bench`."""
    traces, table = [], []
    names = list(dict.fromkeys(name for row in rows for name in row["ratios"]))
    for i, name in enumerate(names):
        own = [(row["workload"], *row["ratios"][name]) for row in rows if name in row["ratios"]]
        traces.append(
            bar(
                y=[_wrapped(one[0]) for one in own], x=[one[2] for one in own], name=name, orientation="h",
                error_x=WHISKERS
                | {"array": [one[3] - one[2] for one in own], "arrayminus": [one[2] - one[1] for one in own]},
                marker={"color": COLOURS[i % len(COLOURS)], "pattern": {"shape": "/" if i >= len(COLOURS) else ""}},
                text=[f"{one[2]:.1f}x" for one in own], textposition="none",  # bars are too thin for letters
                hovertemplate="%{y}<br>%{text}<extra></extra>",
            )
        )  # fmt: skip
        table += [(one[0], name, round(one[2], 2), round(one[1], 2), round(one[3], 2)) for one in own]
    figure = chart(
        traces, "times as long as ours", "", 120 + 26 * len(table),
        {"type": "log", "tickvals": [0.5, 1, 2, 5, 10, 20, 50]}, DOWN, showlegend=True, margin={"l": 8}, bargap=0.25,
        shapes=[across(x=1)],
    )  # fmt: skip
    return Shown(
        figure,
        "Times as long as ours, with quartiles",
        "; ".join(f"{work}: {name} {ratio:.1f}x" for work, name, ratio, *_ in table),
        pd.DataFrame(table, columns=["workload", "contender", "ratio", "lower quartile", "upper quartile"]),
    )


def _in_proportion(most: float) -> dict[str, Any]:
    return scatter(x=[1, most], y=[1, most], mode="lines", name="in proportion", line=CHANCE)


def growth(rows: Sequence[dict[str, Any]]) -> Shown:
    """Time by size, both relative to the smallest, on logarithmic axes; a dotted line grows in proportion."""
    traces, table = [], []
    for i, row in enumerate(rows):
        sizes, times = [int(size) for size in row["milliseconds"]], list(row["milliseconds"].values())
        traces.append(
            scatter(
                x=[size / sizes[0] for size in sizes], y=[one / times[0] for one in times], mode="lines+markers",
                name=t("{workload}: size^{exponent:.2f}", workload=row["workload"], exponent=row["exponent"]),
                line={"color": COLOURS[i % len(COLOURS)], "dash": DASHES[i % len(DASHES)], "width": 2.5},
                text=[f"{one:.2f} ms" for one in times], hovertemplate="%{x:.0f}x: %{text}<extra></extra>",
            )
        )  # fmt: skip
        table += [(row["workload"], size, round(one, 3)) for size, one in zip(sizes, times, strict=True)]
    spans = [max(map(int, row["milliseconds"])) / min(map(int, row["milliseconds"])) for row in rows]
    traces.append(_in_proportion(max(spans, default=1)))
    figure = chart(
        traces, "size, times the smallest", "time, times the smallest's", 380, {"type": "log"}, {"type": "log"},
        showlegend=True,
    )  # fmt: skip
    return Shown(
        figure,
        "Twice the size is less than twice the time",
        "; ".join(f"{row['workload']}: size^{row['exponent']:.2f}" for row in rows),
        pd.DataFrame(table, columns=["workload", "size", "ms"]),
    )


def demos(rows: Sequence[dict[str, Any]]) -> Shown:
    """Seconds of one run of each live demo until it reached its target; those that did."""
    rows = [row for row in rows if row["seconds"] is not None]
    table = [(row["workload"], row["target"], round(row["seconds"], 1), row["updates"]) for row in rows]
    bars = bar(
        y=[_wrapped(one[0]) for one in table], x=[one[2] for one in table], orientation="h", showlegend=False,
        marker={"color": OUTER}, text=[f"{one[2]:.1f} s ({one[1]})" for one in table],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    figure = chart([bars], "seconds until the target", "", 120 + 40 * len(rows), yaxis=DOWN, margin={"l": 8})
    return Shown(
        figure,
        "How long each live demo takes to its target",
        "; ".join(f"{one[0]}: {one[2]:.1f} s" for one in table),
        pd.DataFrame(table, columns=["workload", "target", "seconds", "updates"]),
    )


def scaling(rows: Sequence[dict[str, Any]]) -> Shown:
    """How many times as fast several processes are as one: what was measured, and what a model expects of more."""
    traces, table = [], []
    kinds = (("milliseconds", "measured", "solid", OUTER), ("modelled", "by a model, not measured", "dash", MUTED))
    for row in rows:
        alone = row["milliseconds"]["1"]
        for key, name, dash, colour in kinds:
            own = [(int(count), alone / time, time) for count, time in row[key].items()]
            traces.append(
                scatter(
                    x=[one[0] for one in own], y=[one[1] for one in own], mode="lines+markers+text", name=t(name),
                    line={"color": colour, "dash": dash, "width": 2.5}, text=[f"{one[1]:.1f}x" for one in own],
                    textposition="bottom right", hovertemplate="%{x}: %{text}<extra></extra>",
                )
            )  # fmt: skip
            table += [(row["workload"], one[0], t(name), round(one[1], 2), round(one[2], 1)) for one in own]
    traces.append(_in_proportion(max(one[1] for one in table)))
    logarithmic = {"type": "log", "tickvals": sorted({one[1] for one in table})}
    figure = chart(
        traces, "processes", "times as fast as one", 380, logarithmic | {"range": [-0.1, 1.4]}, logarithmic,
        showlegend=True,
    )  # fmt: skip
    return Shown(
        figure,
        "One meta-batch on several processes",
        "; ".join(f"{count}: {ratio:.1f}x ({kind})" for _, count, kind, ratio, _ in table),
        pd.DataFrame(table, columns=["workload", "processes", "how", "times as fast", "ms"]),
    )


def limits(rows: Sequence[dict[str, Any]]) -> Shown:
    """The share of the scarcer limit that each workload reaches."""
    bars = bar(
        y=[_wrapped(row["workload"]) for row in rows], x=[row["share"] for row in rows], orientation="h",
        showlegend=False,
        marker={"color": OUTER}, text=[f"{row['share']:.0%} ({row['limit']})" for row in rows],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    figure = chart(
        [bars], "share of the limit", "", 120 + 40 * len(rows), {"range": [0, 1.02], "tickformat": ".0%"}, DOWN,
        margin={"l": 8},
    )  # fmt: skip
    return Shown(
        figure,
        "How near to what the machine can do at most",
        "; ".join(f"{row['workload']}: {row['share']:.0%} of the {row['limit']} limit" for row in rows),
        pd.DataFrame(rows, columns=["workload", "milliseconds", "flop", "bytes", "share", "limit"]),
    )  # fmt: skip

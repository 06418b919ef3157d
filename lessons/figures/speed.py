"""Figures of speed: ratios with their spread, growth with size, utilization of the machine's limit."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import pandas as pd

from lessons.engine.language import listed, t
from lessons.figures.chart import CHANCE, WHISKERS, across, bar, chart, scatter
from lessons.figures.runs import COLOURS, DASHES
from lessons.figures.theme import MUTED, OUTER, Shown


def _wrapped(workload: str) -> str:
    """Wrap a workload's name into short lines, so that a phone has room for its bars."""
    return "<br>".join(wrap(workload, 20))


DOWN = {"automargin": True, "autorange": "reversed"}  # a y axis of workloads with the first on top


def ratios(rows: Sequence[dict[str, Any]]) -> Shown:
    """Draw each contender's time as a multiple of ours, with quartiles, on a log axis; `rows` come from `bench`."""
    traces, table = [], []
    names = list(dict.fromkeys(name for row in rows for name in row["ratios"]))
    for i, name in enumerate(names):
        spreads = [(row["workload"], *row["ratios"][name]) for row in rows if name in row["ratios"]]
        traces.append(
            bar(
                y=[_wrapped(work) for work, *_ in spreads], x=[median for *_, median, _ in spreads], name=name,
                orientation="h",
                error_x=WHISKERS | {"array": [upper - median for *_, median, upper in spreads],
                                    "arrayminus": [median - lower for _, lower, median, _ in spreads]},
                marker={"color": COLOURS[i % len(COLOURS)], "pattern": {"shape": "/" if i >= len(COLOURS) else ""}},
                text=[f"{median:.1f}x" for *_, median, _ in spreads], textposition="none",  # bars are too thin for text
                hovertemplate="%{y}<br>%{text}<extra></extra>",
            )
        )  # fmt: skip
        table += [(work, name, round(m, 2), round(lower, 2), round(upper, 2)) for work, lower, m, upper in spreads]
    figure = chart(
        traces, "times as long as ours", "", 120 + 26 * len(table),
        {"type": "log", "tickvals": [0.5, 1, 2, 5, 10, 20, 50]}, DOWN, showlegend=True, margin={"l": 8}, bargap=0.25,
        shapes=[across(x=1)],
    )  # fmt: skip
    return Shown(
        figure,
        "Times as long as ours, with quartiles",
        listed(t("{work}, {name}: {ratio:.1f}x", work=work, name=name, ratio=ratio) for work, name, ratio, *_ in table),
        pd.DataFrame(table, columns=["workload", "contender", "ratio", "lower quartile", "upper quartile"]),
    )


def _in_proportion(most: float) -> dict[str, Any]:
    return scatter(x=[1, most], y=[1, most], mode="lines", name="in proportion", line=CHANCE)


def growth(rows: Sequence[dict[str, Any]]) -> Shown:
    """Draw time by size, both relative to the smallest size, on log axes; the dotted line grows in proportion."""
    traces, table = [], []
    for i, row in enumerate(rows):
        sizes, times = [int(size) for size in row["milliseconds"]], list(row["milliseconds"].values())
        traces.append(
            scatter(
                x=[size / sizes[0] for size in sizes], y=[time / times[0] for time in times], mode="lines+markers",
                name=t("{workload}: size^{exponent:.2f}", workload=row["workload"], exponent=row["exponent"]),
                line={"color": COLOURS[i % len(COLOURS)], "dash": DASHES[i % len(DASHES)], "width": 2.5},
                text=[f"{time:.2f} ms" for time in times], hovertemplate="%{x:.0f}x: %{text}<extra></extra>",
            )
        )  # fmt: skip
        table += [(row["workload"], size, round(time, 3)) for size, time in zip(sizes, times, strict=True)]
    spans = [max(map(int, row["milliseconds"])) / min(map(int, row["milliseconds"])) for row in rows]
    traces.append(_in_proportion(max(spans, default=1)))
    figure = chart(
        traces, "size, times the smallest", "time, times the smallest's", 380, {"type": "log"}, {"type": "log"},
        showlegend=True,
    )  # fmt: skip
    return Shown(
        figure,
        "Twice the size is less than twice the time",
        listed(
            t("{workload}: size^{exponent:.2f}", workload=row["workload"], exponent=row["exponent"]) for row in rows
        ),
        pd.DataFrame(table, columns=["workload", "size", "ms"]),
    )


def demos(rows: Sequence[dict[str, Any]]) -> Shown:
    """Draw how many seconds one run of each live demo took to reach its target; runs that did not are left out."""
    rows = [row for row in rows if row["seconds"] is not None]
    table = [(row["workload"], row["target"], round(row["seconds"], 1), row["updates"]) for row in rows]
    bars = bar(
        y=[_wrapped(work) for work, *_ in table], x=[seconds for *_, seconds, _ in table], orientation="h",
        showlegend=False, marker={"color": OUTER}, text=[f"{s:.1f} s ({target})" for _, target, s, _ in table],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    figure = chart([bars], "seconds until the target", "", 120 + 40 * len(rows), yaxis=DOWN, margin={"l": 8})
    return Shown(
        figure,
        "How long each live demo takes to its target",
        listed(t("{work}: {seconds:.1f} s", work=work, seconds=seconds) for work, _, seconds, _ in table),
        pd.DataFrame(table, columns=["workload", "target", "seconds", "updates"]),
    )


def scaling(rows: Sequence[dict[str, Any]]) -> Shown:
    """Draw the speed-up of several processes over a single process, measured and as a model predicts it for more."""
    traces, table = [], []
    kinds = (("milliseconds", "measured", "solid", OUTER), ("modelled", "by a model, not measured", "dash", MUTED))
    for row in rows:
        alone = row["milliseconds"]["1"]
        for key, name, dash, colour in kinds:
            points = [(int(count), alone / time, time) for count, time in row[key].items()]
            traces.append(
                scatter(
                    x=[n for n, _, _ in points], y=[speedup for _, speedup, _ in points], mode="lines+markers+text",
                    name=t(name), line={"color": colour, "dash": dash, "width": 2.5}, textposition="bottom right",
                    text=[f"{speedup:.1f}x" for _, speedup, _ in points], hovertemplate="%{x}: %{text}<extra></extra>",
                )
            )  # fmt: skip
            table += [(row["workload"], count, t(name), round(ratio, 2), round(ms, 1)) for count, ratio, ms in points]
    traces.append(_in_proportion(max(count for _, count, *_ in table)))
    logarithmic = {"type": "log", "tickvals": sorted({count for _, count, *_ in table})}
    figure = chart(
        traces, "processes", "times as fast as one", 380, logarithmic | {"range": [-0.1, 1.4]}, logarithmic,
        showlegend=True,
    )  # fmt: skip
    return Shown(
        figure,
        "One meta-batch on several processes",
        listed(
            t("{count} processes, {kind}: {ratio:.1f} times", count=count, kind=kind, ratio=ratio)
            for _, count, kind, ratio, _ in table
            if count > 1
        ),
        pd.DataFrame(table, columns=["workload", "processes", "how", "times as fast", "ms"]),
    )


def limits(rows: Sequence[dict[str, Any]]) -> Shown:
    """Draw the share of the scarcer limit that each workload reaches."""
    bars = bar(
        y=[_wrapped(row["workload"]) for row in rows], x=[row["share"] for row in rows], orientation="h",
        showlegend=False, marker={"color": OUTER}, text=[f"{row['share']:.0%} ({row['limit']})" for row in rows],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    figure = chart(
        [bars], "share of the limit", "", 120 + 40 * len(rows), {"range": [0, 1.02], "tickformat": ".0%"}, DOWN,
        margin={"l": 8},
    )  # fmt: skip
    return Shown(
        figure,
        "How near to what the machine can do at most",
        listed(
            t("{workload}: {share:.0%} of the {limit} limit", workload=row["workload"], share=row["share"],
              limit=t(row["limit"]))
            for row in rows
        ),
        pd.DataFrame(rows, columns=["workload", "milliseconds", "flop", "bytes", "share", "limit"]),
    )  # fmt: skip

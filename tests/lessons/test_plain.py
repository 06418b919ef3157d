"""What a learner, a link or a file says is shown as it is, on pages, in figures and in spreadsheets."""

import csv
import io
import re

import pandas as pd
import pytest

from core.words import Words
from lessons.engine.language import error_text, sentence
from lessons.engine.plain import GAP, csv_file, in_cell, in_figure, in_markdown, in_table

FORMULAS = [
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =cmd|' /C calc'!A0",
    "a;=1+1",
    "x,\t@x",
    "＝1+1",
    "\n-1",
]
HOSTILE = [
    "![x](http://host/b.png)", "[Click](http://host)", "$x$", "$$x$$", ":material/home:", ":red[x]", ":smile:",
    "<b>x</b>",
    "<img src=//host/x>", "`x`", "*x*", "**x**", "_x_", "__x__", "~~x~~", "# x", "- x", "+ x", "1. x", "12) x", "> x",
    "| a | b |", "&lt;b&gt;", "http://host/x", "www.host.com", "a@host.com", "a -> b", "\\*x*", "[x]: http://host",
    "<http://host>", "x <- y", "a >= b", ":streamlit:", "---", "![][a]", "mailto:a@b.cd",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_what_was_said(text):
    shown = in_markdown(text)
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown).replace(GAP, "") == text  # as a reader undoes it
    bare = re.sub(r"\\.", "", shown)
    assert not re.search(r"[`*\[\]<>$~|&]|https?:/|www\.|\S@\w|:\w+:|^\s*([-+#]|\d+[.)])|(^|\W)_|_(\W|$)", bare), shown
    assert not re.search(r"(?i)https?:/|:[a-z]+[:/\[]|\bwww\.|\w@\w", shown.replace("\\", "")), shown


def test_ordinary_words_are_left_alone():
    for text in ("iterations=-3: allowed is 1 to 50000", "my run, at 0.5 (first try)", "maml-sinusoid", "内循环 3 步"):
        assert in_markdown(text) == text
    assert in_markdown("two\nlines\u2028here ") == "two lines here"


def test_an_error_is_said_without_being_read_as_markdown():
    error = ValueError(Words("the folder {folder} cannot be written to", folder="/a/*b*"))
    assert error_text(error) == r"the folder /a/\*b\* cannot be written to"
    assert sentence("unknown [x](http://y)") == rf"Unknown \[x\](http\:{GAP}//y)."


def test_a_figure_reads_no_tags_and_no_formula():
    assert in_figure('<a href="http://x">y</a>') == '&lt;a href="http://x"&gt;y&lt;/a&gt;' + GAP
    assert "%{" not in in_figure("%{x}") and not re.search(r"\$\w", in_figure("$x$"))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_is_no_formula_in_any_table(text):
    cell = in_cell(text)
    assert cell.replace(GAP, "") == text
    for part in re.split("[;,\t\r\n]", cell):
        assert not part.strip(" ").startswith(tuple("=+-@＝＋－＠"))


def test_numbers_stay_numbers_and_headers_are_read():
    frame = pd.DataFrame({"运行": ["=1", "plain"], "=n": [-1.5, 2.0], "some": [None, -0.25], "mixed": ["-x", -3]})
    before = frame.copy()
    data = csv_file(frame)
    assert data.startswith(b"\xef\xbb\xbf") and frame.equals(before)
    header, first, second = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert header == ["运行", f"{GAP}=n", "some", "mixed"]
    assert first == [f"{GAP}=1", "-1.5", "", f"{GAP}-x"] and second == ["plain", "2.0", "-0.25", "-3"]
    back = pd.read_csv(io.BytesIO(data))
    assert back[f"{GAP}=n"].tolist() == [-1.5, 2.0]
    shown = in_table(frame)
    assert shown[f"{GAP}=n"].dtype == frame["=n"].dtype and shown["mixed"].tolist() == [f"{GAP}-x", -3]

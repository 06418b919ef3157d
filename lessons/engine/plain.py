"""Text that a learner, a link or a file has made, so that it is shown as it is: never as Markdown, HTML or a formula.

Some readers act on a text after they have undone its escapes (Streamlit's icons, a chart's tags, Excel's formulas).
For them a zero-width space, which nobody sees, stands where their pattern would begin.
"""

import csv
import html
import re

import pandas as pd

GAP = "\u200b"
# what acts on the text of Markdown that is already parsed: `:icon:` and `http://`, addresses of mail, `www.`, arrows
LATE = re.compile(r"(?<=:)(?=\S)|(?<=@)|(?<=www)(?=\.)|(?<=[-<>~])(?=[-=>])", re.IGNORECASE)
# what Markdown acts on, which a backslash makes plain; some of it only at the edge of a word or of the text
ACTIVE = re.compile(
    r"[\\`*\[\]<>$~|&]|(?<![^\W_])_|_(?![^\W_])|:(?=\S)|^[-+#]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d{3})[.)]"
)
# a formula at the start of a cell, or where a table with another separator would begin one
FORMULA = re.compile(r"(^|[;,\t\r\n])(\s*)(?=[=+\-@＝＋－＠])|^(?=[\t\r\n])")
BYTE_ORDER_MARK = "\ufeff"  # Excel reads a CSV file as UTF-8 only with it


def in_markdown(text: object) -> str:
    """Return a text as Markdown of one line that shows it literally."""
    return ACTIVE.sub(r"\\\g<0>", LATE.sub(GAP, " ".join(str(text).split())))


def in_figure(text: str) -> str:
    """Return a text for a Plotly chart, which reads tags and formulas, and for `chart`, which translates words."""
    return html.escape(text, quote=False).replace("$", f"${GAP}").replace("%{", f"%{GAP}{{") + GAP


def in_cell(value: object) -> object:
    """Return a value for a cell of a table: a text is never a formula, other values are as they were."""
    return FORMULA.sub(rf"\1\2{GAP}", value) if isinstance(value, str) else value


def in_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts are no formulas, column names among them; columns of numbers stay what they are."""
    harmless = frame.copy()
    for place, kind in enumerate(frame.dtypes):
        if not is_plain(kind):
            harmless.isetitem(place, [in_cell(value) for value in frame.iloc[:, place]])
    return harmless.rename(columns=in_cell)


def is_plain(kind: object) -> bool:
    """Return whether a column of this dtype holds numbers, dates or truth values, and no text."""
    return bool(
        pd.api.types.is_numeric_dtype(kind)  # type: ignore[arg-type]
        or pd.api.types.is_datetime64_any_dtype(kind)  # type: ignore[arg-type]
    )


def csv_file(frame: pd.DataFrame) -> bytes:
    """Return a table as a CSV file that spreadsheets read as it is: UTF-8 with its mark, texts in quotes."""
    return (BYTE_ORDER_MARK + in_table(frame).to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)).encode()

"""Links from one page of the app to another: relative, so that they hold under any prefix, and with the language.

A lesson's text names a page by `/page`, for instance `[MAML](/maml#train)`; `resolved` turns that into an address.
"""

import re
from urllib.parse import urlencode

from lessons.engine.language import now

_LINK = re.compile(r"\]\(/(?P<page>[\w-]*)(?:\?(?P<query>[^)#\s]*))?(?:#(?P<anchor>[^)\s]*))?\)")


def link(page: str, anchor: str = "", language: str = "", **query: str) -> str:
    """Return the address of `page` ("" is the start) as seen from every page, in `language` or the learner's."""
    address = f"./{page}?{urlencode({'lang': language or now(), **query})}"
    return f"{address}#{anchor}" if anchor else address


def resolved(text: str, language: str) -> str:
    """Return a Markdown text whose links to `/page` are addresses in `language`."""

    def address(match: re.Match[str]) -> str:
        query, anchor = match["query"], match["anchor"]
        return (
            f"]({link(match['page'], language=language)}{'&' + query if query else ''}{'#' + anchor if anchor else ''})"
        )

    return _LINK.sub(address, text)

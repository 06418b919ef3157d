"""Sentences that a reader's language can put into its own words: a template and its values."""

from typing import Any


class Words(str):
    """An English sentence that still knows its template and its values, so that `t` of a page can translate it.

    It is raised as the text of any error, `raise ConfigError(Words("{name} is missing", name=name))`; `str(error)` is
    then this very object, in another process too. A value may be Words itself. Braces are those of `str.format`.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> "Words":
        """Return the sentence of `template` with `values` in its braces."""
        words = super().__new__(cls, template.format(**values))
        words.template, words.values = template, values
        return words

    def __str__(self) -> str:
        return self  # and not a plain copy: the text of an error is asked for by str()

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.template, self.values)


def _again(template: str, values: dict[str, Any]) -> Words:
    return Words(template, **values)

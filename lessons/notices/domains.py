"""What to notice of methods that were trained here and are tested there."""

from collections.abc import Sequence

from lessons.demos.compare import label
from lessons.demos.domains import ADAPT, COMPARE, HOME, SHOTS, Row, scores
from lessons.engine.language import joined, named, plural, t


def about_domain(rows: list[Row], domain: str) -> str:
    """Say who is best with one drawing and with ten, what a change of domain costs, and whether it is better
    to adapt or to compare.
    """
    few, many = (scores(rows, domain, shots) for shots in (SHOTS[0], SHOTS[-1]))
    texts = [
        plural(
            shots,
            "With {count} drawing the best score is {score:.1%} ({methods}).",
            "With {count} drawings the best score is {score:.1%} ({methods}).",
            score=_best(scored).score, methods=_who(scored),
        )
        for shots, scored in ((SHOTS[0], few), (SHOTS[-1], many))
    ]  # fmt: skip
    lost = _lost(rows, domain) if domain != HOME else ""
    return joined(t("**Notice**") + " " + texts[0], texts[1], lost, _ahead(rows, domain))


def _best(by_method: dict[str, Row]) -> Row:
    return max(by_method.values(), key=lambda row: row.score)


def _who(by_method: dict[str, Row]) -> str:
    """Return the names of all that have the best score."""
    best = _best(by_method).score
    return named(label(name) for name, row in by_method.items() if row.score == best)


def _lost(rows: list[Row], domain: str) -> str:
    """Say which method loses most against the characters of the training, and which least, with one drawing."""
    home, here = (scores(rows, where, SHOTS[0]) for where in (HOME, domain))
    loss = {
        name: 100 * (home[name].score - here[name].score) for name in ADAPT + COMPARE if name in home and name in here
    }
    least, most = (choose(loss, key=lambda name: loss[name]) for choose in (min, max))
    if loss[most] <= 0:
        return t(
            "Against new characters of Omniglot, with one drawing, none of those that have learned to adapt or to "
            "compare has lost anything."
        )
    text = t(
        "Against new characters of Omniglot, with one drawing, {most} has lost most of those that have learned to "
        "adapt or to compare: {much:.1f} points.",
        most=label(most), much=loss[most],
    )  # fmt: skip
    if loss[least] < 0:
        return joined(text, t("{least} has even gained {more:.1f} points.", least=label(least), more=-loss[least]))
    return joined(text, t("{least} has lost least: {little:.1f} points.", least=label(least), little=loss[least]))


def _ahead(rows: list[Row], domain: str) -> str:
    """Say with how many drawings the best of those that adapt is clearly ahead of the best of those that compare, and
    the other way round.
    """
    texts = []
    for first, second, text in (
        (ADAPT, COMPARE, "Adaptation is clearly ahead of comparison with K = {shots}."),
        (COMPARE, ADAPT, "Comparison is clearly ahead of adaptation with K = {shots}."),
    ):
        clear = [shots for shots in SHOTS if _gap(scores(rows, domain, shots), first, second) > 0]
        if clear:
            texts.append(t(text, shots=named(map(str, clear))))
    return joined(*texts) or t("With no number of drawings is adaptation clearly ahead of comparison, or behind it.")


def _gap(by_method: dict[str, Row], first: Sequence[str], second: Sequence[str]) -> float:
    """Return by how much the best of `first` is ahead of the best of `second`, less what both intervals leave open."""
    ahead, behind = (_best({name: by_method[name] for name in names if name in by_method}) for names in (first, second))
    return ahead.score - behind.score - float((ahead.half**2 + behind.half**2) ** 0.5)

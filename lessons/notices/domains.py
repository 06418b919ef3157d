"""What to notice of methods that were trained here and are tested there."""

from lessons.demos.compare import label
from lessons.demos.domains import ADAPT, COMPARE, HOME, SHOTS, Row, scores
from lessons.engine.language import joined, named, plural, t


def about_domain(rows: list[Row], domain: str) -> str:
    """Say who is best with one drawing and with ten, what a change of domain costs, and from how many drawings on a
    method that adapts is ahead of those that compare.
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
    """Say which method loses least and which most against the characters of the training, with one drawing."""
    home, here = (scores(rows, where, SHOTS[0]) for where in (HOME, domain))
    loss = {name: home[name].score - row.score for name, row in here.items() if name in ADAPT + COMPARE}
    least, most = (choose(loss, key=lambda name: loss[name]) for choose in (min, max))
    return t(
        "Against new characters of Omniglot, with one drawing, {least} has lost least of those that adapt or compare "
        "({little:.1%}), and {most} has lost most ({much:.1%}).",
        least=label(least), little=loss[least], most=label(most), much=loss[most],
    )  # fmt: skip


def _ahead(rows: list[Row], domain: str) -> str:
    """Say with how many drawings the best of those that adapt is clearly ahead of the best of those that compare."""
    clear = [shots for shots in SHOTS if _gap(scores(rows, domain, shots)) > 0]
    if not clear:
        return t("With no number of drawings is adaptation clearly ahead of comparison.")
    return t("Adaptation is clearly ahead of comparison with K = {shots}.", shots=named(map(str, clear)))


def _gap(by_method: dict[str, Row]) -> float:
    """Return by how much adaptation is ahead, less what both intervals leave open."""
    adapt, compare = (_best({name: by_method[name] for name in names}) for names in (ADAPT, COMPARE))
    return adapt.score - compare.score - float((adapt.half**2 + compare.half**2) ** 0.5)

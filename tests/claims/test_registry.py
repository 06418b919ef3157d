"""The registry itself: it hears what is said, and fails on what is false, unknown or badly put."""

import pytest

from lessons.notices import mann
from tests.claims.registry import Claims, listening


def test_it_hears_the_templates_and_values_of_what_lessons_say():
    with listening() as said:
        assert mann.t("{place} questions are before this one", place=3)
    assert [(one.template, one.values) for one in said] == [("{place} questions are before this one", {"place": 3})]


def claims() -> Claims:
    ours = Claims()
    ours.says("The largest is {number}")(lambda state, values: values["number"] == max(state))
    return ours


def say(text: str, **values: object) -> str:
    return mann.t(text, **values)


def test_what_is_true_passes_and_is_counted_as_heard():
    ours = claims()
    assert ours.audit(lambda: say("The largest is {number}", number=3), [1, 3]) == "The largest is 3"
    assert ours.heard == {"The largest is {number}"}


@pytest.mark.parametrize(
    ("speak", "complaint"),
    [
        (lambda: say("The largest is {number}", number=1), "not so"),
        (lambda: say("The smallest is {number}", number=1), "no claim is registered"),
        (lambda: say("The largest is {number}", number=3) + " nan°", "none"),
        (lambda: say("The largest is {number}", number=3) + " after 1 steps", "plural of one"),
        (lambda: say("The largest is {number}", number=3) + " **bold", "bold"),
        (lambda: say("The largest is {number}", number=3) + ".So", "together"),
    ],
)
def test_what_is_not_so_or_badly_put_fails(speak, complaint):
    with pytest.raises(AssertionError, match=complaint):
        claims().audit(speak, [1, 3])

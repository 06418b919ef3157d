"""Labs as content: texts in both languages, twins that can be told apart, solutions that are the core's own rule."""

import ast
import json
import re
import subprocess
import sys
from itertools import combinations

import pytest
import torch

from core.labs.catalog import LABS, done_lab, find_lab, lab_of
from core.labs.guard import WHAT
from core.labs.judging import agree, expected, judged, twins
from core.labs.lab import Mistake, definition
from core.labs.outcomes import UnreadableError, compiled, from_json, outcomes, trials_of
from core.labs.verdict import EXPLAINED, GRAD, OF_A_METHOD, SENTENCES
from core.methods.mann import model as mann
from core.models import addressing
from core.options import ConfigError
from core.seeding import generator
from lessons.engine.language import table
from tests.core.labs.learners import FUNCTIONS

NAMES = [*FUNCTIONS]
EVERY_MISTAKE = [(lab.name, mistake) for lab in LABS.values() for mistake in lab.mistakes]


def test_there_are_twelve_labs_with_six_mistakes_at_least():
    assert len(LABS) == len(FUNCTIONS) + 1 == 12
    for lab in LABS.values():
        names = [mistake.name for mistake in lab.mistakes]
        assert len({*names}) == len(names) >= 6 and not {*names} & SENTENCES.keys()
        assert all(re.fullmatch("[a-z]+(-[a-z]+)*", name) for name in (lab.name, *names))
        assert len(lab.hints) == 3 and lab.formula


def test_every_text_of_a_lab_is_in_both_languages():
    words = [text for lab in LABS.values() for text in (lab.title, lab.task, *lab.hints)]
    words += [mistake.said for _, mistake in EVERY_MISTAKE]
    for text in [
        *(one.template for one in words),
        *SENTENCES.values(),
        *EXPLAINED.values(),
        *OF_A_METHOD.values(),
        GRAD,
        *WHAT,
    ]:
        assert text in table("zh"), text


def test_no_sentence_is_said_of_two_mistakes_of_a_lab():
    for lab in LABS.values():
        assert len({mistake.said for mistake in lab.mistakes}) == len(lab.mistakes)


def test_labs_are_listed_without_torch():
    code = "import sys; from core.labs import catalog, workbench; [one.skeleton for one in catalog.LABS.values()]; "
    subprocess.run([sys.executable, "-c", code + "assert 'torch' not in sys.modules"], check=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_skeleton_states_task_and_shapes_and_holds_no_solution(name):
    lab = LABS[name]
    function = definition(ast.parse(lab.skeleton), lab.function)
    docstring = ast.get_docstring(function)
    assert len(function.body) == 2 and isinstance(function.body[1], ast.Raise)
    assert docstring and "[" in docstring and "=" in docstring
    assert lab_of(lab.skeleton) is lab_of(lab.solution) is lab
    # what is written is five to fifteen lines, or fewer
    assert 3 <= len(lab.solution.splitlines()) - len(lab.skeleton.splitlines()) + 1 <= 15


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_every_two_twins_can_be_told_apart_and_from_the_reference(name, seed):
    every = {"reference": expected(name, seed), **twins(name, seed)}
    assert not [pair for pair in combinations(every, 2) if agree(every[pair[0]], every[pair[1]])]
    assert all(torch.isfinite(value).all() for outcome in every["reference"] for value in outcome.values)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_reference_passes_on_fifty_seeds_and_no_twin_does(name):
    lab = LABS[name]
    for seed in range(50):
        assert judged(lab, list(outcomes(compiled(lab.solution, lab), lab, seed)), seed) == {"kind": "passed"}
        for mistake, outcome in twins(name, seed).items():
            assert judged(lab, outcome, seed) == {"kind": mistake}


def test_the_trials_get_larger_from_the_smallest_on():
    for lab in FUNCTIONS.values():
        outcome = expected(lab.name, 0)
        assert len(outcome) == trials_of(lab).TRIALS >= 4
        assert outcome[0].values[0].numel() <= min(one.values[0].numel() for one in outcome)


def function_of(name):
    return compiled(LABS[name].solution, LABS[name])


def test_the_solutions_of_the_memory_labs_are_the_core_s_functions():
    source = generator(1, "test")
    memory, key = torch.randn(2, 6, 4, generator=source), torch.randn(2, 4, generator=source)
    strength, gate, gamma = (low + torch.rand(2, 1, generator=source) for low in (1.0, 0.0, 1.5))
    shift, before = torch.randn(2, 3, generator=source).softmax(-1), torch.randn(2, 6, generator=source).softmax(-1)
    head = [part[:, None] for part in (key, strength, gate, shift, gamma, before)]
    by_content = addressing.content(memory, head[0], head[1])
    gated = addressing.interpolate(by_content, head[5], head[2])
    wanted = addressing.sharpen(addressing.shift(gated, head[3]), head[4])[:, 0]
    own = function_of("ntm-address")(memory, key, strength, gate, shift, gamma, before)
    assert torch.allclose(own, wanted, atol=1e-6)
    erase, add = torch.rand(2, 4, generator=source), torch.randn(2, 4, generator=source)
    wanted = addressing.write(memory, before[:, None], erase[:, None], add[:, None])
    assert torch.allclose(function_of("ntm-write")(memory, before, erase, add), wanted, atol=1e-6)
    usage, reading, writing = torch.rand(2, 6, generator=source), gated[:, 0], by_content[:, 0]
    now = mann.used(usage, reading[:, None], writing[:, None], 0.9)
    least = mann.least_used(now, 1)
    new = mann.write_weighting(reading[:, None], least, gate[:, None])
    wanted = mann.written(memory, new, least, add[:, None])
    own = function_of("mann-write")(memory, usage, reading, writing, gate, add, 0.9)
    for given, value in zip(own, (wanted, new[:, 0], now), strict=True):
        assert torch.allclose(given, value, atol=1e-6)


def test_two_mistakes_at_once_are_both_named():
    lab = LABS["class-means"]
    both = lab.mistake("farthest-mean").edits + lab.mistake("sum-for-mean").edits
    twin = compiled(lab.twin(Mistake("both", lab.title, both)), lab)
    report = judged(lab, list(outcomes(twin, lab, 0)), 0)
    assert report["kind"] == "two-mistakes" and {*report["values"].values()} == {"farthest-mean", "sum-for-mean"}


def test_an_edit_that_does_not_fit_is_refused():
    lab = LABS["class-means"]
    with pytest.raises(LookupError, match="exactly once"):
        lab.twin(Mistake("none", lab.title, (("no such line", ""),)))
    with pytest.raises(LookupError):
        lab.mistake("none")


@pytest.mark.parametrize(
    "said",
    [
        None, [], {}, {"values": 1}, {"values": [[[2], [1.0]]], "gradients": [], "changed": [], "kind": ""},
        {"values": [[[-1], []]], "gradients": [], "changed": [], "kind": ""},
        {"values": [], "gradients": [], "changed": ["nothing"], "kind": ""},
        {"values": [[[1], ["x"]]], "gradients": [], "changed": [], "kind": ""},
        {"values": [], "gradients": [], "changed": [], "kind": 3},
        {"values": [[[10**9, 10**9], []]], "gradients": [], "changed": [], "kind": ""},
    ],
)  # fmt: skip
def test_an_outcome_from_outside_is_checked(said):
    with pytest.raises(UnreadableError):
        from_json(said, LABS["class-means"])


def test_an_outcome_comes_back_as_it_was_sent():
    for lab in FUNCTIONS.values():
        for outcome in expected(lab.name, 3):
            assert outcome.agrees(from_json(json.loads(json.dumps(outcome.to_json())), lab))


def test_a_file_is_known_by_its_first_line_or_its_function():
    assert lab_of("def attend(a): pass").name == "matching-attention"
    assert lab_of("# Lab ntm-write: mine\ndef attend(a): pass").name == "ntm-write"
    assert lab_of('"""Lab ntm-write: mine."""\n').name == "ntm-write"
    assert lab_of("def attend(a, b:\n    return").name == "matching-attention"
    for source in ("", "x = 1", "def attend(): pass\ndef write(): pass", "#" * 100_000, "(" * 5000):
        with pytest.raises(ConfigError):
            lab_of(source)
    with pytest.raises(ConfigError, match="there are inner-step"):
        find_lab("nothing")


def test_the_line_of_a_passed_check_names_its_lab():
    for lab in LABS.values():
        assert done_lab(f"  {lab.done}\n") is lab
    assert done_lab("inner-step 00000000") is None and len({lab.done for lab in LABS.values()}) == len(LABS)

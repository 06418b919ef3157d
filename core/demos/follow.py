"""Answers of the memory methods to pages: a sequence step by step, and a head moved by hand."""

from collections.abc import Iterator

import torch

from core.demos.questions import Address, FollowMann, FollowNtm
from core.events import arrays
from core.events.memory import Addressed, Recalled, TapeAnswer, Written
from core.methods.mann import algorithm as mann
from core.methods.ntm import algorithm as ntm
from core.methods.ntm.model import AddressingTrace
from core.models import addressing
from core.seeding import generator
from core.tasks import labelled_sequences, sequences
from core.tasks.characters import SIDE


def tape(question: FollowNtm) -> Iterator[TapeAnswer]:
    """Yield a `TapeAnswer`: the tape of a sequence, and how it came about. Raises ConfigError."""
    steps = list[AddressingTrace]()
    model = ntm.machine(question.training, steps)
    theta = torch.from_numpy(question.theta)
    batch = sequences.draw(question.training.sequences, 1, generator(question.number, "shown"), question.length)
    with torch.no_grad():
        logits, states = model.unroll(theta, batch.x)
    weightings = torch.stack([state.weightings[0] for state in states])

    trace = {name: torch.cat([getattr(step, name) for step in steps]) for name in vars(steps[0])}
    strength, gate, gamma = (trace[name][..., 0] for name in ("strength", "gate", "gamma"))
    stages = (trace[name] for name in ("content", "gated", "shifted"))
    before, after = weightings[:-1], weightings[1:]
    yield TapeAnswer(
        ntm.tape_of(logits, after, batch, model.readers, 0),
        Addressed(*arrays(trace["key"], strength, gate, trace["shift"], gamma, before, *stages, after)),
        Written(*arrays(trace["erase"], trace["add"], torch.stack([state.memory[0] for state in states]))),
    )


def address(config: Address) -> Iterator[Addressed]:
    """Yield an `Addressed`: where a head with the parameters of `config` moves."""
    key, shift, before = (torch.tensor(values)[None] for values in (config.key, config.shift, config.before))
    strength, gate, gamma = (torch.tensor([[value]]) for value in (config.strength, config.gate, config.gamma))
    content = addressing.content(torch.tensor(config.memory), key, strength)
    gated = addressing.interpolate(content, before, gate)
    shifted = addressing.shift(gated, shift)
    sharpened = addressing.sharpen(shifted, gamma)
    parts = (key, strength[0], gate[0], shift, gamma[0], before, content, gated, shifted, sharpened)
    yield Addressed(*(array[None] for array in arrays(*parts)))


def recall(config: FollowMann) -> Iterator[Recalled]:
    """Yield a `Recalled`: a sequence of unseen characters, its memory emptied before step `config.wipe`.

    Its pictures are shown as they were drawn, not reduced as the network sees them.
    """
    training = config.training
    sequence, full_size = (
        mann.draw(version, 1, generator(config.number, "shown"), unseen=True)
        for version in (training, training.updated(side=SIDE))
    )
    pictures = labelled_sequences.drawn(full_size.x[0], SIDE)
    yield mann.recalled(mann.network(training), torch.from_numpy(config.theta), sequence, pictures, config.wipe)

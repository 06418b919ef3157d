"""What pages ask of a memory method: to go through one sequence step by step, and to move one head by hand."""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.demos.questions import Address, FollowMann, FollowNtm
from core.events import arrays
from core.memory_events import Addressed, Recalled, TapeAnswer, Written
from core.methods.mann import algorithm as mann
from core.methods.mann.config import MannConfig
from core.methods.ntm import algorithm as ntm
from core.methods.ntm.model import AddressingTrace
from core.models import addressing
from core.seeding import generator
from core.tasks import labelled_sequences, sequences
from core.tasks.characters import SIDE
from core.tasks.labelled_sequences import LabelledSequence


def tape(question: FollowNtm) -> Iterator[TapeAnswer]:
    """Yield one `TapeAnswer`: the tape of one sequence, and how it came about. Raises ConfigError."""
    steps = list[AddressingTrace]()
    model = ntm.machine(question.training, steps)
    theta = torch.from_numpy(question.theta)
    batch = sequences.draw(question.training.sequences, 1, generator(question.number, "shown"), question.length)
    with torch.no_grad():
        logits, states = model.unroll(theta, batch.x)
    weightings = torch.stack([state.weightings[0] for state in states])

    def of(name: str) -> Tensor:
        return torch.cat([getattr(step, name) for step in steps])

    strength, gate, gamma = (of(name)[..., 0] for name in ("strength", "gate", "gamma"))
    stages = (of(name) for name in ("content", "gated", "shifted"))
    yield TapeAnswer(
        ntm.tape_of(logits, weightings[1:], batch, model.readers, 0),
        Addressed(*arrays(of("key"), strength, gate, of("shift"), gamma, weightings[:-1], *stages, weightings[1:])),
        Written(*arrays(of("erase"), of("add"), torch.stack([state.memory[0] for state in states]))),
    )


def address(config: Address) -> Iterator[Addressed]:
    """Yield one `Addressed`: where a head comes to be that is asked for what `config` says."""
    key, shift, before = (torch.tensor(one)[None] for one in (config.key, config.shift, config.before))
    strength, gate, gamma = (torch.tensor([[one]]) for one in (config.strength, config.gate, config.gamma))
    content = addressing.content(torch.tensor(config.memory), key, strength)
    gated = addressing.interpolate(content, before, gate)
    shifted = addressing.shift(gated, shift)
    sharpened = addressing.sharpen(shifted, gamma)
    parts = (key, strength[0], gate[0], shift, gamma[0], before, content, gated, shifted, sharpened)
    yield Addressed(*(one[None] for one in arrays(*parts)))


def recall(config: FollowMann) -> Iterator[Recalled]:
    """Yield one `Recalled`: a sequence of unseen characters, its memory emptied before step `config.wipe`.

    Its pictures are shown as they were drawn, and not reduced as the network sees them.
    """
    training = config.training

    def sequence(of: MannConfig) -> LabelledSequence:
        return mann.draw(of, 1, generator(config.number, "shown"), unseen=True)

    pictures = labelled_sequences.drawn(sequence(training.updated(side=SIDE)).x[0], SIDE)
    theta = torch.from_numpy(config.theta)
    yield mann.recalled(mann.network(training), theta, sequence(training), pictures, config.wipe)

"""What pages ask of a memory method: to go through one sequence step by step, and to move one head by hand."""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.algorithms import mann, ntm
from core.configs import Mann
from core.events import Event, arrays
from core.memory_events import Addressed, Written
from core.models import addressing
from core.models.ntm import Stages
from core.requests import Address, FollowMann, FollowNtm
from core.seeding import generator
from core.tasks import sequences, told
from core.tasks.characters import SIDE
from core.tasks.told import Told


def tape(config: FollowNtm) -> Iterator[Event]:
    """Yield a `Tape` of one sequence, and how it came about: `Addressed` and `Written`. Raises ConfigError."""
    stages = list[Stages]()
    model = ntm.machine(config.training, stages)
    theta = torch.from_numpy(config.theta)
    batch = sequences.draw(config.training.sequences, 1, generator(config.number, "shown"), config.length)
    with torch.no_grad():
        logits, states = model.through(theta, batch.x)
    weightings = torch.stack([one.weightings[0] for one in states])
    yield ntm.taped(logits, weightings[1:], batch, model.readers, 0)

    def of(name: str) -> Tensor:
        return torch.cat([getattr(one, name) for one in stages])

    strength, gate, power = (of(name)[..., 0] for name in ("strength", "gate", "power"))
    places = (of(name) for name in ("content", "gated", "shifted"))
    yield Addressed(*arrays(of("key"), strength, gate, of("by"), power, weightings[:-1], *places, weightings[1:]))
    yield Written(*arrays(of("erase"), of("add"), torch.stack([one.memory[0] for one in states])))


def address(config: Address) -> Iterator[Event]:
    """Yield one `Addressed`: where a head comes to be that is asked for what `config` says."""
    key, by, before = (torch.tensor(one)[None] for one in (config.key, config.by, config.before))
    strength, gate, power = (torch.tensor([[one]]) for one in (config.strength, config.gate, config.power))
    content = addressing.content(torch.tensor(config.memory), key, strength)
    gated = addressing.interpolate(content, before, gate)
    shifted = addressing.shift(gated, by)
    sharpened = addressing.sharpen(shifted, power)
    parts = (key, strength[0], gate[0], by, power[0], before, content, gated, shifted, sharpened)
    yield Addressed(*(one[None] for one in arrays(*parts)))


def recall(config: FollowMann) -> Iterator[Event]:
    """Yield one `Recalled`: a sequence of unseen characters, its memory emptied before step `config.wipe`.

    Its pictures are shown as they were drawn, and not reduced as the network sees them.
    """
    training = config.training

    def sequence(of: Mann) -> Told:
        return mann.draw(of, 1, generator(config.number, "shown"), unseen=True)

    pictures = told.drawn(sequence(training.updated(side=SIDE)).x[0], SIDE)
    theta = torch.from_numpy(config.theta)
    yield mann.recalled(mann.network(training), theta, sequence(training), pictures, config.wipe)

"""The memory-augmented network over whole sequences, with its gradient written out.

The same function as `core.methods.mann.model.Mann.through`, which follows the equations one by one. Autograd would visit a
hundred nodes a step on the way back through that; here it is some thirty operations, for whatever does not wait for
later steps is done for all steps at once. Time comes first: t steps, b sequences, h heads.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from core.models.addressing import TINY

if TYPE_CHECKING:
    from core.methods.mann.model import Mann


class Weights(NamedTuple):
    """Of the controller's past [hidden + h * width, 4 * hidden]; of the heads [hidden, h * asked] and [1, h * asked],
    None without a memory.
    """

    past: Tensor
    to_heads: Tensor | None
    bias: Tensor | None


class Control(NamedTuple):
    """What the controller leaves, [t, b, ...] or, of one step, [b, ...]; several are views of one tensor."""

    seen_before: Tensor  # its own output and what was read, hidden + h * width
    hidden: Tensor
    gates: Tensor  # the four blocks, 4 * hidden
    opened: Tensor  # enter and keep
    enter: Tensor
    keep: Tensor
    content: Tensor
    leave: Tensor
    before: Tensor  # the cell, hidden
    cell: Tensor
    squashed: Tensor  # its tanh


class Memory(NamedTuple):
    """What the heads leave, [t, b, ...] or, of one step, [b, ...]; several are views of one tensor."""

    head_params: Tensor  # h * (vectors and gate)
    vectors: Tensor  # keys, and what is added where that is not the key, h, ...
    keys: Tensor  # h, width
    added: Tensor  # h, width
    gate: Tensor  # h, 1
    reading_before: Tensor  # h, rows
    reading: Tensor  # h, rows
    reads: Tensor  # h, width
    sizes: Tensor  # of the rows of the memory, rows
    lengths: Tensor  # of the keys, h, 1
    cosine: Tensor  # h, rows


@dataclass
class Tape:
    """All that the way back asks for. seen: what the output layer sees [t, b, hidden + h * width].

    The memory is kept as it was after each step. To take each write away again on the way back would need no room, but
    what is left of a row that holds little is mostly rounding, and the cosine makes that large.
    """

    seen: Tensor
    control: Control
    memory: Memory | None
    steps: list[tuple[Control, Memory | None]]  # views of both, one step after the other
    emptied: list[Tensor]  # the rows that were least used [b, h, 1]
    writing: list[Tensor]  # [b, h, rows]
    contents: list[Tensor]  # of the memory after each step [b, rows, width]


def run(model: "Mann", told: Tensor, weights: Weights, start: float) -> Tensor:
    """What the output layer sees at each step, [t, b, hidden + h * width].

    told [t, b, 4 * hidden]: what the input tells the controller; start: every number of the memory.
    """
    found: Tensor = _Run.apply(model, start, told, *weights)
    return found


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, model: "Mann", start: float, told: Tensor, *weights: Any) -> Tensor:
        ctx.model, ctx.tape = model, _forward(model, start, told, Weights(*weights))
        ctx.save_for_backward(*weights)
        seen: Tensor = ctx.tape.seen
        return seen

    @staticmethod
    def backward(ctx: Any, d: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        return None, None, *_backward(ctx.model, ctx.tape, d, Weights(*ctx.saved_tensors))


def _tape(model: "Mann", told: Tensor, weights: Weights) -> Tape:
    steps, b, _ = told.shape
    hidden, heads, width, rows = model.hidden, model.heads, model.width, model.rows
    new = told.new_empty
    seen = told.new_zeros(steps + 1, b, len(weights.past))
    gates, cells = new(steps, b, 4 * hidden), told.new_zeros(steps + 1, b, hidden)
    control = Control(
        seen[:-1], seen[1:, :, :hidden], gates, gates[..., : 2 * hidden], *gates.split(hidden, -1), cells[:-1],
        cells[1:], new(steps, b, hidden),
    )  # fmt: skip
    memory = None
    if weights.bias is not None:
        head_params = new(steps, b, heads, weights.bias.shape[1] // heads)
        reading = told.new_zeros(steps + 1, b, heads, rows)
        memory = Memory(
            head_params.flatten(2), head_params[..., :-1], head_params[..., :width], head_params[..., -1 - width : -1], head_params[..., -1:],
            reading[:-1], reading[1:], seen[1:, :, hidden:].unflatten(2, (heads, -1)), new(steps, b, rows),
            new(steps, b, heads, 1), new(steps, b, heads, rows),
        )  # fmt: skip
    return Tape(seen[1:], control, memory, _by_step(control, memory), [], [], [])


def _forward(model: "Mann", start: float, told: Tensor, weights: Weights) -> Tape:
    tape = _tape(model, told, weights)
    contents = told.new_full((told.shape[1], model.rows, model.width), start)
    usage = told.new_zeros(told.shape[1], model.rows)
    for one, (at, memory) in zip(told.unbind(), tape.steps, strict=True):
        torch.addmm(one, at.seen_before, weights.past, out=at.gates)
        at.opened.sigmoid_()
        at.content.tanh_()
        at.leave.sigmoid_()
        torch.mul(at.keep, at.before, out=at.cell).addcmul_(at.enter, at.content)
        torch.mul(at.leave, torch.tanh(at.cell, out=at.squashed), out=at.hidden)
        if memory is None or weights.to_heads is None or weights.bias is None:
            continue
        torch.addmm(weights.bias, at.hidden, weights.to_heads, out=memory.head_params)
        memory.vectors.tanh_()
        memory.gate.sigmoid_()
        # a write goes where the head was and to the least used row, which is emptied first
        emptied = usage.topk(model.heads, -1, largest=False).indices[..., None]
        writing = (memory.gate * memory.reading_before).scatter_add_(-1, emptied, 1 - memory.gate)
        contents = contents.scatter(1, emptied.expand_as(memory.keys), 0.0).baddbmm_(writing.mT, memory.added)
        # a read goes where the memory is like the key
        sizes = torch.norm(contents, dim=-1, out=memory.sizes)[:, None]
        lengths = torch.norm(memory.keys, dim=-1, keepdim=True, out=memory.lengths)
        cosine = torch.bmm(memory.keys, contents.mT, out=memory.cosine).div_(lengths * sizes + TINY)
        torch.softmax(model.strength * cosine, -1, out=memory.reading)
        memory.reads.copy_(memory.reading @ contents)
        usage = torch.add((memory.reading + writing).sum(1), usage, alpha=model.decay)
        for kept, now in ((tape.emptied, emptied), (tape.writing, writing), (tape.contents, contents)):
            kept.append(now)
    return tape


def _backward(model: "Mann", tape: Tape, d: Tensor, weights: Weights) -> tuple[Tensor | None, ...]:
    """The gradients of what the controller was told, and of the weights, from that of what was seen."""
    all_steps, hidden = tape.control, model.hidden
    enter, keep, content, leave = all_steps.enter, all_steps.keep, all_steps.content, all_steps.leave
    of_cell = leave * (1 - all_steps.squashed.square())
    of_leave = all_steps.squashed * leave * (1 - leave)
    slopes = [content * enter * (1 - enter), all_steps.before * keep * (1 - keep), enter * (1 - content.square())]
    of_three = torch.stack(slopes, 2)  # of enter, keep and content, [t, b, 3, hidden]
    d_gates = torch.empty_like(all_steps.gates)
    d_three, d_leave = d_gates[..., : 3 * hidden].unflatten(2, (3, hidden)), d_gates[..., 3 * hidden :]
    back = _Back(model, tape, weights.to_heads) if weights.to_heads is not None else None
    views = list(_steps(d, of_cell, of_leave, of_three, keep, d_gates, d_three, d_leave))
    d_past, d_cell, to_past = torch.zeros_like(d[0]), torch.zeros_like(of_cell[0]), weights.past.T
    for t in reversed(range(len(d))):
        d_seen, cell, out, three, kept, of_gates, of_blocks, of_out = views[t]
        d_seen = d_seen + d_past
        d_hidden = d_seen[:, :hidden]
        if back:
            d_hidden = back(t, d_hidden, d_seen[:, hidden:])
        d_cell.addcmul_(d_hidden, cell)
        torch.mul(three, d_cell[:, None], out=of_blocks)
        torch.mul(d_hidden, out, out=of_out)
        d_cell.mul_(kept)
        d_past = of_gates @ to_past
    d_weight = all_steps.seen_before.flatten(0, 1).T @ d_gates.flatten(0, 1)
    return d_gates, d_weight, *(back.of_heads() if back else (None, None))


class _Back:
    """The way back through reads and writes, a step a call."""

    def __init__(self, model: "Mann", tape: Tape, to_heads: Tensor) -> None:
        memory = tape.memory
        assert memory is not None, "heads have a memory"
        self.model, self.tape, self.from_heads = model, tape, to_heads.T
        sizes, lengths = memory.sizes[:, :, None], memory.lengths
        inverse = model.strength / (lengths * sizes + TINY)
        by_size = memory.cosine * lengths / sizes.clamp_min(TINY)
        by_length = memory.cosine * sizes / lengths.clamp_min(TINY)
        slope = torch.cat([1 - memory.vectors.square(), memory.gate * (1 - memory.gate)], -1)
        d_asked = self.d_asked = torch.empty_like(slope)
        own = d_asked, d_asked.flatten(2), *d_asked.split([model.width, d_asked.shape[-1] - model.width - 1, 1], -1)
        self.views = list(_steps(inverse, by_size, by_length, slope, *own))
        self.d_contents, self.d_reading = torch.zeros_like(tape.contents[0]), torch.zeros_like(memory.reading[0])

    def __call__(self, t: int, d_hidden: Tensor, d_reads: Tensor) -> Tensor:
        """The gradient of the controller's output with the heads' part, from those of its own and of the reads."""
        tape, (_, at) = self.tape, self.tape.steps[t]
        contents, writing, emptied = tape.contents[t], tape.writing[t], tape.emptied[t]
        assert at is not None, "heads have a memory"
        inverse, by_size, by_length, slope, head_params, flat, of_keys, of_added, of_gate = self.views[t]
        d_reads, d_contents = d_reads.unflatten(1, at.keys.shape[1:]), self.d_contents
        # through the softmax to the cosine, key . row / (|key| |row| + tiny)
        d_dot = torch.baddbmm(self.d_reading, d_reads, contents.mT).mul_(at.reading)
        d_dot.addcmul_(at.reading, d_dot.sum(-1, keepdim=True), value=-1).mul_(inverse)
        d_size, d_length = (d_dot * by_size).sum(1)[..., None], (d_dot * by_length).sum(-1, keepdim=True)
        torch.addcmul(torch.bmm(d_dot, contents), d_length, at.keys, value=-1, out=of_keys)
        d_contents.baddbmm_(torch.cat([at.reading, d_dot], 1).mT, torch.cat([d_reads, at.keys], 1))
        d_contents.addcmul_(contents, d_size, value=-1)
        # through the write
        d_writing, d_added = at.added @ d_contents.mT, writing @ d_contents
        if self.model.separate_write_vector:
            of_added.copy_(d_added)
        else:
            of_keys.add_(d_added)
        d_contents.scatter_(1, emptied.expand_as(at.keys), 0.0)
        kept = (d_writing * at.reading_before).sum(-1, keepdim=True)
        torch.sub(kept, d_writing.gather(-1, emptied), out=of_gate)
        self.d_reading = d_writing.mul_(at.gate)
        head_params.mul_(slope)
        return torch.addmm(d_hidden, flat, self.from_heads)

    def of_heads(self) -> tuple[Tensor, Tensor]:
        """The gradients of the heads' weight and bias."""
        d = self.d_asked.flatten(0, 1).flatten(1)
        return self.tape.control.hidden.flatten(0, 1).T @ d, d.sum(0, keepdim=True)


def _steps(*whole: Tensor) -> Any:
    """Views of each step, in order: cheaper than to index every tensor at every step."""
    return zip(*(one.unbind() for one in whole), strict=True)


def _by_step(control: Control, memory: Memory | None) -> list[tuple[Control, Memory | None]]:
    controls = [Control(*one) for one in _steps(*control)]
    if memory is None:
        return [(one, None) for one in controls]
    return list(zip(controls, (Memory(*one) for one in _steps(*memory)), strict=True))

"""The memory-augmented network over whole sequences, with its gradient written out.

It computes the same function as `core.methods.mann.model.Mann.unroll`, which follows the equations one by one. There
autograd visits a hundred nodes a step on the way back; here it is some thirty operations, because whatever does not
wait for later steps is done for all steps at once. Time comes first: t steps, b sequences, h heads.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from core.models.addressing import TINY


class Sizes(NamedTuple):
    """The fields of the network that the function depends on."""

    hidden: int
    heads: int
    width: int
    rows: int
    decay: float
    strength: float
    separate_write_vector: bool
    values: int
    in_turn: bool
    key_width: int


class Weights(NamedTuple):
    """Weights of the controller's past [hidden + h * width, 4 * hidden]; weights [hidden, h * n] and bias [1, h * n] of
    the n parameters of each head, None without a memory.
    """

    past: Tensor
    to_heads: Tensor | None
    bias: Tensor | None


class ControllerActivations(NamedTuple):
    """What the controller leaves, [t, b, ...] or, of one step, [b, ...]; several are views of one tensor."""

    seen_before: Tensor  # its last output and what was read, hidden + h * width
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


class MemoryActivations(NamedTuple):
    """What the heads leave, [t, b, ...] or, of one step, [b, ...]; several are views of one tensor."""

    head_params: Tensor  # h * (vectors and gate)
    vectors: Tensor  # keys, and what of the added vectors is not a key, h, ...
    keys: Tensor  # h, key_width
    own: Tensor  # what of the added vectors is not a key, h, values or width
    added: Tensor  # h, width
    added_key: Tensor  # the part of the *next* step's added vectors that this step's keys are, h, key_width
    added_value: Tensor  # the rest of this step's, h, values
    gate: Tensor  # h, 1
    reading_before: Tensor  # h, rows
    reading: Tensor  # h, rows
    reads: Tensor  # h, width
    row_lengths: Tensor  # of the memory, rows
    key_lengths: Tensor  # h, 1
    cosine: Tensor  # h, rows


@dataclass
class SavedActivations:
    """All that the backward pass needs. seen: what the output layer sees [t, b, hidden + h * width].

    The memory is stored as it was after each step, where there is a way back. To undo each write would need no room,
    but what is left of a row that holds little is mostly rounding, and the cosine makes that large.
    """

    seen: Tensor
    controller: ControllerActivations
    memory: MemoryActivations | None
    steps: list[tuple[ControllerActivations, MemoryActivations | None]]  # views of both, one step after the other
    emptied: list[Tensor]  # the rows that were least used [b, h, 1]
    writing: list[Tensor]  # [b, h, rows]
    contents: list[Tensor]  # of the memory after each step [b, rows, width]


def run(sizes: Sizes, gate_inputs: Tensor, weights: Weights, start: float) -> Tensor:
    """Return what the output layer sees at each step, [t, b, hidden + h * width].

    gate_inputs [t, b, 4 * hidden]: what the inputs add to the controller's gates; start: every number of the memory.
    """
    if not torch.is_grad_enabled():
        return _forward(sizes, start, gate_inputs, weights, keep=False).seen
    seen: Tensor = _Run.apply(sizes, start, gate_inputs, *weights)
    return seen


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sizes: Sizes, start: float, gate_inputs: Tensor, *weights: Any) -> Tensor:
        ctx.sizes, ctx.saved = sizes, _forward(sizes, start, gate_inputs, Weights(*weights))
        ctx.save_for_backward(*weights)
        seen: Tensor = ctx.saved.seen
        return seen

    @staticmethod
    def backward(ctx: Any, d_seen: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        return None, None, *_backward(ctx.sizes, ctx.saved, d_seen, Weights(*ctx.saved_tensors))


def _allocate(sizes: Sizes, gate_inputs: Tensor, weights: Weights) -> SavedActivations:
    steps, b, _ = gate_inputs.shape
    hidden, heads, width, rows = sizes[:4]
    new, zeros = gate_inputs.new_empty, gate_inputs.new_zeros
    seen = zeros(steps + 1, b, len(weights.past))
    gates, cells = new(steps, b, 4 * hidden), zeros(steps + 1, b, hidden)
    controller = ControllerActivations(
        seen[:-1], seen[1:, :, :hidden], gates, gates[..., : 2 * hidden], *gates.split(hidden, -1), cells[:-1],
        cells[1:], new(steps, b, hidden)
    )  # fmt: skip
    memory = None
    if weights.bias is not None:
        head_params, keys = new(steps, b, heads, weights.bias.shape[1] // heads), sizes.key_width
        vectors, gate = head_params[..., :-1], head_params[..., -1:]
        added = zeros(steps + 1, b, heads, width if sizes.values else 0)
        reading = zeros(steps + 1, b, heads, rows)
        memory = MemoryActivations(
            head_params.flatten(2), vectors, vectors[..., :keys], vectors[..., keys:],
            added[:-1] if sizes.values else vectors[..., -width:], added[1:, ..., :keys], added[:-1, ..., keys:], gate,
            reading[:-1], reading[1:], seen[1:, :, hidden:].unflatten(2, (heads, -1)), new(steps, b, rows),
            new(steps, b, heads, 1), new(steps, b, heads, rows)
        )  # fmt: skip
    return SavedActivations(seen[1:], controller, memory, _views(controller, memory), [], [], [])


def _forward(sizes: Sizes, start: float, gate_inputs: Tensor, weights: Weights, keep: bool = True) -> SavedActivations:
    saved = _allocate(sizes, gate_inputs, weights)
    contents = gate_inputs.new_full((gate_inputs.shape[1], sizes.rows, sizes.width), start)
    usage = gate_inputs.new_zeros(gate_inputs.shape[1], sizes.rows)
    turn = torch.arange(sizes.heads)[:, None].expand(gate_inputs.shape[1], -1, -1)
    for step, (gate_input, (controller, memory)) in enumerate(zip(gate_inputs.unbind(), saved.steps, strict=True)):
        torch.addmm(gate_input, controller.seen_before, weights.past, out=controller.gates)
        controller.opened.sigmoid_()
        controller.content.tanh_()
        controller.leave.sigmoid_()
        torch.mul(controller.keep, controller.before, out=controller.cell)
        controller.cell.addcmul_(controller.enter, controller.content)
        torch.mul(controller.leave, torch.tanh(controller.cell, out=controller.squashed), out=controller.hidden)
        if memory is None or weights.to_heads is None or weights.bias is None:
            continue
        torch.addmm(weights.bias, controller.hidden, weights.to_heads, out=memory.head_params)
        memory.vectors.tanh_()
        memory.gate.sigmoid_()
        if sizes.values:
            memory.added_key.copy_(memory.keys)
            memory.added_value.copy_(memory.own)
        # a write goes where the head was and to the least used row, or the next in turn, which is emptied first
        if sizes.in_turn:
            emptied = (turn + step * sizes.heads) % sizes.rows
        else:
            emptied = usage.topk(sizes.heads, -1, largest=False).indices[..., None]
        writing = (memory.gate * memory.reading_before).scatter_add_(-1, emptied, 1 - memory.gate)
        contents = contents.scatter(1, emptied.expand_as(memory.added), 0.0).baddbmm_(writing.mT, memory.added)
        # a read goes where the memory is like the key
        compared = contents[..., : sizes.key_width]
        row_lengths = torch.norm(compared, dim=-1, out=memory.row_lengths)[:, None]
        key_lengths = torch.norm(memory.keys, dim=-1, keepdim=True, out=memory.key_lengths)
        cosine = torch.bmm(memory.keys, compared.mT, out=memory.cosine).div_(key_lengths * row_lengths + TINY)
        torch.softmax(sizes.strength * cosine, -1, out=memory.reading)
        memory.reads.copy_(memory.reading @ contents)
        usage = torch.add((memory.reading + writing).sum(1), usage, alpha=sizes.decay)
        if not keep:  # no way back: the memory of each step need not be held
            continue
        for values, value in ((saved.emptied, emptied), (saved.writing, writing), (saved.contents, contents)):
            values.append(value)
    return saved


def _backward(sizes: Sizes, saved: SavedActivations, d_seen: Tensor, weights: Weights) -> tuple[Tensor | None, ...]:
    """Return the gradients of the gate inputs and of the weights."""
    controller, hidden = saved.controller, sizes.hidden
    enter, keep, content, leave = controller.enter, controller.keep, controller.content, controller.leave
    cell_slopes = leave * (1 - controller.squashed.square())
    leave_slopes = controller.squashed * leave * (1 - leave)
    slopes = [content * enter * (1 - enter), controller.before * keep * (1 - keep), enter * (1 - content.square())]
    block_slopes = torch.stack(slopes, 2)  # of enter, keep and content, [t, b, 3, hidden]
    d_gates = torch.empty_like(controller.gates)
    d_blocks, d_leave = d_gates[..., : 3 * hidden].unflatten(2, (3, hidden)), d_gates[..., 3 * hidden :]
    memory_backward = _MemoryBackward(sizes, saved, weights.to_heads) if weights.to_heads is not None else None
    views = list(_steps(d_seen, cell_slopes, leave_slopes, block_slopes, keep, d_gates, d_blocks, d_leave))
    d_past, d_cell, to_past = torch.zeros_like(d_seen[0]), torch.zeros_like(cell_slopes[0]), weights.past.T
    for t in reversed(range(len(views))):
        d_step, cell_slope, leave_slope, block_slope, keep, d_gates_out, d_blocks_out, d_leave_out = views[t]
        d_step = d_step + d_past
        d_hidden = d_step[:, :hidden]
        if memory_backward:
            d_hidden = memory_backward(t, d_hidden, d_step[:, hidden:])
        d_cell.addcmul_(d_hidden, cell_slope)
        torch.mul(block_slope, d_cell[:, None], out=d_blocks_out)
        torch.mul(d_hidden, leave_slope, out=d_leave_out)
        d_cell.mul_(keep)
        d_past = d_gates_out @ to_past
    d_weight = controller.seen_before.flatten(0, 1).T @ d_gates.flatten(0, 1)
    return d_gates, d_weight, *(memory_backward.head_gradients() if memory_backward else (None, None))


class _MemoryBackward:
    """The way back through reads and writes, a step a call."""

    def __init__(self, sizes: Sizes, saved: SavedActivations, to_heads: Tensor) -> None:
        memory = saved.memory
        assert memory is not None, "heads have a memory"
        self.sizes, self.saved, self.from_heads = sizes, saved, to_heads.T
        row_lengths, key_lengths = memory.row_lengths[:, :, None], memory.key_lengths
        inverse = sizes.strength / (key_lengths * row_lengths + TINY)
        by_row = memory.cosine * key_lengths / row_lengths.clamp_min(TINY)
        by_key = memory.cosine * row_lengths / key_lengths.clamp_min(TINY)
        slope = torch.cat([1 - memory.vectors.square(), memory.gate * (1 - memory.gate)], -1)
        d_params = self.d_head_params = torch.empty_like(slope)
        parts = d_params.split([sizes.key_width, d_params.shape[-1] - sizes.key_width - 1, 1], -1)
        self.views = list(_steps(inverse, by_row, by_key, slope, d_params, d_params.flatten(2), *parts))
        self.d_contents, self.d_reading = torch.zeros_like(saved.contents[0]), torch.zeros_like(memory.reading[0])
        self.d_next_keys = torch.zeros_like(memory.keys[0])  # from the step after, which adds this step's keys

    def __call__(self, t: int, d_hidden: Tensor, d_reads: Tensor) -> Tensor:
        """Return the gradient of the controller's output: `d_hidden` plus what comes back through the heads."""
        saved, (_, memory) = self.saved, self.saved.steps[t]
        contents, writing, emptied = saved.contents[t], saved.writing[t], saved.emptied[t]
        assert memory is not None, "heads have a memory"
        inverse, by_row, by_key, slope, d_params, d_flat_params, d_keys, d_own, d_gate = self.views[t]
        d_reads, d_contents = d_reads.unflatten(1, memory.added.shape[1:]), self.d_contents
        values, keys = self.sizes.values, self.sizes.key_width
        compared, d_compared = contents[..., :keys], d_contents[..., :keys]
        # through the softmax to the cosine, key . row / (|key| |row| + tiny)
        d_dot = torch.baddbmm(self.d_reading, d_reads, contents.mT).mul_(memory.reading)
        d_dot.addcmul_(memory.reading, d_dot.sum(-1, keepdim=True), value=-1).mul_(inverse)
        d_row, d_key = (d_dot * by_row).sum(1)[..., None], (d_dot * by_key).sum(-1, keepdim=True)
        torch.addcmul(torch.bmm(d_dot, compared), d_key, memory.keys, value=-1, out=d_keys)
        padded = functional.pad(memory.keys, (0, values)) if values else memory.keys
        d_contents.baddbmm_(torch.cat([memory.reading, d_dot], 1).mT, torch.cat([d_reads, padded], 1))
        d_compared.addcmul_(compared, d_row, value=-1)
        # through the write
        d_writing, d_added = memory.added @ d_contents.mT, writing @ d_contents
        if values:
            d_own.copy_(d_added[..., keys:])
            d_keys.add_(self.d_next_keys)
            self.d_next_keys = d_added[..., :keys]
        elif self.sizes.separate_write_vector:
            d_own.copy_(d_added)
        else:
            d_keys.add_(d_added)
        d_contents.scatter_(1, emptied.expand_as(memory.added), 0.0)
        by_reading = (d_writing * memory.reading_before).sum(-1, keepdim=True)
        torch.sub(by_reading, d_writing.gather(-1, emptied), out=d_gate)
        self.d_reading = d_writing.mul_(memory.gate)
        d_params.mul_(slope)
        return torch.addmm(d_hidden, d_flat_params, self.from_heads)

    def head_gradients(self) -> tuple[Tensor, Tensor]:
        """Return the gradients of the heads' weights and bias."""
        d = self.d_head_params.flatten(0, 1).flatten(1)
        return self.saved.controller.hidden.flatten(0, 1).T @ d, d.sum(0, keepdim=True)


def _steps(*tensors: Tensor) -> Any:
    """Return views of each step, in order: cheaper than to index every tensor at every step."""
    return zip(*(tensor.unbind() for tensor in tensors), strict=True)


def _views(
    controller: ControllerActivations, memory: MemoryActivations | None
) -> list[tuple[ControllerActivations, MemoryActivations | None]]:
    controllers = [ControllerActivations(*views) for views in _steps(*controller)]
    memories = [MemoryActivations(*views) for views in _steps(*memory)] if memory else [None] * len(controllers)
    return list(zip(controllers, memories, strict=True))

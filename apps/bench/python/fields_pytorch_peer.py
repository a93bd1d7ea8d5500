"""PyTorch as a peer that trains many small fields at once, with its fused Adam.

The first argument says how: `bmm`, batched products written by hand, with the reverse pass by autograd or written by hand too; or `vmap`, a module of one
field through `torch.func`. A second one may be `compiled`: loss and gradient by `torch.compile`.
"""

import gc
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from fields_protocol import TRIAL_FIELDS, TRIALS, Choice, FieldsProblem, choose, fields_at_once, join_fields, read_fields_problem
from protocol import Budget, available_threads, best_of, serve

COMPILED = "compiled" in sys.argv[1:]
THREADS = available_threads()

Parameters = list[Tensor]
"""For each layer the weights `[c, in, out]` and the biases `[c, 1, out]`."""
Gradient = Callable[[Parameters, Tensor, Tensor, float], tuple[Tensor, Parameters]]
"""The sum of the losses of c fields and its derivatives, from their parameters, the points `[n, 2]`, the targets `[c, n, 3]` and omega."""


def summed_loss(parameters: Parameters, coords: Tensor, targets: Tensor, omega: float) -> Tensor:
    x = coords.expand(targets.shape[0], -1, -1)
    *hidden, (weight, bias) = zip(parameters[::2], parameters[1::2])
    for w, b in hidden:
        # omega goes to the few weights, not to the many features.
        x = torch.sin(torch.baddbmm(omega * b, x, omega * w))
    return (torch.baddbmm(bias, x, weight) - targets).square().sum() / (coords.shape[0] * targets.shape[2])


def by_autograd(loss_of: Callable[[Parameters, Tensor, Tensor, float], Tensor]) -> Gradient:
    def gradient(parameters: Parameters, coords: Tensor, targets: Tensor, omega: float) -> tuple[Tensor, Parameters]:
        leaves = [part.detach().requires_grad_() for part in parameters]
        with torch.enable_grad():
            loss = loss_of(leaves, coords, targets, omega)
            return loss.detach(), list(torch.autograd.grad(loss, leaves))

    return gradient


def by_hand(parameters: Parameters, coords: Tensor, targets: Tensor, omega: float) -> tuple[Tensor, Parameters]:
    """The reverse pass written out: what autograd keeps beyond its need is overwritten in place."""
    inputs, arguments = [coords.expand(targets.shape[0], -1, -1)], []
    *hidden, (weight, bias) = zip(parameters[::2], parameters[1::2])
    scaled = [omega * w for w, _ in hidden]
    for (_, b), w in zip(hidden, scaled):
        z = torch.baddbmm(omega * b, inputs[-1], w)
        inputs.append(torch.sin(z))
        arguments.append(z)
    error = torch.baddbmm(bias, inputs[-1], weight).sub_(targets)
    count = coords.shape[0] * targets.shape[2]
    loss = torch.linalg.vector_norm(error).square() / count
    upstream = error.mul_(2 / count)
    gradient = [torch.bmm(inputs[-1].mT, upstream), upstream.sum(1, keepdim=True)]
    weights = [*scaled[1:], weight]
    for index in range(len(hidden) - 1, -1, -1):
        upstream = torch.bmm(upstream, weights[index].mT).mul_(arguments[index].cos_())
        gradient = [torch.bmm(inputs[index].mT, upstream).mul_(omega), upstream.sum(1, keepdim=True).mul_(omega), *gradient]
    return loss, gradient


class Siren(nn.Module):
    """One field: weights `[in, out]` and biases `[1, out]`."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.weights = nn.ParameterList(torch.empty(0) for _ in range(layers))
        self.biases = nn.ParameterList(torch.empty(0) for _ in range(layers))

    def forward(self, x: Tensor, omega: float) -> Tensor:
        *hidden, (weight, bias) = zip(self.weights, self.biases)
        for w, b in hidden:
            x = torch.sin(torch.addmm(omega * b, x, omega * w))
        return torch.addmm(bias, x, weight)


def by_vmap(module: Siren) -> Gradient:
    def loss_of_one(parameters: dict[str, Tensor], coords: Tensor, targets: Tensor, omega: float) -> Tensor:
        return (torch.func.functional_call(module, parameters, (coords, omega)) - targets).square().mean()

    of_all = torch.func.vmap(torch.func.grad_and_value(loss_of_one), in_dims=(0, None, 0, None))
    layers = len(module.weights)
    names = [name for i in range(layers) for name in (f"weights.{i}", f"biases.{i}")]

    def gradient(parameters: Parameters, coords: Tensor, targets: Tensor, omega: float) -> tuple[Tensor, Parameters]:
        found, losses = of_all(dict(zip(names, parameters)), coords, targets, omega)
        return losses.sum(), [found[name] for name in names]

    return gradient


Work = TypeVar("Work", bound=Callable[..., Any])


def compiled(work: Work) -> Work:
    """Sizes are compiled one by one, the best code for each; what cannot be compiled is an error."""
    return torch.compile(work, fullgraph=True, dynamic=False) if COMPILED else work


@cache
def formulations(layers: int) -> dict[str, Gradient]:
    if "vmap" in sys.argv[1:]:
        return {"": compiled(by_vmap(Siren(layers)))}
    return {"autograd": by_autograd(compiled(summed_loss)), "reverse by hand": compiled(by_hand)}


class TorchFields:
    def __init__(self, problem: FieldsProblem) -> None:
        self.problem = problem
        parts = [part for weight, bias in problem.layers for part in (weight, bias[:, None, :])]
        self.parameters = [nn.Parameter(torch.tensor(part)) for part in parts]
        for part in self.parameters:
            part.grad = torch.zeros_like(part)
        self.optimizer = torch.optim.Adam(self.parameters, lr=problem.learning_rate, fused=True)
        self.coords = torch.from_numpy(problem.coords)
        self.targets = torch.from_numpy(problem.targets)

    def use(self, choice: Choice[Gradient]) -> None:
        torch.set_num_threads(choice.threads)
        self.chunk, self.of_chunk = choice.chunk, choice.formulation

    @torch.no_grad()
    def accumulate(self, fields: int) -> Tensor:
        losses = []
        for first in range(0, fields, self.chunk):
            chunk = slice(first, min(fields, first + self.chunk))
            parameters = [part[chunk] for part in self.parameters]
            loss, gradient = self.of_chunk(parameters, self.coords, self.targets[chunk], self.problem.omega)
            losses.append(loss)
            for part, value in zip(self.parameters, gradient):
                if len(value) == len(part):
                    part.grad = value
                else:
                    part.grad[chunk] = value
        return losses[0] if len(losses) == 1 else torch.stack(losses).sum()

    def step(self) -> Tensor:
        loss = self.accumulate(self.problem.fields)
        self.optimizer.step()
        return loss

    def gradient(self) -> np.ndarray:
        self.accumulate(self.problem.fields)
        parts = [part.grad.numpy().copy() for part in self.parameters]
        return join_fields(list(zip(parts[::2], parts[1::2])))

    def seconds_per_field(self, choice: Choice[Gradient]) -> float:
        self.use(choice)
        fields = min(self.problem.fields, max(choice.chunk, TRIAL_FIELDS))
        return best_of(lambda: self.accumulate(fields), TRIALS) / fields


def prepare(problem: FieldsProblem, budget: Budget, way: str | None) -> tuple[TorchFields, dict[str, Any]]:
    gc.collect()  # what was prepared before must not keep its memory
    steps = TorchFields(problem)
    sizes = fields_at_once(problem, budget.memory)
    ways = formulations(len(problem.layers))
    name, choice = choose(ways, sizes, sorted({1, THREADS}), way=way, budget=budget, seconds=steps.seconds_per_field)
    steps.use(choice)
    return steps, {"way": name, "chunk": choice.chunk}


def describe() -> dict[str, Any]:
    return {"versions": {"python": sys.version.split()[0], "torch": torch.__version__}, "threads": THREADS}


if __name__ == "__main__":
    torch.set_float32_matmul_precision("highest")
    if COMPILED:
        # Every size is compiled on its own; without this the later ones would quietly not be.
        for limit in ("recompile_limit", "accumulated_recompile_limit"):
            if hasattr(torch._dynamo.config, limit):
                setattr(torch._dynamo.config, limit, 10_000)
    serve(describe, prepare, read=read_fields_problem)

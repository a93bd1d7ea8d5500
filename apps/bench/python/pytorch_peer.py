"""PyTorch as a peer: an ordinary module, its fused Adam, and the quickest of the ways that it offers to take derivatives."""

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from protocol import Problem, best_of, chunk_sizes, quickest, serve, whole_batch


class Siren(nn.Module):
    def __init__(self, width: int, omega: float) -> None:
        super().__init__()
        sizes = [2, width, width, width, width, 1]
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in zip(sizes, sizes[1:]))
        self.omega = omega

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = torch.sin(self.omega * layer(x))
        return self.layers[-1](x)


def slopes_by_reverse(field: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x = x.requires_grad_()
    return torch.autograd.grad(field(x).sum(), x, create_graph=True)[0]


def along(x: Tensor, axis: int) -> Tensor:
    direction = torch.zeros_like(x)
    direction[:, axis] = 1
    return direction


def slopes_by_forward(field: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return torch.cat([torch.func.jvp(field, (x,), (along(x, axis),))[1] for axis in range(2)], 1)


def laplacian_by_reverse_twice(field: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x = x.requires_grad_()
    slopes = torch.autograd.grad(field(x).sum(), x, create_graph=True)[0]
    bends = [torch.autograd.grad(slopes[:, axis].sum(), x, create_graph=True)[0][:, axis] for axis in range(2)]
    return (bends[0] + bends[1])[:, None]


def laplacian_by_forward_over_reverse(field: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    slopes = torch.func.grad(lambda at: field(at).sum())
    bends = [torch.func.jvp(slopes, (x,), (along(x, axis),))[1][:, axis] for axis in range(2)]
    return (bends[0] + bends[1])[:, None]


def laplacian_by_forward_twice(field: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    def bend(axis: int) -> Tensor:
        direction = along(x, axis)
        slope = lambda at: torch.func.jvp(field, (at,), (direction,))[1]  # noqa: E731
        return torch.func.jvp(slope, (x,), (direction,))[1]

    return bend(0) + bend(1)


WAYS: dict[str, dict[str, Callable[[Callable[[Tensor], Tensor], Tensor], Tensor]]] = {
    "value": {"": lambda field, x: field(x)},
    "gradient": {"reverse": slopes_by_reverse},
    "laplacian": {"reverse over reverse": laplacian_by_reverse_twice},
}
# PyTorch 2 and later.
if hasattr(torch, "func"):
    WAYS["gradient"]["forward"] = slopes_by_forward
    WAYS["laplacian"]["forward over reverse"] = laplacian_by_forward_over_reverse
    WAYS["laplacian"]["forward over forward"] = laplacian_by_forward_twice


def adam(parameters: list[nn.Parameter], learning_rate: float) -> torch.optim.Optimizer:
    """In one kernel, where this version has it on CPUs."""
    try:
        return torch.optim.Adam(parameters, lr=learning_rate, fused=True)
    except (TypeError, RuntimeError):
        return torch.optim.Adam(parameters, lr=learning_rate)


class TorchSteps:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.field = Siren(problem.width, problem.omega)
        with torch.no_grad():
            for layer, (weight, bias) in zip(self.field.layers, problem.layers):
                layer.weight.copy_(torch.from_numpy(weight.T))
                layer.bias.copy_(torch.from_numpy(bias))
        self.optimizer = adam(list(self.field.parameters()), problem.learning_rate)
        self.coords = torch.from_numpy(problem.coords)
        self.targets = torch.from_numpy(problem.targets)
        self.way = next(iter(WAYS[problem.supervision]))
        self.chunk = problem.points

    def backward(self, first: int, last: int) -> float:
        """Adds the points' share of the gradient, and gives their share of the loss."""
        coords = self.coords[first:last].detach()
        obtained = WAYS[self.problem.supervision][self.way](self.field, coords)
        loss = (obtained - self.targets[first:last]).square().sum() / self.problem.points
        loss.backward()
        return loss.item()

    def accumulate(self) -> float:
        self.optimizer.zero_grad()
        points = self.problem.points
        return sum(self.backward(first, min(points, first + self.chunk)) for first in range(0, points, self.chunk))

    def step(self) -> float:
        loss = self.accumulate()
        self.optimizer.step()
        return loss

    def gradient(self) -> np.ndarray:
        self.accumulate()
        # Derivatives do not see the last bias: it has no gradient then.
        parts = [(layer.weight.grad.T, torch.zeros_like(layer.bias) if layer.bias.grad is None else layer.bias.grad) for layer in self.field.layers]
        gradient = torch.cat([part.reshape(-1) for layer in parts for part in layer]).numpy()
        self.optimizer.zero_grad()
        return gradient

    def seconds_per_point(self, points: int) -> float:
        seconds = best_of(lambda: self.backward(0, points)) / points
        self.optimizer.zero_grad()
        return seconds


def prepare(problem: Problem, memory: float, way: str | None) -> tuple[TorchSteps, dict[str, Any]]:
    steps = TorchSteps(problem)
    sizes = (whole_batch if "whole" in sys.argv else chunk_sizes)(problem, memory)
    ways = list(WAYS[problem.supervision])

    def seconds_of(way: str) -> float:
        steps.way = way
        return steps.seconds_per_point(sizes[0])

    steps.way = way if way in ways else quickest(ways, seconds_of)
    steps.chunk = quickest(sizes, steps.seconds_per_point)
    return steps, {"way": steps.way, "chunk": steps.chunk}


def describe() -> dict[str, Any]:
    versions = {"python": sys.version.split()[0], "torch": torch.__version__}
    return {"versions": versions, "threads": torch.get_num_threads()}


if __name__ == "__main__":
    # Some builds begin with one thread.
    if torch.get_num_threads() == 1:
        torch.set_num_threads(os.cpu_count() or 1)
    serve(describe, prepare)

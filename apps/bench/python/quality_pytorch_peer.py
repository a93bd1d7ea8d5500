"""PyTorch as a peer of whole fits: an ordinary module, its own optimizers, the same points and evaluation; src/quality/problem.ts describes the problem."""

import gc
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from protocol import PROCESSOR_CHUNKS, Budget, available_threads, best_of, quickest, serve_requests

THREADS = sorted({1, available_threads()})
"""One, or all."""
TRIAL_SECONDS = 20
"""What the choice of chunks and threads may take; it is not counted as training."""
COMPILED_GAIN = 0.97
"""`torch.compile` is used where it takes at most this share of the time."""
DRAWN_AT_ONCE = 16384
DIVERGED = 1e6
"""A loss this many times the first is a divergence."""


class Siren(nn.Module):
    def __init__(self, sizes: list[int], omega0: float, omega: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in zip(sizes, sizes[1:]))
        self.omegas = [omega0, *[omega] * (len(sizes) - 3)]

    def forward(self, x: Tensor) -> Tensor:
        for layer, omega in zip(self.layers[:-1], self.omegas):
            x = torch.sin(omega * layer(x))
        return self.layers[-1](x)


def load_parameters(field: Siren, file: str) -> None:
    flat = np.fromfile(file, np.float32)
    at = 0
    with torch.no_grad():
        for layer in field.layers:
            o, i = layer.weight.shape
            layer.weight.copy_(torch.from_numpy(flat[at : at + i * o].reshape(i, o).T))
            layer.bias.copy_(torch.from_numpy(flat[at + i * o : at + i * o + o]))
            at += i * o + o


def create_optimizers(field: Siren, problem: dict[str, Any]) -> list[torch.optim.Optimizer]:
    method = problem["method"]
    rate = method["rate"]
    if method["optimizer"] == "adam":
        return [adam(list(field.parameters()), rate)]
    if method["optimizer"] == "adamw":
        return [torch.optim.AdamW(field.parameters(), lr=rate, fused=True)]
    if method["optimizer"] != "muon" or not hasattr(torch.optim, "Muon"):
        raise ValueError(f"PyTorch {torch.__version__} has no optimizer '{method['optimizer']}'")
    # Muon for the square weights between hidden layers, Adam for the rest, as its author recommends.
    hidden = [layer.weight for layer in field.layers[1:-1]]
    chosen = {id(weight) for weight in hidden}
    rest = [parameter for parameter in field.parameters() if id(parameter) not in chosen]
    return [torch.optim.Muon(hidden, lr=rate, weight_decay=0.0), adam(rest, problem["rateBesideMuon"])]


def adam(parameters: list[nn.Parameter], rate: float) -> torch.optim.Optimizer:
    """In one kernel, where this version has it."""
    try:
        return torch.optim.Adam(parameters, lr=rate, fused=True)
    except (TypeError, RuntimeError):
        return torch.optim.Adam(parameters, lr=rate)


def share_of_loss(field: Siren, values: int) -> Callable[[Tensor, Tensor], Tensor]:
    """The share of a part of the points in the mean squared error over `values` values."""
    return lambda coords, targets: (field(coords) - targets).square().sum() / values


def shuffled(count: int, batch: int, seed: int) -> Iterator[Tensor]:
    """The points of each step: every point once in an epoch, in random order; what is left of an epoch is dropped."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(count, generator=generator)
        for start in range(0, count - batch + 1, batch):
            yield order[start : start + batch]


@dataclass
class Run:
    """A fit that is advanced from evaluation to evaluation."""

    problem: dict[str, Any]
    chosen: dict[str, int] | None = None
    """How to take steps; if absent, what is quickest."""

    def __post_init__(self) -> None:
        problem = self.problem
        sizes, method = problem["sizes"], problem["method"]
        self.field = Siren(sizes, problem["omega0"], problem["omega"])
        load_parameters(self.field, problem["parametersFile"])
        self.optimizers = create_optimizers(self.field, problem)
        self.rates = [optimizer.param_groups[0]["lr"] for optimizer in self.optimizers]
        self.coords = torch.from_numpy(np.fromfile(problem["coordsFile"], np.float32).reshape(-1, sizes[0]))
        self.targets = torch.from_numpy(np.fromfile(problem["targetsFile"], np.float32).reshape(-1, sizes[-1]))
        self.batches: Iterator[Tensor] | None = None
        points = len(self.coords)
        if method["sampling"] == "shuffled":
            points = min(points, method["batch"])
            self.batches = shuffled(len(self.coords), points, problem["seed"])
        elif method["sampling"] != "all":
            raise ValueError(f"this peer does not choose points by '{method['sampling']}'")
        self.points = points
        self.chosen = self.chosen or self.quickest_way()
        self.use(self.chosen)
        self.step = 0
        self.first: float | None = None

    def use(self, way: dict[str, int]) -> None:
        torch.set_num_threads(way["threads"])
        self.chunk = way["chunk"]
        share = share_of_loss(self.field, self.points * self.targets.shape[1])
        # Sizes are compiled one by one, the best code for each.
        self.share = torch.compile(share, fullgraph=True, dynamic=False) if way["compiled"] else share

    def backward(self, coords: Tensor, targets: Tensor) -> Tensor:
        """The mean squared error of a step's points, and its gradient, chunk by chunk."""
        total = torch.zeros(())
        for start in range(0, len(coords), self.chunk):
            some = slice(start, start + self.chunk)
            loss = self.share(coords[some], targets[some])
            loss.backward()
            total += loss.detach()
        return total

    def quickest_way(self) -> dict[str, int]:
        """What makes steps quickest: the points at once, a few rows in the cache or all, then the number of threads, then whether they are compiled."""
        budget = Budget(seconds=TRIAL_SECONDS)

        def seconds_of(chunk: int, threads: int, compiled: int = 0) -> float:
            self.use({"chunk": chunk, "threads": threads, "compiled": compiled})
            seconds = best_of(lambda: self.backward(self.coords[: self.points], self.targets[: self.points]))
            self.zero()
            return seconds

        sizes = [*[size for size in PROCESSOR_CHUNKS if size < self.points], self.points]
        chunk = quickest(sizes, lambda size: seconds_of(size, THREADS[-1]), budget)
        threads = quickest(THREADS, lambda threads: seconds_of(chunk, threads), budget)
        eager = seconds_of(chunk, threads)
        try:
            compiled = int(seconds_of(chunk, threads, 1) < COMPILED_GAIN * eager)
        except Exception:  # Without a C++ compiler, for instance.
            self.zero()
            compiled = 0
        return {"chunk": chunk, "threads": threads, "compiled": compiled}

    def zero(self) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def factor(self) -> float:
        """Of the schedule, as this project has it: 1 in the first step, 0 in the last."""
        if self.problem["method"]["schedule"] == "constant":
            return 1.0
        return (1 + math.cos(math.pi * self.step / max(1, self.problem["steps"] - 1))) / 2

    def take_step(self) -> Tensor:
        for optimizer, rate in zip(self.optimizers, self.rates):
            for group in optimizer.param_groups:
                group["lr"] = rate * self.factor()
        self.zero()
        if self.batches is None:
            loss = self.backward(self.coords, self.targets)
        else:
            indices = next(self.batches)
            loss = self.backward(self.coords[indices], self.targets[indices])
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        return loss

    def train(self) -> dict[str, Any]:
        last = min(self.problem["steps"], self.step + self.problem["evaluateEvery"])
        begin = time.perf_counter()
        while self.step < last:
            loss = self.take_step()
            if self.first is None:
                self.first = float(loss)
        seconds = time.perf_counter() - begin
        value = float(loss)
        answer: dict[str, Any] = {"step": self.step, "seconds": seconds}
        if not math.isfinite(value) or value > DIVERGED * self.first:
            answer["diverged"] = f"the loss is {value}"
        return answer

    def draw(self, where: str, file: str) -> None:
        name = "coordsFile" if where == "samples" else "finerCoordsFile"
        coords = torch.from_numpy(np.fromfile(self.problem[name], np.float32).reshape(-1, self.problem["sizes"][0]))
        with torch.no_grad():
            torch.cat([self.field(part) for part in coords.split(DRAWN_AT_ONCE)]).numpy().tofile(file)


def describe() -> dict[str, Any]:
    return {"versions": {"python": sys.version.split()[0], "torch": torch.__version__}, "threads": THREADS[-1]}


class Peer:
    """Answers requests about one run at a time."""

    run: Run | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["work"] == "begin":
            self.run = None
            gc.collect()
            self.run = Run(request["problem"], request.get("chosen"))
            return self.run.chosen
        if self.run is None:
            raise RuntimeError("no run was begun")
        if request["work"] == "train":
            return self.run.train()
        self.run.draw(request["where"], request["file"])
        return {}


if __name__ == "__main__":
    torch.set_float32_matmul_precision("highest")
    serve_requests(describe, Peer().answer)

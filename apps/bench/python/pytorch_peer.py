"""PyTorch as a peer: an ordinary module, its fused Adam, and the fastest of the ways to compute derivatives.

Among the arguments may be: `whole`, all points at once; `cuda`, on the first CUDA device; `tf32`, whose products may have the ten bits of TF32;
`compiled`, loss and gradient by `torch.compile`.
"""

import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cuda_device import CudaDevice, assert_cuda
from product_counter import ProductCounter
from protocol import (
    CARD_CHUNKS,
    PROCESSOR_CHUNKS,
    Budget,
    Device,
    Problem,
    available_threads,
    best_of,
    chunk_sizes,
    products_of,
    quickest,
    serve,
    whole_batch,
)
from pytorch_ways import COMPILED_AS_WRITTEN, Siren, Way, ways_for

WHOLE, CUDA, TF32, COMPILED = (name in sys.argv[1:] for name in ("whole", "cuda", "tf32", "compiled"))
PLACE = "cuda" if CUDA else "cpu"
DEVICE: Device = CudaDevice() if CUDA else Device()
# On the processor a peer represents what PyTorch offers; on a card it also has the best way that is known.
WRITTEN_OUT = CUDA or COMPILED
THREADS = sorted({1, torch.get_num_threads(), available_threads()})
"""One, as many as PyTorch takes by itself (often the number of cores without hyper-threading), and all."""
MEMORY_SHARE = 0.15
"""Of a device's memory, since several peers are alive at a time."""
TYPICAL_CHUNK = 65536
"""So many points keep a card busy; with few, a trial would compare the work of the host."""


def adam(parameters: list[nn.Parameter], learning_rate: float) -> torch.optim.Optimizer:
    """In one kernel, where this version has it."""
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
        self.field.to(PLACE)
        self.optimizer = adam(list(self.field.parameters()), problem.learning_rate)
        self.coords = torch.from_numpy(problem.coords).to(PLACE)
        self.targets = torch.from_numpy(problem.targets).to(PLACE)
        self.ways = ways_for(problem.supervision, compiled=COMPILED, written_out=WRITTEN_OUT)
        self.chunk = problem.points
        self.use(next(iter(self.ways)))

    def use(self, way: str) -> None:
        """Selects how derivatives are computed."""
        self.way = way
        self.share: Callable[[Tensor, Tensor], Tensor] = share_of_loss(self.field, self.ways[way], self.problem.points)
        if COMPILED:
            # Sizes are compiled one by one, the best code for each; what cannot be compiled is an error.
            self.share = torch.compile(self.share, fullgraph=True, dynamic=False)

    def backward(self, first: int, last: int) -> Tensor:
        """Adds the points' share of the gradient, and gives their share of the loss."""
        loss = self.share(self.coords[first:last].detach(), self.targets[first:last])
        loss.backward()
        return loss.detach()

    def accumulate(self) -> Tensor:
        self.optimizer.zero_grad()
        points = self.problem.points
        shares = [self.backward(first, min(points, first + self.chunk)) for first in range(0, points, self.chunk)]
        return shares[0] if len(shares) == 1 else torch.stack(shares).sum()

    def step(self) -> Tensor:
        loss = self.accumulate()
        self.optimizer.step()
        return loss

    def gradient(self) -> np.ndarray:
        self.accumulate()
        # Derivatives do not see the last bias: it has no gradient then.
        parts = [(layer.weight.grad.T, torch.zeros_like(layer.bias) if layer.bias.grad is None else layer.bias.grad) for layer in self.field.layers]
        gradient = torch.cat([part.reshape(-1) for layer in parts for part in layer]).cpu().numpy()
        self.optimizer.zero_grad()
        return gradient

    def products(self) -> int | None:
        """See `products_of`; none where the compiler may have merged some of them."""
        if COMPILED and self.way not in COMPILED_AS_WRITTEN:
            return None
        points = min(64, self.problem.points)
        share = share_of_loss(self.field, self.ways[self.way], points)
        with ProductCounter() as counter:
            share(self.coords[:points].detach(), self.targets[:points]).backward()
        self.optimizer.zero_grad()
        return products_of(counter.operations, self.problem, points)

    def seconds_per_point(self, points: int) -> float:
        def run() -> None:
            self.backward(0, points)
            DEVICE.wait()

        try:
            seconds = best_of(run) / points
        except torch.cuda.OutOfMemoryError:
            seconds = float("inf")
            torch.cuda.empty_cache()  # Others may fit.
        self.optimizer.zero_grad()
        return seconds


def share_of_loss(field: Siren, way: Way, points: int) -> Callable[[Tensor, Tensor], Tensor]:
    """The share of a part of the points in the mean over all."""

    def share(coords: Tensor, targets: Tensor) -> Tensor:
        return (way(field, coords) - targets).square().sum() / points

    return share


def sizes_for(problem: Problem, memory: float) -> list[int]:
    """The chunk sizes to try. A card has a memory of its own."""
    if WHOLE:
        return whole_batch(problem, memory)
    if not CUDA:
        return chunk_sizes(problem, memory, PROCESSOR_CHUNKS)
    memory = MEMORY_SHARE * torch.cuda.get_device_properties(0).total_memory
    return chunk_sizes(problem, memory, CARD_CHUNKS)[-3:]


def prepare(problem: Problem, budget: Budget, way: str | None) -> tuple[TorchSteps, dict[str, Any]]:
    gc.collect()  # what was prepared before must not keep its memory
    torch.set_num_threads(THREADS[-1])
    steps = TorchSteps(problem)
    sizes = sizes_for(problem, budget.memory)
    trial = max((size for size in sizes if CUDA and size <= TYPICAL_CHUNK), default=sizes[0])

    failures: list[Exception] = []

    def seconds_of(way: str) -> float:
        try:
            steps.use(way)
            return steps.seconds_per_point(trial)
        except Exception as error:  # Others may do.
            failures.append(error)
            return float("inf")

    chosen = way if way in steps.ways else quickest(list(steps.ways), seconds_of, budget)
    if len(failures) == len(steps.ways):
        raise failures[0]
    steps.use(chosen)
    steps.chunk = quickest(sizes, steps.seconds_per_point, budget)
    answer: dict[str, Any] = {"way": steps.way, "chunk": steps.chunk}
    if not CUDA:
        answer["threads"] = choose_threads(steps, budget)
    products = steps.products()
    return steps, answer if products is None else {**answer, "products": products}


def choose_threads(steps: TorchSteps, budget: Budget) -> int:
    """The number that is quickest: fewer than all may be, for small networks."""

    def seconds_of(threads: int) -> float:
        torch.set_num_threads(threads)
        return steps.seconds_per_point(steps.chunk)

    threads = quickest(THREADS, seconds_of, budget)
    torch.set_num_threads(threads)
    return threads


def describe() -> dict[str, Any]:
    description: dict[str, Any] = {
        "versions": {"python": sys.version.split()[0], "torch": torch.__version__},
        "threads": THREADS[-1],
    }
    if TF32:
        description["precision"] = "TF32"
    if CUDA:
        assert_cuda()
        description["versions"]["cuda"] = torch.version.cuda or torch.version.hip
        description["device"] = {"kind": "cuda", "name": torch.cuda.get_device_name(0), "software": False}
    return description


if __name__ == "__main__":
    torch.set_float32_matmul_precision("high" if TF32 else "highest")
    if COMPILED:
        # Every problem, way and size is compiled on its own; without this the later ones would quietly not be.
        for limit in ("recompile_limit", "accumulated_recompile_limit"):
            if hasattr(torch._dynamo.config, limit):
                setattr(torch._dynamo.config, limit, 10_000)
    serve(describe, prepare, DEVICE)

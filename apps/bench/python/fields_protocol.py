"""What the peers in Python share that train many small fields at once; src/fields/problem.ts describes the problem."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from protocol import Budget, Layers, quickest

Formulation = TypeVar("Formulation")


@dataclass(frozen=True)
class FieldsProblem:
    """What is fitted, with its arrays in memory: b networks on the same n points."""

    fields: int
    omega: float
    learning_rate: float
    points: int
    layers: Layers
    """For each layer the weights `[b, in, out]` and the biases `[b, out]`."""
    coords: np.ndarray
    """f32[n, 2]"""
    targets: np.ndarray
    """f32[b, n, 3]"""


def read_fields_problem(given: dict[str, Any]) -> FieldsProblem:
    fields, points = given["fields"], given["points"]
    sizes = [2, *[given["width"]] * given["layers"], 3]
    flat = np.fromfile(given["parametersFile"], np.float32).reshape(fields, -1)
    layers: Layers = []
    at = 0
    for i, o in zip(sizes, sizes[1:]):
        weight = np.ascontiguousarray(flat[:, at : at + i * o]).reshape(fields, i, o)
        layers.append((weight, np.ascontiguousarray(flat[:, at + i * o : at + i * o + o])))
        at += i * o + o
    coords = np.fromfile(given["coordsFile"], np.float32).reshape(points, 2)
    targets = np.fromfile(given["targetsFile"], np.float32).reshape(fields, points, 3)
    return FieldsProblem(fields, given["omega"], given["learningRate"], points, layers, coords, targets)


def join_fields(layers: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The gradient of all fields in the order of the parameters' file: field by field."""
    fields = layers[0][0].shape[0]
    return np.concatenate([part.reshape(fields, -1) for layer in layers for part in layer], 1)


BYTES_PER_UNIT = 24
"""What a framework that keeps its activations holds for a point and a unit of one layer, measured with some room."""
CHUNKS = (8, 32, 128)
TRIAL_FIELDS = 128
"""A trial trains so many fields, or a chunk of them, so that what all have to read is not in the cache."""
TRIALS = 4
"""How often each choice is tried: the quickest counts."""


def fields_at_once(problem: FieldsProblem, memory: float) -> list[int]:
    """The numbers of fields worth trying at once, smallest first: all of them too, where the memory allows."""
    units = sum(bias.shape[1] for _, bias in problem.layers)
    most = memory / (BYTES_PER_UNIT * units * problem.points)
    sizes = [size for size in CHUNKS if size < problem.fields and size <= most]
    return [*sizes, problem.fields] if problem.fields <= most or not sizes else sizes


@dataclass(frozen=True)
class Choice(Generic[Formulation]):
    """One of the ways to take a step."""

    formulation: Formulation
    chunk: int
    threads: int


def choose(
    formulations: dict[str, Formulation],
    chunks: list[int],
    threads: list[int],
    *,
    way: str | None,
    budget: Budget,
    seconds: Callable[[Choice[Formulation]], float],
) -> tuple[str, Choice[Formulation]]:
    """The choice named before, or else the quickest: of formulations and chunks on the last number of threads, then of the other numbers."""
    known: dict[str, Choice[Formulation]] = {}
    for name, formulation in formulations.items():
        for chunk in chunks:
            for count in threads:
                parts = [name, f"{chunk} fields at once", f"{count} thread{'s' if count > 1 else ''}"]
                known[", ".join(part for part in parts if part)] = Choice(formulation, chunk, count)
    if way in known:
        return way, known[way]
    failures: list[Exception] = []

    def seconds_of(name: str) -> float:
        try:
            return seconds(known[name])
        except Exception as error:  # Others may do.
            failures.append(error)
            return float("inf")

    first = [name for name, choice in known.items() if choice.threads == threads[-1]]
    best = quickest(first, seconds_of, budget)
    if len(failures) == len(first):
        raise failures[0]
    same = [name for name, choice in known.items() if (choice.formulation, choice.chunk) == (known[best].formulation, known[best].chunk)]
    best = quickest(same, seconds_of, budget)
    return best, known[best]

"""JAX as a peer: the whole step under `jit`, and the quickest of the ways that it offers to take derivatives."""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from protocol import Problem, best_of, chunk_sizes, quickest, serve

Parameters = list[tuple[Array, Array]]
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def siren(parameters: Parameters, omega: float, x: Array) -> Array:
    for weight, bias in parameters[:-1]:
        x = jnp.sin(omega * (x @ weight + bias))
    weight, bias = parameters[-1]
    return x @ weight + bias


def along(x: Array, axis: int) -> Array:
    return jnp.zeros_like(x).at[:, axis].set(1)


def slopes_by_reverse(field: Callable[[Array], Array], x: Array) -> Array:
    return jax.grad(lambda at: field(at).sum())(x)


def slopes_by_forward(field: Callable[[Array], Array], x: Array) -> Array:
    return jnp.concatenate([jax.jvp(field, (x,), (along(x, axis),))[1] for axis in range(2)], 1)


def laplacian_by_forward_twice(field: Callable[[Array], Array], x: Array) -> Array:
    def bend(axis: int) -> Array:
        direction = along(x, axis)
        slope = lambda at: jax.jvp(field, (at,), (direction,))[1]  # noqa: E731
        return jax.jvp(slope, (x,), (direction,))[1]

    return bend(0) + bend(1)


def laplacian_by_forward_over_reverse(field: Callable[[Array], Array], x: Array) -> Array:
    slopes = partial(slopes_by_reverse, field)
    bends = [jax.jvp(slopes, (x,), (along(x, axis),))[1][:, axis] for axis in range(2)]
    return (bends[0] + bends[1])[:, None]


WAYS: dict[str, dict[str, Callable[[Callable[[Array], Array], Array], Array]]] = {
    "value": {"": lambda field, x: field(x)},
    "gradient": {"reverse": slopes_by_reverse, "forward": slopes_by_forward},
    "laplacian": {
        "forward over forward": laplacian_by_forward_twice,
        "forward over reverse": laplacian_by_forward_over_reverse,
    },
}


class JaxSteps:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.way = next(iter(WAYS[problem.supervision]))
        self.parameters: Parameters = [(jnp.array(weight), jnp.array(bias)) for weight, bias in problem.layers]
        self.first = jax.tree.map(jnp.zeros_like, self.parameters)
        self.second = jax.tree.map(jnp.zeros_like, self.parameters)
        self.count = jnp.zeros((), jnp.int32)
        self.coords = jnp.array(problem.coords)
        self.targets = jnp.array(problem.targets)
        self.compiled: Callable[..., Any] | None = None
        self.chunk = problem.points

    def share(self, parameters: Parameters, coords: Array, targets: Array) -> Array:
        """The points' share of the loss."""
        field = partial(siren, parameters, self.problem.omega)
        obtained = WAYS[self.problem.supervision][self.way](field, coords)
        return jnp.square(obtained - targets).sum() / self.problem.points

    def loss_and_gradient(self, parameters: Parameters, coords: Array, targets: Array) -> tuple[Array, Parameters]:
        """Over all points, a chunk after the other."""
        points, chunk = self.problem.points, self.chunk
        whole = points // chunk
        of_chunk = jax.value_and_grad(self.share)
        if whole == 1 and points == chunk:
            return of_chunk(parameters, coords, targets)

        def add_chunk(total: Any, index: Array) -> tuple[Any, None]:
            cut = lambda array: jax.lax.dynamic_slice_in_dim(array, index * chunk, chunk)  # noqa: E731
            part = of_chunk(parameters, cut(coords), cut(targets))
            return jax.tree.map(jnp.add, total, part), None

        nothing = (jnp.zeros(()), jax.tree.map(jnp.zeros_like, parameters))
        total, _ = jax.lax.scan(add_chunk, nothing, jnp.arange(whole))
        if whole * chunk == points:
            return total
        rest = of_chunk(parameters, coords[whole * chunk :], targets[whole * chunk :])
        return jax.tree.map(jnp.add, total, rest)

    def update(self, state: Any, coords: Array, targets: Array) -> tuple[Any, Array]:
        parameters, first, second, count = state
        loss, gradient = self.loss_and_gradient(parameters, coords, targets)
        count = count + 1
        first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, gradient)
        second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, gradient)
        one, two = 1 - BETA1**count, 1 - BETA2**count
        rate = self.problem.learning_rate
        parameters = jax.tree.map(lambda p, m, v: p - rate * (m / one) / (jnp.sqrt(v / two) + EPSILON), parameters, first, second)
        return (parameters, first, second, count), loss

    def step(self) -> float:
        if self.compiled is None:
            self.compiled = jax.jit(self.update, donate_argnums=0)
        state = (self.parameters, self.first, self.second, self.count)
        (self.parameters, self.first, self.second, self.count), loss = self.compiled(state, self.coords, self.targets)
        jax.block_until_ready(self.parameters)
        return float(loss)

    def gradient(self) -> np.ndarray:
        _, gradient = jax.jit(self.loss_and_gradient)(self.parameters, self.coords, self.targets)
        return np.concatenate([np.asarray(part).reshape(-1) for layer in gradient for part in layer])

    def seconds_per_point(self, points: int) -> float:
        gradient_of = jax.jit(jax.value_and_grad(self.share))
        some = (self.coords[:points], self.targets[:points])
        jax.block_until_ready(gradient_of(self.parameters, *some))  # compiles
        return best_of(lambda: jax.block_until_ready(gradient_of(self.parameters, *some))) / points


def prepare(problem: Problem, memory: float, way: str | None) -> tuple[JaxSteps, dict[str, Any]]:
    steps = JaxSteps(problem)
    sizes = chunk_sizes(problem, memory)
    ways = list(WAYS[problem.supervision])

    def seconds_of(way: str) -> float:
        steps.way = way
        return steps.seconds_per_point(sizes[0])

    steps.way = way if way in ways else quickest(ways, seconds_of)
    steps.chunk = quickest(sizes, steps.seconds_per_point)
    return steps, {"way": steps.way, "chunk": steps.chunk}


def describe() -> dict[str, Any]:
    versions = {"python": sys.version.split()[0], "jax": jax.__version__}
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"versions": versions, "threads": threads}


if __name__ == "__main__":
    jax.config.update("jax_platforms", "cpu")
    serve(describe, prepare)

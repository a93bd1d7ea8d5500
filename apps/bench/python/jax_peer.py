"""JAX as a peer: the whole step under `jit`, and the quickest of the ways that it offers to take derivatives."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jax_adam import AdamState, adam_state, adam_update
from jax_products import dot_operations
from protocol import Problem, available_threads, best_of, chunk_sizes, products_of, quickest, serve

Parameters = list[tuple[Array, Array]]


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
        self.state = adam_state([(jnp.array(weight), jnp.array(bias)) for weight, bias in problem.layers])
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

    def update(self, state: AdamState, coords: Array, targets: Array) -> tuple[AdamState, Array]:
        loss, gradient = self.loss_and_gradient(state.parameters, coords, targets)
        return adam_update(state, gradient, self.problem.learning_rate), loss

    def step(self) -> float:
        if self.compiled is None:
            self.compiled = jax.jit(self.update, donate_argnums=0)
        self.state, loss = self.compiled(self.state, self.coords, self.targets)
        jax.block_until_ready(self.state)
        return float(loss)

    def gradient(self) -> np.ndarray:
        _, gradient = jax.jit(self.loss_and_gradient)(self.state.parameters, self.coords, self.targets)
        return np.concatenate([np.asarray(part).reshape(-1) for layer in gradient for part in layer])

    def products(self) -> int:
        """See `products_of`."""
        gradient_of = jax.jit(jax.value_and_grad(self.share))
        some = (self.coords[: self.chunk], self.targets[: self.chunk])
        program = gradient_of.lower(self.state.parameters, *some).compile().as_text()
        return products_of(dot_operations(program), self.problem, self.chunk)

    def seconds_per_point(self, points: int) -> float:
        gradient_of = jax.jit(jax.value_and_grad(self.share))
        some = (self.coords[:points], self.targets[:points])
        jax.block_until_ready(gradient_of(self.state.parameters, *some))  # compiles
        return best_of(lambda: jax.block_until_ready(gradient_of(self.state.parameters, *some))) / points


def prepare(problem: Problem, memory: float, way: str | None) -> tuple[JaxSteps, dict[str, Any]]:
    steps = JaxSteps(problem)
    sizes = chunk_sizes(problem, memory)
    ways = list(WAYS[problem.supervision])

    def seconds_of(way: str) -> float:
        steps.way = way
        return steps.seconds_per_point(sizes[0])

    steps.way = way if way in ways else quickest(ways, seconds_of)
    steps.chunk = quickest(sizes, steps.seconds_per_point)
    return steps, {"way": steps.way, "chunk": steps.chunk, "products": steps.products()}


def describe() -> dict[str, Any]:
    versions = {"python": sys.version.split()[0], "jax": jax.__version__}
    return {"versions": versions, "threads": available_threads()}


if __name__ == "__main__":
    jax.config.update("jax_platforms", "cpu")
    serve(describe, prepare)

"""JAX as a peer: the whole step under `jit`, and the quickest of the ways that it offers to compute derivatives.

Among the arguments may be: `cuda`, on the first CUDA device; `tf32`, whose products may have the ten bits of TF32.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

# The peers share a card: none may take most of its memory at the beginning.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jax_adam import AdamState, adam_state, adam_update
from jax_products import dot_operations
from protocol import CARD_CHUNKS, Budget, Device, Problem, Unavailable, available_threads, best_of, chunk_sizes, products_of, quickest, serve

CUDA, TF32 = (name in sys.argv[1:] for name in ("cuda", "tf32"))
MEMORY_SHARE = 0.15
"""Of a device's memory, since several peers are alive at a time."""
Parameters = list[tuple[Array, Array]]


def siren(parameters: Parameters, omega: float, x: Array) -> Array:
    for weight, bias in parameters[:-1]:
        x = jnp.sin(omega * (x @ weight + bias))
    weight, bias = parameters[-1]
    return x @ weight + bias


def along(x: Array, axis: int) -> Array:
    return jnp.zeros_like(x).at[:, axis].set(1)


def gradient_by_reverse(field: Callable[[Array], Array], x: Array) -> Array:
    return jax.grad(lambda at: field(at).sum())(x)


def gradient_by_forward(field: Callable[[Array], Array], x: Array) -> Array:
    return jnp.concatenate([jax.jvp(field, (x,), (along(x, axis),))[1] for axis in range(2)], 1)


def laplacian_by_forward_twice(field: Callable[[Array], Array], x: Array) -> Array:
    def second_derivative(axis: int) -> Array:
        direction = along(x, axis)
        derivative = lambda at: jax.jvp(field, (at,), (direction,))[1]  # noqa: E731
        return jax.jvp(derivative, (x,), (direction,))[1]

    return second_derivative(0) + second_derivative(1)


def laplacian_by_forward_over_reverse(field: Callable[[Array], Array], x: Array) -> Array:
    gradient = partial(gradient_by_reverse, field)
    second_derivatives = [jax.jvp(gradient, (x,), (along(x, axis),))[1][:, axis] for axis in range(2)]
    return (second_derivatives[0] + second_derivatives[1])[:, None]


WAYS: dict[str, dict[str, Callable[[Callable[[Array], Array], Array], Array]]] = {
    "value": {"": lambda field, x: field(x)},
    "gradient": {"reverse": gradient_by_reverse, "forward": gradient_by_forward},
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

    def step(self) -> Array:
        if self.compiled is None:
            self.compiled = jax.jit(self.update, donate_argnums=0)
        self.state, loss = self.compiled(self.state, self.coords, self.targets)
        if not CUDA:
            jax.block_until_ready(self.state)
        return loss

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


class JaxCard(Device):
    """The first CUDA device. JAX returns before it is done, and keeps no peak that could be forgotten."""

    def __init__(self) -> None:
        self.steps: JaxSteps | None = None

    def wait(self) -> None:
        if self.steps is not None:
            jax.block_until_ready(self.steps.state)

    def peak_memory(self) -> int | None:
        stats = jax.devices("cuda")[0].memory_stats() or {}
        return stats.get("peak_bytes_in_use")


CARD = JaxCard()


def prepare(problem: Problem, budget: Budget, way: str | None) -> tuple[JaxSteps, dict[str, Any]]:
    steps = JaxSteps(problem)
    CARD.steps = steps
    if CUDA:
        memory = MEMORY_SHARE * (jax.devices("cuda")[0].memory_stats() or {}).get("bytes_limit", budget.memory)
        sizes = chunk_sizes(problem, memory, CARD_CHUNKS)[-3:]
    else:
        sizes = chunk_sizes(problem, budget.memory)
    ways = list(WAYS[problem.supervision])

    def seconds_of(way: str) -> float:
        steps.way = way
        return steps.seconds_per_point(sizes[0])

    steps.way = way if way in ways else quickest(ways, seconds_of, budget)
    steps.chunk = quickest(sizes, steps.seconds_per_point, budget)
    answer: dict[str, Any] = {"way": steps.way, "chunk": steps.chunk}
    # On a card XLA calls libraries, and the products are no longer plain from the program.
    return steps, answer if CUDA else {**answer, "products": steps.products()}


def describe() -> dict[str, Any]:
    versions = {"python": sys.version.split()[0], "jax": jax.__version__}
    description: dict[str, Any] = {"versions": versions, "threads": available_threads()}
    if TF32:
        description["precision"] = "TF32"
    if CUDA:
        try:
            card = jax.devices("cuda")[0]
        except (RuntimeError, AssertionError) as error:
            reason = " ".join(str(error).split())[:200] or "this JAX finds none"
            raise Unavailable(f"no CUDA device: {reason}") from error
        description["device"] = {"kind": "cuda", "name": card.device_kind, "software": False}
    return description


if __name__ == "__main__":
    jax.config.update("jax_platforms", "cuda,cpu" if CUDA else "cpu")
    jax.config.update("jax_default_matmul_precision", "tensorfloat32" if TF32 else "highest")
    serve(describe, prepare, CARD if CUDA else None)

"""Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1) on any tree of arrays, as both peers on JAX have it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class AdamState(NamedTuple):
    """Parameters, the moments of their gradients, and the number of steps."""

    parameters: Any
    first: Any
    second: Any
    count: Array


def adam_state(parameters: Any) -> AdamState:
    return AdamState(parameters, jax.tree.map(jnp.zeros_like, parameters), jax.tree.map(jnp.zeros_like, parameters), jnp.zeros((), jnp.int32))


def adam_update(state: AdamState, gradient: Any, learning_rate: float) -> AdamState:
    count = state.count + 1
    first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, state.first, gradient)
    second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, state.second, gradient)
    one, two = 1 - BETA1**count, 1 - BETA2**count
    parameters = jax.tree.map(lambda p, m, v: p - learning_rate * (m / one) / (jnp.sqrt(v / two) + EPSILON), state.parameters, first, second)
    return AdamState(parameters, first, second, count)

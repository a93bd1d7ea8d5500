"""JAX as a peer that trains many small fields at once: `vmap` of one field, the whole step under `jit`, the state donated.

Fields may be spread over virtual devices, one for each core: XLA runs many small products on one thread otherwise.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from protocol import available_threads

THREADS = available_threads()
# XLA reads it when it is loaded.
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={THREADS}"

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from fields_protocol import TRIAL_FIELDS, TRIALS, Choice, FieldsProblem, choose, fields_at_once, join_fields, read_fields_problem
from jax_adam import AdamState, adam_state, adam_update
from protocol import Budget, best_of, serve

Parameters = list[tuple[Array, Array]]
FORMULATIONS = {"one device": False, "fields over devices": True}
"""Whether fields are spread over the virtual devices."""


def loss_of_one(omega: float, parameters: Parameters, coords: Array, targets: Array) -> Array:
    x = coords
    for weight, bias in parameters[:-1]:
        x = jnp.sin(omega * (x @ weight + bias))
    weight, bias = parameters[-1]
    return jnp.square(x @ weight + bias - targets).mean()


class JaxFields:
    def __init__(self, problem: FieldsProblem) -> None:
        self.problem = problem

    def use(self, choice: Choice[bool], fields: int) -> None:
        """From now on so many of the fields are trained like this, from their initial parameters."""
        spread = choice.formulation and fields % THREADS == 0
        devices = jax.devices()[: THREADS if spread else 1]
        mesh = Mesh(np.array(devices), ("fields",))
        by_fields, everywhere = NamedSharding(mesh, PartitionSpec("fields")), NamedSharding(mesh, PartitionSpec())
        own = lambda array: jax.device_put(array[:fields], by_fields)  # noqa: E731
        state = adam_state([(own(weight), own(bias)) for weight, bias in self.problem.layers])
        self.state = state._replace(count=jax.device_put(state.count, everywhere))
        self.coords, self.targets = jax.device_put(self.problem.coords, everywhere), own(self.problem.targets)
        gradient = partial(gradient_of_fields, self.problem.omega, choice.chunk)
        if spread:
            own_spec, all_spec = PartitionSpec("fields"), PartitionSpec()
            gradient = jax.shard_map(gradient, mesh=mesh, in_specs=(own_spec, all_spec, own_spec), out_specs=(own_spec, own_spec))
        self.gradient_of = gradient
        self.compiled = jax.jit(partial(update, self.problem.learning_rate, gradient), donate_argnums=0)

    def step(self) -> float:
        self.state, loss = self.compiled(self.state, self.coords, self.targets)
        jax.block_until_ready(self.state)
        return float(loss)

    def gradient(self) -> np.ndarray:
        _, gradient = jax.jit(self.gradient_of)(self.state.parameters, self.coords, self.targets)
        return join_fields([(np.asarray(weight), np.asarray(bias)) for weight, bias in gradient])

    def seconds_per_field(self, choice: Choice[bool]) -> float:
        fields = min(self.problem.fields, max(choice.chunk * (THREADS if choice.formulation else 1), TRIAL_FIELDS))
        self.use(choice, fields)
        self.step()  # compiles
        return best_of(self.step, TRIALS) / fields


def gradient_of_fields(omega: float, chunk: int, parameters: Parameters, coords: Array, targets: Array) -> tuple[Array, Parameters]:
    """The loss of each field and its gradient, so many fields at once."""
    one = jax.value_and_grad(partial(loss_of_one, omega))
    if chunk >= len(targets):
        return jax.vmap(one, in_axes=(0, None, 0))(parameters, coords, targets)
    return jax.lax.map(lambda own: one(own[0], coords, own[1]), (parameters, targets), batch_size=chunk)


def update(learning_rate: float, gradient_of: Callable[..., Any], state: AdamState, coords: Array, targets: Array) -> tuple[AdamState, Array]:
    losses, gradient = gradient_of(state.parameters, coords, targets)
    return adam_update(state, gradient, learning_rate), losses.sum()


def prepare(problem: FieldsProblem, budget: Budget, way: str | None) -> tuple[JaxFields, dict[str, Any]]:
    steps = JaxFields(problem)
    sizes = [1, *fields_at_once(problem, budget.memory)]
    name, choice = choose(FORMULATIONS, sizes, [THREADS], way=way, budget=budget, seconds=steps.seconds_per_field)
    steps.use(choice, problem.fields)
    return steps, {"way": name, "chunk": choice.chunk}


def describe() -> dict[str, Any]:
    return {"versions": {"python": sys.version.split()[0], "jax": jax.__version__}, "threads": THREADS}


if __name__ == "__main__":
    jax.config.update("jax_platforms", "cpu")
    serve(describe, prepare, read=read_fields_problem)

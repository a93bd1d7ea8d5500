"""A SIREN in PyTorch, and the ways to compute its gradient and its Laplacian."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


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


Way = Callable[[Siren, Tensor], Tensor]


def along(x: Tensor, axis: int) -> Tensor:
    direction = torch.zeros_like(x)
    direction[:, axis] = 1
    return direction


def gradient_by_reverse(field: Siren, x: Tensor) -> Tensor:
    x = x.requires_grad_()
    return torch.autograd.grad(field(x).sum(), x, create_graph=True)[0]


def gradient_by_reverse_function(field: Siren, x: Tensor) -> Tensor:
    """The same as a function, which is what can be compiled."""
    return torch.func.grad(lambda at: field(at).sum())(x)


def gradient_by_forward(field: Siren, x: Tensor) -> Tensor:
    return torch.cat([torch.func.jvp(field, (x,), (along(x, axis),))[1] for axis in range(2)], 1)


def laplacian_by_reverse_twice(field: Siren, x: Tensor) -> Tensor:
    x = x.requires_grad_()
    gradient = torch.autograd.grad(field(x).sum(), x, create_graph=True)[0]
    second_derivatives = [torch.autograd.grad(gradient[:, axis].sum(), x, create_graph=True)[0][:, axis] for axis in range(2)]
    return (second_derivatives[0] + second_derivatives[1])[:, None]


def laplacian_by_reverse_twice_function(field: Siren, x: Tensor) -> Tensor:
    second_derivatives = [torch.func.grad(lambda at, axis=axis: gradient_by_reverse_function(field, at)[:, axis].sum())(x)[:, axis] for axis in range(2)]
    return (second_derivatives[0] + second_derivatives[1])[:, None]


def laplacian_by_forward_over_reverse(field: Siren, x: Tensor) -> Tensor:
    gradient = torch.func.grad(lambda at: field(at).sum())
    second_derivatives = [torch.func.jvp(gradient, (x,), (along(x, axis),))[1][:, axis] for axis in range(2)]
    return (second_derivatives[0] + second_derivatives[1])[:, None]


def laplacian_by_forward_twice(field: Siren, x: Tensor) -> Tensor:
    def second_derivative(axis: int) -> Tensor:
        direction = along(x, axis)
        derivative = lambda at: torch.func.jvp(field, (at,), (direction,))[1]  # noqa: E731
        return torch.func.jvp(derivative, (x,), (direction,))[1]

    return second_derivative(0) + second_derivative(1)


def jet(field: Siren, x: Tensor, laplacian: bool) -> tuple[Tensor, Tensor | None]:
    """Slopes `[2, n, 1]` and Laplacian `[n, 1]`, by the rules of each layer written out, as this project has them: plain operations, once differentiable.

    For sin(omega z): its gradient are omega cos(omega z) times those of z, and its Laplacian is omega cos(omega z) times that of z, less
    omega^2 sin(omega z) times the square of the gradient of z.
    """
    omega = field.omega
    first, *inner = field.layers
    *hidden, last = inner
    z = first(x)
    gradient = first.weight.T[:, None, :]  # those of z, the same at all points
    second_derivative: Tensor | None = None
    for layer in hidden:
        sine, cosine = torch.sin(omega * z), omega * torch.cos(omega * z)
        if laplacian:
            squares = (-omega * omega) * sine * gradient.square().sum(0)
            second_derivative = squares if second_derivative is None else torch.addcmul(squares, cosine, second_derivative)
        gradient = cosine * gradient
        z = layer(sine)
        gradient = gradient @ layer.weight.T
        second_derivative = None if second_derivative is None else second_derivative @ layer.weight.T
    sine, cosine = torch.sin(omega * z), omega * torch.cos(omega * z)
    if laplacian:
        squares = (-omega * omega) * sine * gradient.square().sum(0)
        second_derivative = squares if second_derivative is None else torch.addcmul(squares, cosine, second_derivative)
        second_derivative = second_derivative @ last.weight.T
    return cosine * gradient @ last.weight.T, second_derivative


def gradient_by_jet(field: Siren, x: Tensor) -> Tensor:
    gradient, _ = jet(field, x, laplacian=False)
    return torch.cat([gradient[0], gradient[1]], 1)


def laplacian_by_jet(field: Siren, x: Tensor) -> Tensor:
    _, second_derivative = jet(field, x, laplacian=True)
    assert second_derivative is not None
    return second_derivative


VALUE: dict[str, Way] = {"": lambda field, x: field(x)}
HAS_FUNCTIONS = hasattr(torch, "func")
"""PyTorch 2 and later."""


def ways_for(supervision: str, *, compiled: bool, written_out: bool) -> dict[str, Way]:
    """The ways to compute what is supervised.

    `compiled`: only what `torch.compile` takes, which are functions. `written_out`: the jet by hand, too, which is nothing that PyTorch offers.
    """
    if supervision == "value":
        return VALUE
    ways: dict[str, Way] = {}
    # First, as it is likely to be the quickest, and time for trials may be short.
    if written_out:
        ways["written out"] = gradient_by_jet if supervision == "gradient" else laplacian_by_jet
    if supervision == "gradient":
        ways["reverse"] = gradient_by_reverse_function if compiled else gradient_by_reverse
        if HAS_FUNCTIONS:
            ways["forward"] = gradient_by_forward
        return ways
    ways["reverse over reverse"] = laplacian_by_reverse_twice_function if compiled else laplacian_by_reverse_twice
    if HAS_FUNCTIONS:
        ways["forward over reverse"] = laplacian_by_forward_over_reverse
        ways["forward over forward"] = laplacian_by_forward_twice
    return ways


COMPILED_AS_WRITTEN = ("", "reverse", "written out")
"""The ways of which `torch.compile` computes the matrix products that they are written with; those by `jvp` repeat products, which it may merge."""

"""Makes the golden files of ../pytorch/import-pytorch.test.ts: SIRENs under the parameter names of three public PyTorch implementations.

    pip install torch==2.15.0 safetensors==0.8.0
    python make_pytorch_golden.py

The modules here have the names and the formulas of those implementations and nothing else of them. For each network there is the state dict
as it would be saved (<name>.safetensors, float32), and points with the value, the gradient and the Laplacian there, worked out by PyTorch in
float64 from the float32 parameters (<name>.expected.safetensors, float64).
"""
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

SEED = 20
POINTS = 16
HIDDEN = 16
HERE = Path(__file__).parent


class Sine(nn.Module):
    def __init__(self, omega):
        super().__init__()
        self.omega = omega

    def forward(self, x):
        return torch.sin(self.omega * x)


def uniform_(linear, bound):
    with torch.no_grad():
        linear.weight.uniform_(-bound, bound)
    return linear


def first(n_in, n_out):
    return uniform_(nn.Linear(n_in, n_out), 1 / n_in)


def later(n_in, n_out, omega, bias=True):
    return uniform_(nn.Linear(n_in, n_out, bias=bias), math.sqrt(6 / n_in) / omega)


class Block(nn.Module):
    """Names net.<i>.0.weight: vsitzmann/siren, modules.py, FCBlock. omega is 30 throughout."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.net = nn.Sequential(
            nn.Sequential(first(n_in, HIDDEN), Sine(30)),
            nn.Sequential(later(HIDDEN, HIDDEN, 30), Sine(30)),
            nn.Sequential(later(HIDDEN, HIDDEN, 30), Sine(30)),
            nn.Sequential(later(HIDDEN, n_out, 30)),
        )

    def forward(self, x):
        return self.net(x)


class Inside(nn.Module):
    """Puts net. in front: SingleBVPNet around FCBlock."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)


class InsideWithGrid(Inside):
    """Puts net. in front and keeps a buffer: lucidrains/siren-pytorch, SirenWrapper."""

    def __init__(self, net):
        super().__init__(net)
        axis = torch.linspace(-1, 1, 3)
        self.register_buffer("grid", torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1).reshape(-1, 2))


class LinearSine(nn.Module):
    def __init__(self, linear, omega):
        super().__init__()
        self.linear = linear
        self.omega = omega

    def forward(self, x):
        return torch.sin(self.omega * self.linear(x))


class Notebook(nn.Module):
    """Names net.<i>.linear.weight: vsitzmann/siren, the notebook. The last layer has a sine or is plain linear."""

    def __init__(self, n_in, n_out, omega0, omega, outermost_linear):
        super().__init__()
        last = later(HIDDEN, n_out, omega)
        self.net = nn.Sequential(
            LinearSine(first(n_in, HIDDEN), omega0),
            LinearSine(later(HIDDEN, HIDDEN, omega), omega),
            last if outermost_linear else LinearSine(last, omega),
        )

    def forward(self, x):
        return self.net(x)


class Layered(nn.Module):
    """Names layers.<i>.weight and last_layer.weight: lucidrains/siren-pytorch. omega is 30, then 1."""

    def __init__(self, n_in, n_out, bias=True):
        super().__init__()
        self.bias = bias
        self.layers = nn.ModuleList([uniform_(nn.Linear(n_in, HIDDEN, bias=bias), 1 / n_in), later(HIDDEN, HIDDEN, 1, bias)])
        self.last_layer = later(HIDDEN, n_out, 1, bias)

    def forward(self, x):
        for index, layer in enumerate(self.layers):
            x = torch.sin((30 if index == 0 else 1) * layer(x))
        return self.last_layer(x)


def derivatives(model, coords):
    """value [n, o], gradient [n, d, o], laplacian [n, o]"""
    x = coords.clone().requires_grad_(True)
    value = model(x)
    gradients, laplacians = [], []
    for j in range(value.shape[1]):
        (gradient,) = torch.autograd.grad(value[:, j].sum(), x, create_graph=True)
        laplacian = sum(torch.autograd.grad(gradient[:, k].sum(), x, create_graph=True)[0][:, k] for k in range(x.shape[1]))
        gradients.append(gradient)
        laplacians.append(laplacian)
    return value, torch.stack(gradients, dim=2), torch.stack(laplacians, dim=1)


def save(name, tensors):
    path = HERE / f"{name}.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path, metadata={"format": "pt"})
    path.chmod(0o644)


def main():
    torch.manual_seed(SEED)
    models = {
        "single-bvp-net": Inside(Block(2, 1)),
        "notebook": Notebook(3, 1, 20, 30, outermost_linear=True),
        "notebook-sine-last": Notebook(1, 2, 30, 30, outermost_linear=False),
        "siren-wrapper": InsideWithGrid(Layered(2, 3)),
        "siren-net-without-bias": Layered(2, 1, bias=False),
    }
    for name, model in models.items():
        state = model.state_dict()
        save(name, state)
        n_in = next(tensor for key, tensor in state.items() if key.endswith("weight")).shape[1]
        coords = (torch.rand(POINTS, n_in) * 2 - 1).double()
        value, gradient, laplacian = derivatives(model.double(), coords)
        expected = {"coords": coords, "value": value, "gradient": gradient, "laplacian": laplacian}
        save(f"{name}.expected", {key: tensor.detach() for key, tensor in expected.items()})


main()

"""Makes the golden files of ../pytorch/torch-save.test.ts: files of torch.save, with what PyTorch computes from them.

    pip install torch==2.15.0 safetensors==0.8.0 numpy
    python make_torch_save_golden.py

For each network there is <name>.pt, and <name>.expected.safetensors with points and the value there, worked out by PyTorch in float64 from the saved
parameters. `module.pt` and `legacy.pt` are files that are to be refused, `hostile.pt` too: reading it with pickle would make a file.
"""
import argparse
import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent
POINTS = 12


class Finer(nn.Module):
    """sin(omega (|x| + 1) x), with the names of the FINER code: net.<i>.linear and net.<n>."""

    def __init__(self, n_in, n_out, omega):
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)
        self.omega = omega

    def forward(self, x):
        z = self.linear(x)
        return torch.sin(self.omega * (torch.abs(z) + 1) * z)


class Gauss(nn.Module):
    """exp(-(scale x)^2), as the codes of WIRE and FINER have it."""

    def __init__(self, n_in, n_out, scale):
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)
        self.scale = scale

    def forward(self, x):
        return torch.exp(-((self.scale * self.linear(x)) ** 2))


class Inside(nn.Module):
    def __init__(self, name, module):
        super().__init__()
        setattr(self, name, module)


class Net(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


def expect(name, network, n_in):
    coords = torch.rand(POINTS, n_in).double() * 2 - 1
    value = network.double()(coords).detach()
    save_file({"coords": coords, "value": value}, HERE / f"{name}.expected.safetensors")
    (HERE / f"{name}.expected.safetensors").chmod(0o644)


def main():
    torch.manual_seed(30)

    # A checkpoint of a training loop: the state dict lies inside, beside an optimizer's.
    relu = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 3))
    optimizer = torch.optim.Adam(relu.parameters())
    relu(torch.rand(4, 2)).square().mean().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 3,
        "model_state_dict": relu.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "args": argparse.Namespace(lr=1e-4, layers=[6, 6], name="x"),
        "best": np.float64(0.25),
        "big": 2**70,
        "device": torch.device("cpu"),
        "dtype": torch.float32,
        "size": torch.ones(2, 3).shape,
    }
    torch.save(checkpoint, HERE / "checkpoint.pt")
    expect("checkpoint", relu, 2)

    # Words in front, and parameters instead of tensors.
    finer = Net(Finer(2, 5, 30), Finer(5, 5, 30), nn.Linear(5, 1))
    torch.save({"network": OrderedDict(Inside("img", finer).named_parameters())}, HERE / "finer.pt")
    expect("finer", finer, 2)

    # The newest protocol of pickle.
    gauss = Net(Gauss(2, 5, 3), Gauss(5, 5, 3), nn.Linear(5, 1))
    torch.save(gauss.state_dict(), HERE / "gaussian.pt", pickle_protocol=5)
    expect("gaussian", gauss, 2)

    # Views: a transposed weight, two in one storage, one row repeated by a stride of 0; and every type of float.
    tanh = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))
    block = torch.randn(40)
    state = {
        "0.weight": torch.randn(2, 4).t(),
        "0.bias": block[3:7],
        "2.weight": block[7:39].reshape(4, 8)[:, 2:6],
        "2.bias": torch.randn(4, dtype=torch.float64),
        "4.weight": torch.randn(1, 4).bfloat16().expand(4, 4),
        "4.bias": torch.randn(4).half(),
        "6.weight": torch.randn(2, 8)[:, ::2],
        "6.bias": torch.randn(2, 1)[:, 0],
    }
    torch.save(state, HERE / "views.pt")
    tanh.load_state_dict({key: tensor.float() for key, tensor in state.items()})
    expect("views", tanh, 2)

    torch.save(nn.Sequential(nn.Linear(1, 1)), HERE / "module.pt")
    torch.save(relu.state_dict(), HERE / "legacy.pt", _use_new_zipfile_serialization=False)

    class Hostile:
        def __reduce__(self):
            return os.system, ("touch /tmp/neural-fields-was-here",)

    torch.save({"0.weight": torch.ones(1, 1), "x": Hostile()}, HERE / "hostile.pt")


main()

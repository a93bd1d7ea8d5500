"""Loads state dicts into PyTorch's own modules, and saves them: the other side of torch.test.ts.

    python torch_round_trip.py <folder>

<folder>/tasks.json is a list of { file, names, inFeatures, hiddenFeatures, outFeatures, hiddenLayers, omegas, points }. For each the network with
these names is made, the file loaded with strict=True, and the values at the points written to <file>.json. It is then saved with torch.save to
<file>.again.pth.
"""
import json
import struct
import sys
from pathlib import Path

import torch
from torch import nn


class Sine(nn.Module):
    def __init__(self, omega):
        super().__init__()
        self.omega = omega

    def forward(self, x):
        return torch.sin(self.omega * x)


class SineLayer(nn.Module):
    """A layer of the notebook of vsitzmann/siren: net.<i>.linear."""

    def __init__(self, n_in, n_out, omega):
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)
        self.omega = omega

    def forward(self, x):
        return torch.sin(self.omega * self.linear(x))


class Named(nn.Module):
    """A module under a name."""

    def __init__(self, name, module):
        super().__init__()
        self.inner = name
        self.add_module(name, module)

    def forward(self, x):
        return getattr(self, self.inner)(x)


class LayersAndLast(nn.Module):
    """The names of SirenNet of lucidrains/siren-pytorch: layers.<i>, last_layer."""

    def __init__(self, widths, omegas):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths[:-2], widths[1:-1]))
        self.last_layer = nn.Linear(*widths[-2:])
        self.omegas = omegas

    def forward(self, x):
        for layer, omega in zip(self.layers, self.omegas):
            x = torch.sin(omega * layer(x))
        return self.last_layer(x)


class Coin(nn.Module):
    """The names of Siren of EmilienDupont/coin: net.<i>.linear, last_layer.linear."""

    def __init__(self, widths, omegas):
        super().__init__()
        self.net = nn.Sequential(*(SineLayer(a, b, omega) for a, b, omega in zip(widths[:-2], widths[1:-1], omegas)))
        self.last_layer = Named("linear", nn.Linear(*widths[-2:]))

    def forward(self, x):
        return self.last_layer(self.net(x))


def network(names, widths, omegas):
    pairs = list(zip(widths[:-1], widths[1:]))
    if names == "single-bvp-net":
        layers = [nn.Sequential(nn.Linear(*pair), Sine(omega)) for pair, omega in zip(pairs, omegas)]
        return Named("net", Named("net", nn.Sequential(*layers, nn.Sequential(nn.Linear(*pairs[-1])))))
    if names == "siren":
        layers = [SineLayer(*pair, omega) for pair, omega in zip(pairs, omegas)]
        return Named("net", nn.Sequential(*layers, nn.Linear(*pairs[-1])))
    if names == "coin":
        return Coin(widths, omegas)
    if names == "siren-pytorch":
        return LayersAndLast(widths, omegas)
    layers = [module for pair, omega in zip(pairs, omegas) for module in (nn.Linear(*pair), Sine(omega))]
    return nn.Sequential(*layers, nn.Linear(*pairs[-1]))


def load_safetensors(path):
    """float32 alone; the package safetensors may be absent."""
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32"
        begin, end = entry["data_offsets"]
        part = data[8 + length + begin : 8 + length + end]
        state[name] = torch.frombuffer(part, dtype=torch.float32).reshape(entry["shape"])
    return state


def main(folder):
    for task in json.loads((folder / "tasks.json").read_text()):
        path = folder / task["file"]
        widths = [task["inFeatures"], *[task["hiddenFeatures"]] * (task["hiddenLayers"] + 1), task["outFeatures"]]
        model = network(task["names"], widths, task["omegas"])
        if path.suffix == ".safetensors":
            state = load_safetensors(path)
        else:
            state = torch.load(path, weights_only=True)
            # Mapped storages are read at their offsets in the file, which must be aligned.
            mapped = torch.load(path, weights_only=True, mmap=True)
            assert list(mapped) == list(state) and all(torch.equal(mapped[key], state[key]) for key in state)
        model.load_state_dict(state, strict=True)
        with torch.no_grad():
            values = model(torch.tensor(task["points"]))
        Path(f"{path}.json").write_text(json.dumps(values.flatten().tolist()))
        torch.save(model.state_dict(), f"{path}.again.pth")
    print(torch.__version__)


main(Path(sys.argv[1]))

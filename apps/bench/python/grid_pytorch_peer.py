"""A hash grid before a small network, fitted to a picture in PyTorch: the same levels, batch and Adam as ours.

Reads a line of JSON with the settings, then one with a number of steps for each turn; answers each with the seconds that
its steps took and the PSNR of the whole picture.
"""

import json
import math
import resource
import sys
import time

import numpy
import torch

PRIMES = (1, 2654435761, 805459861)


def levels_of(given):
    """Resolution, first row, number of rows and whether it is hashed, of each level, as `levelsOf` of the encodings."""
    growth = (given["finest"] / given["base"]) ** (1 / (given["levels"] - 1))
    first, levels = 0, []
    for level in range(given["levels"]):
        resolution = math.floor(given["base"] * growth**level + 1e-9)
        vertices = (resolution + 1) ** 2
        rows = min(vertices, 2 ** given["log2HashmapSize"])
        levels.append((resolution, first, rows, vertices > rows))
        first += rows
    return levels, first


class HashGrid(torch.nn.Module):
    def __init__(self, given, lookup):
        super().__init__()
        self.levels, rows = levels_of(given)
        self.lookup = lookup
        self.table = torch.nn.Parameter(torch.empty(rows, given["features"]).uniform_(-1e-4, 1e-4))

    def forward(self, x):
        indices, weights = [], []
        for resolution, first, rows, hashed in self.levels:
            u = (x + 1) * (resolution / 2)
            cell = u.floor().clamp(0, resolution - 1)
            t, cell = u - cell, cell.long()
            for corner in range(4):
                upper = (corner & 1, corner >> 1)
                vertex = [cell[:, axis] + upper[axis] for axis in range(2)]
                if hashed:
                    row = (vertex[0] ^ (vertex[1] * PRIMES[1])) & (rows - 1)
                else:
                    row = vertex[0] + vertex[1] * (resolution + 1)
                indices.append(row + first)
                parts = [t[:, axis] if upper[axis] else 1 - t[:, axis] for axis in range(2)]
                weights.append(parts[0] * parts[1])
        index = torch.stack(indices, 1).reshape(-1, 4)
        weight = torch.stack(weights, 1).reshape(-1, 4)
        if self.lookup == "embedding_bag":
            found = torch.nn.functional.embedding_bag(index, self.table, per_sample_weights=weight, mode="sum")
        else:
            found = (self.table[index] * weight[..., None]).sum(1)
        return found.reshape(len(x), -1)


class Fit:
    def __init__(self, given, lookup):
        torch.manual_seed(given["seed"])
        height, width, channels = given["shape"]
        picture = numpy.fromfile(given["picture"], dtype=numpy.float32).reshape(height * width, channels)
        self.values = torch.from_numpy(picture)
        y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
        self.coords = torch.stack([y, x], -1).reshape(-1, 2)
        sizes = [given["levels"] * given["features"], *[given["hidden"]] * given["layers"], channels]
        layers = [HashGrid(given, lookup)]
        for index, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            dense = torch.nn.Linear(inputs, outputs, bias=False)
            torch.nn.init.xavier_uniform_(dense.weight)
            layers += [torch.nn.ReLU(), dense] if index > 0 else [dense]
        self.model = torch.nn.Sequential(*layers)
        options = {"lr": given["rate"], "betas": (0.9, given["beta2"]), "eps": given["epsilon"], "fused": True}
        self.adam = torch.optim.Adam(self.model.parameters(), **options)
        self.batch = given["batch"]

    def steps(self, count):
        for _ in range(count):
            chosen = torch.randint(len(self.coords), (self.batch,))
            self.adam.zero_grad()
            error = (self.model(self.coords[chosen]) - self.values[chosen]).square().mean()
            error.backward()
            self.adam.step()

    def psnr(self):
        with torch.no_grad():
            parts = zip(self.coords.split(65536), self.values.split(65536))
            error = sum((self.model(x) - v).square().sum().item() for x, v in parts) / self.values.numel()
        return -10 * math.log10(error)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(work):
    before, cpu = time.perf_counter(), cpu_seconds()
    work()
    return {"seconds": time.perf_counter() - before, "cpuSeconds": cpu_seconds() - cpu}


def main():
    given = json.loads(sys.stdin.readline())
    torch.set_num_threads(given["threads"])
    # The faster way to look up the rows, by one step of each after one to warm up.
    trials = {}
    for lookup in ("embedding_bag", "gather"):
        trial = Fit(given, lookup)
        trial.steps(1)
        trials[lookup] = timed(lambda: trial.steps(1))["cpuSeconds"]
    lookup = min(trials, key=trials.get)
    fit = Fit(given, lookup)
    print(json.dumps({"version": torch.__version__, "lookup": lookup}), flush=True)
    for line in sys.stdin:
        took = timed(lambda: fit.steps(json.loads(line)["steps"]))
        print(json.dumps({**took, "psnr": fit.psnr()}), flush=True)


main()

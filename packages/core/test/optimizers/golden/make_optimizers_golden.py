"""Makes optimizers.json, the float64 references of the tests in the folder above.

    pip install torch==2.15.0 numpy
    python make_optimizers_golden.py

AdamW and L-BFGS are those of torch.optim. Muon and SOAP are written here from their papers with numpy: torch.optim.Muon
iterates in bfloat16, and PyTorch has no SOAP. All take steps with the same made-up gradients, on the parameters of a
network 2-8-6-6-8-1 (weights [in, out], then biases, layer by layer); for each there are the parameters after every step.
"""
import json
from pathlib import Path

import numpy as np
import torch

WIDTHS = [2, 8, 6, 6, 8, 1]
STEPS = 12
HERE = Path(__file__).parent


def shapes():
    for n_in, n_out in zip(WIDTHS, WIDTHS[1:]):
        yield (n_in, n_out)
        yield (n_out,)


SIZE = sum(int(np.prod(shape)) for shape in shapes())


def start():
    return np.float32(np.sin(1.7 * np.arange(SIZE))).astype(np.float64)


def gradient(step):
    i = np.arange(SIZE)
    return np.float32(np.sin(12.9898 * i + 78.233 * step) * (1 + i % 5) / 4).astype(np.float64)


def split(flat):
    parts, offset = [], 0
    for shape in shapes():
        size = int(np.prod(shape))
        parts.append(flat[offset : offset + size].reshape(shape).copy())
        offset += size
    return parts


def join(parts):
    return np.concatenate([part.ravel() for part in parts])


class Adam:
    """Kingma and Ba 2015, algorithm 1."""

    def __init__(self, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.rate, self.beta1, self.beta2, self.epsilon, self.m, self.v = rate, beta1, beta2, epsilon, 0, 0

    def step(self, p, g, t):
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g**2
        m, v = self.m / (1 - self.beta1**t), self.v / (1 - self.beta2**t)
        return p - self.rate * m / (np.sqrt(v) + self.epsilon)


class Muon:
    """Jordan 2024: momentum .95, Nesterov's lerp, five Newton-Schulz iterations."""

    def __init__(self, rate, momentum=0.95, decay=0):
        self.rate, self.momentum, self.decay, self.m = rate, momentum, decay, 0

    def step(self, p, g, _):
        self.m = self.momentum * self.m + (1 - self.momentum) * g
        x = (1 - self.momentum) * g + self.momentum * self.m
        x = x.T  # rows are outputs in the paper
        scale = np.sqrt(max(1, x.shape[0] / x.shape[1]))
        is_tall = x.shape[0] > x.shape[1]
        x = x.T if is_tall else x
        x = x / (np.linalg.norm(x) + 1e-7)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        x = (x.T if is_tall else x).T
        return (1 - self.rate * self.decay) * p - self.rate * scale * x


class Soap:
    """Vyas et al. 2024, arXiv:2409.11321, algorithm 3: a basis of eigenvectors first, one power iteration and QR later.

    The first gradient only gives the basis, which is arbitrary where a Gram matrix is singular: the longer sides of the
    network's matrices therefore have none here. Vectors, and sides longer than `longest`, have no basis. The bias correction
    and epsilon are those of Adam in PyTorch.
    """

    def __init__(self, rate, beta1=0.95, beta2=0.95, shampoo_beta=0.95, every=10, longest=256, decay=0, epsilon=1e-8):
        self.decay, self.rate, self.beta1, self.beta2, self.shampoo_beta = decay, rate, beta1, beta2, shampoo_beta
        self.every, self.longest, self.epsilon = every, longest, epsilon
        self.m, self.v, self.grams, self.bases = 0, 0, None, None

    def grams_of(self, g):
        if g.ndim == 1:
            return [None, None]
        return [x if len(x) <= self.longest else None for x in (g @ g.T, g.T @ g)]

    def rotate(self, x):
        left, right = self.bases
        x = x if left is None else left.T @ x
        return x if right is None else x @ right

    def rotate_back(self, x):
        left, right = self.bases
        x = x if left is None else left @ x
        return x if right is None else x @ right.T

    def track(self, g):
        mix = self.shampoo_beta
        new = self.grams_of(g)
        old = self.grams or [None if x is None else 0 for x in new]
        self.grams = [None if x is None else mix * o + (1 - mix) * x for o, x in zip(old, new)]

    def step(self, p, g, t):
        if t == 1:
            self.track(g)
            self.bases = [None if x is None else np.linalg.eigh(x)[1][:, ::-1] for x in self.grams]
            return p
        # m in the rotated space, like v; it is rotated anew with the basis.
        rotated = self.rotate(g)
        self.m = self.beta1 * self.m + (1 - self.beta1) * rotated
        self.v = self.beta2 * self.v + (1 - self.beta2) * rotated**2
        m, v = self.m / (1 - self.beta1 ** (t - 1)), self.v / (1 - self.beta2 ** (t - 1))
        p = (1 - self.rate * self.decay) * p - self.rate * self.rotate_back(m / (np.sqrt(v) + self.epsilon))
        self.track(g)
        if (t - 1) % self.every == 0:
            self.renew()
        return p

    def renew(self):
        m = self.rotate_back(self.m)
        for side in (0, 1):
            gram, basis = self.grams[side], self.bases[side]
            if gram is None:
                continue
            order = np.argsort(-np.einsum('ij,ij->j', basis, gram @ basis), kind='stable')
            self.bases[side] = np.linalg.qr(gram @ basis[:, order])[0]
            self.v = np.take(self.v, order, axis=side)
        self.m = self.rotate(m)


def run(optimizer_of):
    parts = split(start())
    optimizers = [optimizer_of(index, part.shape) for index, part in enumerate(parts)]
    trace = []
    for t in range(1, STEPS + 1):
        parts = [o.step(p, g, t) for o, p, g in zip(optimizers, parts, split(gradient(t)))]
        trace.append(join(parts).tolist())
    return trace


def is_hidden(index, shape):
    return len(shape) == 2 and 0 < index < 2 * (len(WIDTHS) - 2)


def adamw():
    p = torch.tensor(start(), requires_grad=True)
    optimizer = torch.optim.AdamW([p], lr=2e-2, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.3)
    trace = []
    for t in range(1, STEPS + 1):
        p.grad = torch.tensor(gradient(t))
        optimizer.step()
        trace.append(p.detach().tolist())
    return trace


def lbfgs():
    """Of a quartic in 5 dimensions, one iteration a step."""
    p = torch.tensor([0.5, -1.0, 2.0, 0.25, -0.75], dtype=torch.float64, requires_grad=True)
    scale = torch.arange(1, 6, dtype=torch.float64)
    optimizer = torch.optim.LBFGS([p], max_iter=1, history_size=4, line_search_fn='strong_wolfe')

    def closure():
        optimizer.zero_grad()
        loss = (scale * (p - 0.1 * scale) ** 2).sum() + p.sum() ** 4 / 4
        loss.backward()
        return loss

    trace = []
    for _ in range(8):
        optimizer.step(closure)
        trace.append(p.detach().tolist())
    return trace


def main():
    adam = lambda: Adam(1e-2)
    golden = {
        'widths': WIDTHS,
        'adamw': adamw(),
        'lbfgs': lbfgs(),
        'muon': run(lambda i, shape: Muon(2e-2, 0.9, 0.1) if is_hidden(i, shape) else adam()),
        'soap': run(lambda i, shape: Soap(2e-2, every=4, longest=6, decay=0.1)),
    }
    round9 = lambda value: [round9(v) for v in value] if isinstance(value, list) else round(value, 9)
    (HERE / 'optimizers.json').write_text(json.dumps({k: round9(v) for k, v in golden.items()}) + '\n')


main()

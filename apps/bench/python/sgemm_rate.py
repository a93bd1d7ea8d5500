"""Measures the rate of float32 matrix products (sgemm) in numpy, which comes with OpenBLAS, and in PyTorch, which comes with MKL or oneDNN.

Takes the number of threads, and prints one JSON object: a list of rates, and the reasons why a library has none. The environment has to set the same
number of threads for the libraries, which read it when they are loaded.
"""

import json
import sys
import time
from collections.abc import Callable

SIZES = [(65536, 256, 256), (256, 65536, 256), (4096, 4096, 4096)]
"""Rows, inner size and columns: a forward product over 65,536 points, a weight gradient over as many, and a square product."""
MIN_RUNS, MIN_SECONDS = 3, 1.0


def best_rate(multiply: Callable[[], object], operations: float) -> float:
    """In GFLOP/s, of the fastest run after one for warm-up."""
    multiply()
    times: list[float] = []
    while len(times) < MIN_RUNS or sum(times) < MIN_SECONDS:
        begin = time.perf_counter()
        multiply()
        times.append(time.perf_counter() - begin)
    return operations / min(times) / 1e9


def numpy_products() -> tuple[str, Callable[[int, int, int], Callable[[], object]]]:
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]

    def prepare(rows: int, inner: int, columns: int) -> Callable[[], object]:
        rng = np.random.default_rng(1)
        left, right = rng.random((rows, inner), np.float32), rng.random((inner, columns), np.float32)
        out = np.empty((rows, columns), np.float32)
        return lambda: np.matmul(left, right, out=out)

    return f"numpy {np.__version__} ({blas.get('name')} {blas.get('version')})", prepare


def torch_products(threads: int) -> tuple[str, Callable[[int, int, int], Callable[[], object]]]:
    import torch

    torch.set_num_threads(threads)

    def prepare(rows: int, inner: int, columns: int) -> Callable[[], object]:
        left, right = torch.rand(rows, inner), torch.rand(inner, columns)
        out = torch.empty(rows, columns)
        return lambda: torch.mm(left, right, out=out)

    return f"PyTorch {torch.__version__} (torch.mm{', MKL' if torch.backends.mkl.is_available() else ''})", prepare


def main(threads: int) -> None:
    rates, missing = [], []
    for load in (numpy_products, lambda: torch_products(threads)):
        try:
            library, prepare = load()
        except ImportError as error:
            missing.append(str(error))
            continue
        for rows, inner, columns in SIZES:
            rate = best_rate(prepare(rows, inner, columns), 2 * rows * inner * columns)
            rates.append({"library": library, "threads": threads, "rows": rows, "inner": inner, "columns": columns, "rate": rate})
    print(json.dumps({"rates": rates, "missing": missing}))


if __name__ == "__main__":
    main(int(sys.argv[1]))

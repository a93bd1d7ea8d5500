"""A CUDA device as what takes the steps."""

import time

import torch

from protocol import Device, Unavailable


def assert_cuda() -> None:
    if not torch.cuda.is_available():
        built = torch.version.cuda
        raise Unavailable("no CUDA device: " + ("this PyTorch is built without CUDA" if built is None else f"this PyTorch, for CUDA {built}, finds none"))


class CudaDevice(Device):
    def wait(self) -> None:
        torch.cuda.synchronize()

    def reset_peak_memory(self) -> None:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()

    def peak_memory(self) -> int | None:
        return torch.cuda.max_memory_allocated()

    def rate(self) -> float:
        return product_rate("cuda", self.wait)


def product_rate(device: str, wait) -> float:
    """The best rate of some sizes, from small ones to those that fill a large card. Two operations for each product and sum, in GFLOP/s."""
    best = 0.0
    for size in (1024, 2048, 4096, 8192):
        left, right = torch.rand(size, size, device=device), torch.rand(size, size, device=device)

        def seconds_of(times: int) -> float:
            wait()
            begin = time.perf_counter()
            for _ in range(times):
                torch.mm(left, right)
            wait()
            return (time.perf_counter() - begin) / times

        seconds_of(1)  # chooses the kernel
        once = seconds_of(1)
        seconds = seconds_of(max(1, min(200, round(0.3 / once))))
        best = max(best, 2 * size**3 / seconds / 1e9)
        if once > 0.2:
            break
    return best

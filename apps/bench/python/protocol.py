"""The side of the protocol that the peers in Python share; src/protocol.ts describes it."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, SupportsFloat

import numpy as np

Layers = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Problem:
    """What is fitted, with its arrays in memory."""

    supervision: str
    width: int
    omega: float
    learning_rate: float
    points: int
    layers: Layers
    """For each layer its weight `[in, out]` and its bias `[out]`."""
    coords: np.ndarray
    """f32[n, 2]"""
    targets: np.ndarray
    """f32[n, 1], or f32[n, 2] for the gradient."""


def read_problem(given: dict[str, Any]) -> Problem:
    width, points, supervision = given["width"], given["points"], given["supervision"]
    sizes = [2, width, width, width, width, 1]
    flat = np.fromfile(given["parametersFile"], np.float32)
    layers: Layers = []
    at = 0
    for i, o in zip(sizes, sizes[1:]):
        weight = flat[at : at + i * o].reshape(i, o)
        layers.append((weight, flat[at + i * o : at + i * o + o]))
        at += i * o + o
    columns = 2 if supervision == "gradient" else 1
    coords = np.fromfile(given["coordsFile"], np.float32, 2 * points).reshape(points, 2)
    targets = np.fromfile(given["targetsFile"], np.float32, columns * points).reshape(points, columns)
    return Problem(supervision, width, given["omega"], given["learningRate"], points, layers, coords, targets)


class Steps(Protocol):
    """A run of training steps from the initial parameters."""

    def step(self) -> SupportsFloat:
        """One step; gives the loss before the update. On a device of its own neither need be done yet."""

    def gradient(self) -> np.ndarray:
        """The gradient at the present parameters, f32[P], in the order of the parameters' file."""


class Unavailable(Exception):
    """There is no such peer on this machine; the message is the reason."""


class Device:
    """What takes the steps: by default the processor, where all is done when a call returns."""

    def wait(self) -> None:
        """Returns when all steps are done."""

    def reset_peak_memory(self) -> None:
        """Resets the peak."""

    def peak_memory(self) -> int | None:
        """The peak of the device's memory in bytes since then; none where it is the machine's own."""

    def rate(self) -> float:
        """Of products of large matrices, in GFLOP/s."""
        raise RuntimeError("this peer has no device")


BYTES_PER_POINT = {"value": 80, "gradient": 200, "laplacian": 400}
"""What a framework that keeps its activations holds for a point and a unit of width, measured with some room."""


PROCESSOR_CHUNKS = (1024, 4096, 16384, 65536)
CARD_CHUNKS = (4096, 16384, 65536, 262144)


def chunk_sizes(problem: Problem, memory: float, chunks: tuple[int, ...] = PROCESSOR_CHUNKS) -> list[int]:
    """The chunk sizes to try, smallest first: all points too, where the memory allows."""
    most = memory / (BYTES_PER_POINT[problem.supervision] * problem.width)
    sizes = [size for size in chunks if size < problem.points and size <= most]
    if problem.points <= most or not sizes:
        sizes.append(min(problem.points, 1024 if not sizes and problem.points > most else problem.points))
    return sizes


def whole_batch(problem: Problem, memory: float) -> list[int]:
    """All points at once, as most programs do it, up to all of the machine's memory that is free for it."""
    needed = BYTES_PER_POINT[problem.supervision] * problem.width * problem.points
    if needed > 4 * memory:
        raise MemoryError(f"all points at once take about {needed / 2**30:.0f} GiB")
    return [problem.points]


def available_threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def products_of(operations: float, problem: Problem, points: int) -> int:
    """The matrix products of a step, for each layer and point, of one row with the layer's weight; from the operations over some points.

    The first layer needs fewer, which is why the quotient is rounded.
    """
    return round(operations / (2 * points * sum(weight.size for weight, _ in problem.layers)))


class Budget:
    """What a choice among ways to work may take."""

    def __init__(self, memory: float = float("inf"), seconds: float = float("inf")) -> None:
        self.memory = memory
        """Bytes of the machine's memory that the points of a chunk may take."""
        self.end = time.perf_counter() + seconds

    def is_spent(self) -> bool:
        return time.perf_counter() > self.end


def quickest(candidates: list[Any], seconds: Callable[[Any], float], budget: Budget) -> Any:
    """The candidate that takes the least time, among those that could be tried in the budget: at least the first."""
    if len(candidates) == 1:
        return candidates[0]
    best, least = candidates[0], float("inf")
    for candidate in candidates:
        if least < float("inf") and budget.is_spent():
            break
        taken = seconds(candidate)
        if taken < least:
            best, least = candidate, taken
    return best


TRIAL_SECONDS = 0.1
"""Quick runs are repeated for so long, or a single disturbance would decide."""


def best_of(run: Callable[[], object], times: int = 2) -> float:
    """The shortest time of some runs after one for warm-up; one run alone where they are slow."""
    begin = time.perf_counter()
    run()
    best = time.perf_counter() - begin
    if best > 2:
        return best
    count, total = 0, 0.0
    while count < times or total < TRIAL_SECONDS:
        begin = time.perf_counter()
        run()
        seconds = time.perf_counter() - begin
        best = min(best, seconds)
        count, total = count + 1, total + seconds
    return best


def reset_peak_memory() -> None:
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass  # Elsewhere the peak is that of the whole process.


def peak_memory() -> int:
    try:
        with open("/proc/self/status") as file:
            return next(1024 * int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def prefer_as_oom_victim() -> None:
    """Makes this process the first that the system ends when memory runs out."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def check(steps: Steps, device: Device, gradient_file: str) -> dict[str, Any]:
    steps.gradient().astype(np.float32).tofile(gradient_file)
    losses, seconds = [], []
    for _ in range(3):
        begin = time.perf_counter()
        losses.append(float(steps.step()))
        device.wait()
        seconds.append(time.perf_counter() - begin)
    return {"losses": losses, "seconds": min(seconds[1:])}


def take(steps: Steps, device: Device, count: int) -> dict[str, Any]:
    """So many steps in a row, until the last is done. Nothing is read before."""
    device.wait()
    begin = time.perf_counter()
    loss = steps.step()
    for _ in range(count - 1):
        steps.step()
    device.wait()
    seconds = time.perf_counter() - begin
    answer = {"seconds": seconds, "loss": float(loss), "peakMemory": peak_memory()}
    device_memory = device.peak_memory()
    return answer if device_memory is None else {**answer, "deviceMemory": device_memory}


def serve(
    describe: Callable[[], dict[str, Any]],
    prepare: Callable[[Any, Budget, str | None], tuple[Steps, dict[str, Any]]],
    device: Device | None = None,
    read: Callable[[dict[str, Any]], Any] = read_problem,
) -> None:
    """Answers the requests on standard input until it ends.

    `prepare` makes a run of what was `read`, within a budget, in the way that was chosen before, if any, and says which way and chunk it takes.
    """
    device = device or Device()
    steps: Steps | None = None

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        nonlocal steps
        if request["work"] == "check":
            checked, _ = prepare(read(request["problem"]), Budget(), request.get("way"))
            return check(checked, device, request["gradientFile"])
        if request["work"] == "prepare":
            steps = None
            budget = Budget(request["memory"], request.get("trialSeconds", float("inf")))
            steps, prepared = prepare(read(request["problem"]), budget, request.get("way"))
            reset_peak_memory()
            device.reset_peak_memory()
            return prepared
        if request["work"] == "rate":
            return {"rate": device.rate()}
        if steps is None:
            raise RuntimeError("nothing was prepared")
        return take(steps, device, request["count"])

    serve_requests(describe, answer)


def serve_requests(describe: Callable[[], dict[str, Any]], answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answers the requests on standard input until it ends, each a line of JSON."""
    out = sys.stdout
    sys.stdout = sys.stderr  # What libraries print must not get among the answers.

    def say(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    prefer_as_oom_victim()
    try:
        say(describe())
    except Unavailable as error:
        say({"unavailable": str(error)})
        return
    for line in sys.stdin:
        try:
            say(answer(json.loads(line)))
        except Exception as error:  # The program that asked decides what to do about it.
            say({"error": f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"})

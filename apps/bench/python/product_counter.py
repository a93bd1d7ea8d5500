"""Counts the operations of the matrix products that PyTorch does, forward and backward, under any of its derivatives."""

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class ProductCounter(TorchDispatchMode):
    """While it is active, adds two operations for each multiplication and sum of a matrix product."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        operations_of = flop_registry.get(func.overloadpacket)
        if operations_of is not None:
            self.operations += operations_of(*args, **(kwargs or {}), out_val=out)
        return out

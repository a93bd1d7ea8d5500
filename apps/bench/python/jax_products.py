"""Counts the operations of the matrix products in a program that XLA has compiled."""

import re
from math import prod

SHAPE = re.compile(r"%(\S+) = f32\[([\d,]*)\]")
DOT = re.compile(r"= f32\[([\d,]*)\]\S* dot\(%([^\s,]+), .*lhs_contracting_dims=\{([\d,]*)\}")


def sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",") if size]


def dot_operations(program: str) -> int:
    """Two for each multiplication and sum.

    `program`: the text of an optimised HLO module without loops, in which each name has one shape.
    """
    shapes = {name: sizes(shape) for name, shape in SHAPE.findall(program)}
    return sum(
        2 * prod(sizes(shape)) * prod(shapes[left][axis] for axis in sizes(contracted)) for shape, left, contracted in DOT.findall(program)
    )

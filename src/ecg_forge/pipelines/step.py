"""One node, named after its function."""

from collections.abc import Callable

from kedro.pipeline import node
from kedro.pipeline.node import Node


def step(function: Callable, inputs: str | list[str], outputs: str | list[str], arm: str | None = None) -> Node:
    """Make a node whose name is its function's, inside the namespace of an arm if one is given."""
    return node(function, inputs, outputs, name=function.__name__, namespace=arm)

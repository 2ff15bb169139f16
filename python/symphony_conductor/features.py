"""A decision's context as numbers."""

from __future__ import annotations

import math
from typing import Any, Iterator, Mapping, Tuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from symphony_conductor.records import DecisionContext


def features(context: DecisionContext, size: int) -> npt.NDArray[np.float64]:
    """A vector of length 1: a constant, the kind of decision, and the data, each at a place that its name gives.

    Numbers count by their value, squeezed between -1 and 1; text, booleans and None by their presence. What is
    nested has its path as its name.
    """
    vector: npt.NDArray[np.float64] = np.zeros(size)
    vector[0] = 1.0
    vector[_place("type", context.context_type, size)] += 1.0
    for name, value in _leaves("", context.data):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if math.isfinite(value):
                vector[_place("number", name, size)] += value / (1.0 + abs(value))
        else:
            vector[_place("value", "%s=%s" % (name, value), size)] += 1.0
    vector /= np.linalg.norm(vector)
    return vector


def _place(kind: str, name: str, size: int) -> int:
    return 1 + crc32(("%s:%s" % (kind, name)).encode("utf-8", "surrogatepass")) % (size - 1)


def _leaves(path: str, value: Any) -> Iterator[Tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves("%s.%s" % (path, key), item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(path + "[]", item)
    else:
        yield path, value

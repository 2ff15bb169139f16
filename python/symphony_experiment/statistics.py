"""Means with their confidence intervals, by numpy."""

import math
from typing import List, Sequence, Tuple

try:
    import numpy as np
except ModuleNotFoundError as error:
    if error.name != "numpy":
        raise
    raise ImportError("The figures of an experiment need numpy: pip install numpy") from None


def interval(
    values: Sequence[float], confidence: float, method: str, resamples: int, seed: int
) -> Tuple[float, float, float, float]:
    """The mean, the standard deviation, and the ends of the mean's confidence interval.

    "t": Student's, for values that are roughly normal. "bootstrap": the percentiles of the means of samples drawn
    from the values again, which assumes no shape, and is too narrow for fewer than some 20 values. One value has no
    spread, and no interval: these are NaN.
    """
    data = np.asarray(values, dtype=float)
    mean = float(data.mean())
    if len(data) < 2:
        return mean, math.nan, math.nan, math.nan
    spread = float(data.std(ddof=1))
    if method == "t":
        half = t_quantile((1 + confidence) / 2, len(data) - 1) * spread / math.sqrt(len(data))
        return mean, spread, mean - half, mean + half
    random = np.random.default_rng(seed)
    means = data[random.integers(len(data), size=(resamples, len(data)))].mean(axis=1)
    tail = 100 * (1 - confidence) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return mean, spread, float(low), float(high)


def band(
    curves: List[Sequence[float]], confidence: float, method: str, resamples: int, seed: int
) -> Tuple[List[float], List[float], List[float]]:
    """The mean of curves at each step, and the ends of its interval; where a curve has ended, the others count."""
    lows, means, highs = [], [], []
    for step in range(max(map(len, curves))):
        there = [curve[step] for curve in curves if len(curve) > step]
        mean, _, low, high = interval(there, confidence, method, resamples, seed)
        means.append(mean)
        lows.append(mean if math.isnan(low) else low)
        highs.append(mean if math.isnan(high) else high)
    return means, lows, highs


def t_quantile(p: float, freedom: int) -> float:
    """Below which a value of Student's distribution lies with the probability p, above 0.5."""
    low, high = 0.0, 1.0
    while t_probability(high, freedom) < p:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if t_probability(middle, freedom) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def t_probability(t: float, freedom: int) -> float:
    """The probability of a value below t, from 0 up, in closed form (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, term, total = math.cos(angle) ** 2, 1.0, 1.0
    if freedom == 1:
        return 0.5 + angle / math.pi
    # Odd: 1 + 2/3 cos^2 + 2*4/(3*5) cos^4 ...; even: 1 + 1/2 cos^2 + 1*3/(2*4) cos^4 ...
    first = 2 if freedom % 2 else 1
    for k in range(first, freedom - 2, 2):
        term *= cosine * k / (k + 1)
        total += term
    if freedom % 2:
        within = 2 / math.pi * (angle + math.sin(angle) * math.cos(angle) * total)
    else:
        within = math.sin(angle) * total
    return 0.5 + within / 2

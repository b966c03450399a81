"""The only place where protecting noise is drawn: exact discrete Gaussians from the operating system's randomness.

Never seeded. Sampling of synthetic rows uses another, public seed elsewhere and nothing from here.

A draw is an inversion of the distribution function, and no floating-point number takes part in it. Let
w(x) = exp(-x^2 / (2 sigma^2)) over the integers, S their sum, and
G(k) = P[|X| <= k] = (w(0) + 2 w(1) + ... + 2 w(k)) / S.

1. 64 fair bits are one of sign and 63 of a magnitude u, the start of the binary digits of a uniform U in [0, 1):
   u <= 2^63 U < u + 1. The draw is the k with G(k-1) <= U < G(k), with the sign. Then P[k] = G(k) - G(k-1), and each
   sign has half of that, because w(x) = w(-x); at 0 the sign changes nothing.
2. The table holds T(k) = floor(2^63 G(k)), exactly, up to the first that is 2^63 - 1. With k the first for which
   T(k) >= u: if T(k) > u, then 2^63 G(k-1) < T(k-1) + 1 <= u <= 2^63 U < u + 1 <= T(k) <= 2^63 G(k), so k is right
   whatever the digits of U that were not read.
3. If T(k) = u, which has a chance of one in 2^63 for each entry, those digits decide, the tail beyond the table
   included: 64 more are read, again and again, until they lie in an interval that is surely on one side.
4. G is enclosed between integers over 2^bits. Every product and quotient is rounded down for the lower end and up for
   the upper one, starting from a Taylor series of exp(-x), where x = 1 / (2 sigma^2) is the exact fraction that the
   float sigma stands for. Python's integers cannot overflow. T(k) is taken when both ends have the same floor;
   otherwise the table is made again with more digits.

Not promised: constant time. A look-up in a table takes a time that depends on the value a little, as caches do.
"""

from __future__ import annotations

import math
import os
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

WIDEST_TABLE = 1 << 14
"""Up to this sigma there is a table (of 9.4 sigma entries of 8 bytes, 1.2 MB at most); beyond, OpenDP draws."""

WIDEST = 1 << 40
MOST_TIMES = 1 << 20
"""With no more than these, a sum of noise leaves int64 with a chance below exp(-2^24), which is never seen."""

BATCH = 1 << 16
"""Draws made at once, so that they stay in the processor's cache."""

DIGITS = 63
SPARE = 96
"""Binary digits of a magnitude; and how many more the table is computed to at first, see ``table``."""

MOST, LEAST = 2**63 - 1, -(2**63)


class Noise(Protocol):
    """A source of noise. There is one in the product; tests bring frozen ones to see what else depends on rows."""

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        """Return, for ``counts`` of any shape, the sum of ``times`` answers with independent noise on every cell.

        That is ``times * counts`` plus ``times`` draws of parameter ``sigma`` for each cell; a mean would not be whole.
        """
        ...


class DiscreteGaussian:
    """Noise with P[x] proportional to exp(-x^2 / (2 sigma^2)) over the integers, sampled exactly (see the module).

    Keeps nothing between calls: each reads fresh bytes from the operating system (``os.urandom``), so forked processes
    and threads share none. Beyond ``WIDEST_TABLE`` OpenDP draws (Canonne, Kamath, Steinke 2020, Algorithm 3, exact too
    and 50 times slower) from OpenSSL's generator, which the operating system feeds and which notices a fork.
    """

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        """Return the sum of ``times`` noisy answers for every cell; see ``Noise.add``.

        Saturates at the ends of int64 and stays private there: counts are first cut to a ``times``-th of that range,
        which moves no two neighbouring counts apart, and the sum is cut after all noise is in it. ``ValueError`` unless
        0 < sigma <= 2^40 and 1 <= times <= 2^20, ``TypeError`` unless counts are int64. What a unit can change in the
        counts is not checked.
        """
        if not 0 < sigma <= WIDEST:
            raise ValueError("noise needs a sigma above 0 and up to 2^40")
        if not 1 <= times <= MOST_TIMES:
            raise ValueError("noise needs a number of answers from 1 to 2^20")
        if counts.dtype != np.int64:
            raise TypeError("noise is added to int64 counts only")
        draw = _draw if sigma <= WIDEST_TABLE else _draw_wide
        noise = np.empty(counts.size, dtype=np.int64)
        cells = max(1, BATCH // times)
        for start in range(0, noise.size, cells):
            part = noise[start : start + cells]
            draw(part.size * times, sigma).reshape(times, part.size).sum(axis=0, out=part)
        return _saturated(np.clip(counts, -(-LEAST // times), MOST // times) * times, noise.reshape(counts.shape))


def invert(
    words: NDArray[np.uint64], thresholds: NDArray[np.int64], *, sigma: float, more: Callable[[], int]
) -> NDArray[np.int64]:
    """Return one draw (int64) for each of ``words`` (64 fair bits each): a function of bits alone, steps 1 to 3.

    ``thresholds`` is the ``table`` of ``sigma``; ``more`` returns 64 further fair bits as a number, where they decide.
    """
    starts = (words >> np.uint64(1)).astype(np.int64)
    sizes = np.searchsorted(thresholds, starts, side="left")
    for lane in np.flatnonzero(thresholds[sizes] == starts).tolist():
        sizes[lane] = settle(int(starts[lane]), sigma=sigma, more=more)
    flips = -(words & np.uint64(1)).astype(np.int64)
    return (sizes ^ flips) - flips


def settle(start: int, *, sigma: float, more: Callable[[], int]) -> int:
    """Return the magnitude of a draw whose first 63 digits are ``start``, by reading ``more`` of them (step 3)."""
    known = DIGITS
    while True:
        start = start << 64 | more()
        known += 64
        lowest, highest = start << SPARE, (start + 1) << SPARE
        for size, (low, high) in enumerate(cumulative(sigma, known + SPARE)):
            if highest <= low:
                return size
            if lowest < high:
                break


@lru_cache(maxsize=32)
def table(sigma: float, *, spare: int = SPARE) -> NDArray[np.int64]:
    """Return floor(2^63 P[|X| <= k]) for k = 0, 1, ... up to the first that is 2^63 - 1 (step 4).

    ``spare`` is how many more digits are computed at first: it changes the time taken, never the result.
    """
    found: list[int] = []
    for low, high in cumulative(sigma, DIGITS + spare):
        if low >> spare != high >> spare:
            return table(sigma, spare=2 * spare)
        found.append(low >> spare)
        if found[-1] == MOST:
            break
    thresholds = np.array(found, dtype=np.int64)
    thresholds.flags.writeable = False
    return thresholds


def cumulative(sigma: float, bits: int) -> Iterator[tuple[int, int]]:
    """Yield, for k = 0, 1, ..., integers around 2^bits P[|X| <= k], the upper below 2^bits; see step 4."""
    least, most = _whole(sigma, bits)
    low = high = 0
    for lower, upper in _weights(sigma, bits):
        low, high = low + lower, high + upper
        yield (low << bits) // most, min(-((-high << bits) // least), (1 << bits) - 1)


def _whole(sigma: float, bits: int) -> tuple[int, int]:
    """Return integers around 2^bits times the sum of all weights.

    The weights beyond k sum to at most their integral from k, which is below w(k) sigma^2 / k (Mills' ratio).
    """
    low = high = 0
    for size, (lower, upper) in enumerate(_weights(sigma, bits)):
        low, high = low + lower, high + upper
        if not lower:
            return low, high + upper * math.ceil(Fraction(sigma) ** 2 / size)
    raise AssertionError("unreachable: the weights fall to 0")


def _weights(sigma: float, bits: int) -> Iterator[tuple[int, int]]:
    """Yield integers around 2^bits w(0), then around 2^bits 2 w(k) for k = 1, 2, ...

    w(k+1) / w(k) = exp(-(2k+1) x) with x = 1 / (2 sigma^2), and that falls by exp(-2x) from each k to the next.
    """
    low, high = 1 << bits, 1 << bits
    low_ratio, high_ratio = _exponential(1 / (2 * Fraction(sigma) ** 2), bits)
    low_fall, high_fall = low_ratio * low_ratio >> bits, -(-high_ratio * high_ratio >> bits)
    yield low, high
    while True:
        low, high = low * low_ratio >> bits, -(-high * high_ratio >> bits)
        yield 2 * low, 2 * high
        low_ratio, high_ratio = low_ratio * low_fall >> bits, -(-high_ratio * high_fall >> bits)


def _exponential(x: Fraction, bits: int) -> tuple[int, int]:
    """Return integers around 2^bits exp(-x), for x > 0.

    The series of exp(-x / 2^h) with x / 2^h <= 1 alternates and its terms fall, so it is off by less than the next
    term, which is less than the last one; then it is squared h times.
    """
    halvings = max(0, x.numerator.bit_length() - x.denominator.bit_length() + 1)
    numerator, denominator = x.numerator, x.denominator << halvings
    low = high = low_term = high_term = 1 << bits
    order = 0
    while high_term > 1:
        order += 1
        low_term = low_term * numerator // (denominator * order)
        high_term = -(-high_term * numerator // (denominator * order))
        if order % 2:
            low, high = low - high_term, high - low_term
        else:
            low, high = low + low_term, high + high_term
    low, high = low - high_term, high + high_term
    for _ in range(halvings):
        low, high = low * low >> bits, -(-high * high >> bits)
    return low, high


def _draw(size: int, sigma: float) -> NDArray[np.int64]:
    words = np.frombuffer(os.urandom(8 * size), dtype=np.uint64)
    return invert(words, table(sigma), sigma=sigma, more=lambda: int.from_bytes(os.urandom(8), "big"))


def _draw_wide(size: int, sigma: float) -> NDArray[np.int64]:
    return np.array(_mechanism(sigma)([0] * size), dtype=np.int64)


@lru_cache(maxsize=32)
def _mechanism(sigma: float) -> Any:  # noqa: ANN401 - OpenDP ships no types
    import opendp.prelude as dp  # noqa: PLC0415 - hardly ever needed, and slow to import

    dp.enable_features("contrib")
    return dp.m.make_gaussian(dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="i64"), scale=float(sigma))


def _saturated(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum, cut to the ends of int64 where it wrapped around: where its sign differs from that of both."""
    with np.errstate(over="ignore"):  # 0-dimensional sums would warn
        total = np.asarray(left + right)
    wrapped = ((left ^ total) & (right ^ total)) < 0
    return np.where(wrapped, np.where(left < 0, LEAST, MOST), total)

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
   the upper one, starting from a Taylor series of exp(-x), where x = 1 / (2 sigma^2) is an exact fraction. Python's
   integers cannot overflow. T(k) is taken when both ends have the same floor; otherwise the table is made again with
   more digits.

Noise that is too wide for a table is a sum of such draws, and that is all but exact. Let A and B be independent
discrete Gaussians of parameters a and b, m a whole number, and s^2 = a^2 + m^2 b^2. Completing the square,

    P[A + m B = x] = sum over k of exp(-(x - m k)^2 / (2 a^2) - k^2 / (2 b^2)) / (S_a S_b)
                   = exp(-x^2 / (2 s^2)) H(x) / (S_a S_b),     H(x) = sum over k of exp(-(k - c x)^2 / (2 v)),

with 1 / v = 1 / b^2 + m^2 / a^2 and some c. By Poisson summation H(x) lies within sqrt(2 pi v) (1 - e) and
sqrt(2 pi v) (1 + e), where e = 2 exp(-2 pi^2 v) + 2 exp(-8 pi^2 v) + ..., whatever x is. So every probability is that
of a discrete Gaussian of parameter s times a factor between (1 - e) / (1 + e) and its inverse (Peikert 2010, Theorem
3.1; Micciancio and Walter 2017 sample in this way). Here a = ROUGH, m = STEP, and b is such that s is exactly what was
asked for. If s is above WIDEST_TABLE, then b^2 > 48 and v > 12, so e < 2^-340; B may be such a sum itself, at most six
times over, and the factors multiply. Several answers to one query are drawn as one there, with the sum of their
variances: that is a factor too, far closer to 1 (``calibration.SMOOTH``). In all, a probability is right but for a
factor within 2^-336 of 1, and that of any set of outputs of 2^64 draws within 2^-270 of 1. The price of that is not
written down anywhere, since no figure here is known to 2^-270.

Not promised: constant time. A look-up in a table takes a time that depends on the value a little, as caches do.
"""

from __future__ import annotations

import math
import os
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gateway.estimation.gibbs import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

WIDEST_TABLE = 1 << 11
"""Up to this sigma there is a table, of 9.4 sigma entries of 8 bytes (150 kB at most); beyond, draws are added up."""
ROUGH, STEP = 1 << 10, 1 << 8
"""A wide draw is one of parameter ROUGH and STEP times another one; see the module."""

WIDEST = 1 << 48
MOST_TIMES = 1 << 20
"""With no more than these, a sum of noise leaves int64 with a chance below exp(-2^9), which is never seen."""

BATCH = 1 << 16
"""Draws made at once, so that they stay in the processor's cache."""

DIGITS = 63
SPARE = 96
"""Binary digits of a magnitude; and how many more the table is computed to at first, see ``table``."""
GUIDE = 12
"""A guide says between which entries of a table a magnitude with these first binary digits is found."""

MOST, LEAST = 2**63 - 1, -(2**63)


class Noise(Protocol):
    """A source of noise. There is one in the product; tests bring frozen ones to see what else depends on rows."""

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        """Return, for ``counts`` of any shape, the sum of ``times`` answers with independent noise on every cell.

        That is ``times * counts`` plus ``times`` draws of parameter ``sigma`` for each cell; a mean would not be whole.
        """
        ...


class DiscreteGaussian:
    """Noise with P[x] proportional to exp(-x^2 / (2 sigma^2)) over the integers.

    Exact up to ``WIDEST_TABLE``, and but for a factor within 2^-336 of 1 beyond (see the module). Keeps nothing
    between calls: each reads fresh bytes from the operating system (``os.urandom``), so forked processes and threads
    share none.
    """

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        """Return the sum of ``times`` noisy answers for every cell; see ``Noise.add``.

        Saturates at the ends of int64 and stays private there: counts are first cut to a ``times``-th of that range,
        which moves no two neighbouring counts apart, and the sum is cut after all noise is in it. ``ValueError`` unless
        0 < sigma <= 2^48 and 1 <= times <= 2^20, ``TypeError`` unless counts are int64. What a unit can change in the
        counts is not checked.
        """
        if not 0 < sigma <= WIDEST:
            raise ValueError("noise needs a sigma above 0 and up to 2^48")
        if not 1 <= times <= MOST_TIMES:
            raise ValueError("noise needs a number of answers from 1 to 2^20")
        if counts.dtype != np.int64:
            raise TypeError("noise is added to int64 counts only")
        variance, draws = Fraction(sigma) ** 2, times
        if sigma > WIDEST_TABLE:
            variance, draws = variance * times, 1
        noise = np.empty(counts.size, dtype=np.int64)
        cells = max(1, BATCH // draws)
        for start in range(0, noise.size, cells):
            part = noise[start : start + cells]
            _drawn(part.size * draws, variance).reshape(draws, part.size).sum(axis=0, out=part)
        return _saturated(np.clip(counts, -(-LEAST // times), MOST // times) * times, noise.reshape(counts.shape))


def invert(words: NDArray[np.uint64], variance: Fraction, *, more: Callable[[], int]) -> NDArray[np.int64]:
    """Return one draw (int64) for each of ``words`` (64 fair bits each): a function of bits alone, steps 1 to 3.

    ``variance`` is the square of sigma; ``more`` returns 64 further fair bits as a number, where they decide.
    """
    thresholds, guide = table(variance), _guide(variance)
    draws = np.empty(words.size, dtype=np.int64)
    lane = 0
    while (lane := _look_up(words, thresholds, guide, draws, lane)) < words.size:
        word = int(words[lane])
        size = settle(word >> 1, variance, more=more)
        draws[lane] = -size if word & 1 else size
        lane += 1
    return draws


@kernel
def _look_up(
    words: NDArray[np.uint64],
    thresholds: NDArray[np.int64],
    guide: NDArray[np.int64],
    draws: NDArray[np.int64],
    lane: int,
) -> int:
    """Fill ``draws`` from ``lane`` on (step 2); return the first lane that its bits do not decide, or their number."""
    while lane < words.size:
        start = np.int64(words[lane] >> np.uint64(1))
        bucket = start >> (DIGITS - GUIDE)
        low, high = guide[bucket], guide[bucket + 1]
        while low < high:
            middle = (low + high) >> 1
            if thresholds[middle] < start:
                low = middle + 1
            else:
                high = middle
        if thresholds[low] == start:
            return lane
        draws[lane] = -low if words[lane] & np.uint64(1) else low
        lane += 1
    return lane


@lru_cache(maxsize=64)
def _guide(variance: Fraction) -> NDArray[np.int64]:
    """Return, for the least magnitude with each first ``GUIDE`` digits, the first k with T(k) at least that; the last.

    Magnitudes with the same first digits lie between those k of theirs and of the next, because T never falls.
    """
    thresholds = table(variance)
    least = np.arange(1 << GUIDE, dtype=np.int64) << (DIGITS - GUIDE)
    return np.append(np.searchsorted(thresholds, least), thresholds.size - 1).astype(np.int64)


def settle(start: int, variance: Fraction, *, more: Callable[[], int]) -> int:
    """Return the magnitude of a draw whose first 63 digits are ``start``, by reading ``more`` of them (step 3)."""
    known = DIGITS
    while True:
        start = start << 64 | more()
        known += 64
        lowest, highest = start << SPARE, (start + 1) << SPARE
        for size, (low, high) in enumerate(cumulative(variance, known + SPARE)):
            if highest <= low:
                return size
            if lowest < high:
                break


@lru_cache(maxsize=64)
def table(variance: Fraction, *, spare: int = SPARE) -> NDArray[np.int64]:
    """Return floor(2^63 P[|X| <= k]) for k = 0, 1, ... up to the first that is 2^63 - 1 (step 4).

    ``variance`` is sigma^2, the parameter's square: the distribution's own is a little smaller where sigma is small.
    ``spare`` is how many more digits are computed at first: it changes the time taken, never the result.
    """
    found: list[int] = []
    for low, high in cumulative(variance, DIGITS + spare):
        if low >> spare != high >> spare:
            return table(variance, spare=2 * spare)
        found.append(low >> spare)
        if found[-1] == MOST:
            break
    thresholds = np.array(found, dtype=np.int64)
    thresholds.flags.writeable = False
    return thresholds


def cumulative(variance: Fraction, bits: int) -> Iterator[tuple[int, int]]:
    """Yield, for k = 0, 1, ..., integers around 2^bits P[|X| <= k], the upper below 2^bits; see step 4."""
    least, most = _whole(variance, bits)
    low = high = 0
    for lower, upper in _weights(variance, bits):
        low, high = low + lower, high + upper
        yield (low << bits) // most, min(-((-high << bits) // least), (1 << bits) - 1)


def _whole(variance: Fraction, bits: int) -> tuple[int, int]:
    """Return integers around 2^bits times the sum of all weights.

    The weights beyond k sum to at most their integral from k, which is below w(k) sigma^2 / k (Mills' ratio).
    """
    low = high = 0
    for size, (lower, upper) in enumerate(_weights(variance, bits)):
        low, high = low + lower, high + upper
        if not lower:
            return low, high + upper * math.ceil(variance / size)
    raise AssertionError("unreachable: the weights fall to 0")


def _weights(variance: Fraction, bits: int) -> Iterator[tuple[int, int]]:
    """Yield integers around 2^bits w(0), then around 2^bits 2 w(k) for k = 1, 2, ...

    w(k+1) / w(k) = exp(-(2k+1) x) with x = 1 / (2 sigma^2), and that falls by exp(-2x) from each k to the next.
    """
    low, high = 1 << bits, 1 << bits
    low_ratio, high_ratio = _exponential(1 / (2 * variance), bits)
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


def _drawn(size: int, variance: Fraction) -> NDArray[np.int64]:
    """Return ``size`` draws: from a table, or as a sum of two where it would be too wide."""
    if variance <= WIDEST_TABLE**2:
        words = np.frombuffer(os.urandom(8 * size), dtype=np.uint64)
        return invert(words, variance, more=lambda: int.from_bytes(os.urandom(8), "big"))
    coarse = _drawn(size, (variance - ROUGH**2) / STEP**2)
    return _drawn(size, Fraction(ROUGH**2)) + STEP * coarse


def _saturated(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum, cut to the ends of int64 where it wrapped around: where its sign differs from that of both."""
    with np.errstate(over="ignore"):  # 0-dimensional sums would warn
        total = np.asarray(left + right)
    wrapped = ((left ^ total) & (right ^ total)) < 0
    return np.where(wrapped, np.where(left < 0, LEAST, MOST), total)

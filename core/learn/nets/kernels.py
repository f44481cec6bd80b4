"""Batch norm, ReLU and dropout of a whole layer in one pass over memory, forward and backward.

In an eager framework these three cost more CPU time than the matrix products between them: each reads and
writes the layer anew, and drawing a dropout mask takes as long as a product. Here a mask is a hash of
(key, row, column): nothing is drawn or stored, and it does not depend on what else is trained beside it.

Each kernel is written twice with equal results: compiled by numba, and in NumPy where there is no compiler.
Shapes: M members, B rows, W width; arrays are float32 and C-contiguous.
"""

from __future__ import annotations

import math

import numpy as np

from core.learn.nets.compiled import compiled
from core.protocol import Array

# The finaliser of MurmurHash3 (Appleby 2011), on 32 bits, after Knuth's multiplier has spread the counter.
_SPREAD, _MIX_1, _MIX_2 = 0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35
_RANGE = 2**32


def threshold(dropped: float) -> int:
    """Below which a 32-bit hash means that an element is dropped."""
    return min(round(dropped * _RANGE), _RANGE - 1)


def keep_mask(keys: Array, shape: tuple[int, int], dropped: float) -> Array:
    """Which elements of a layer stay, ``(M, B, W)``, as float32 zeros and ``1 / (1 - dropped)``.

    Parameters
    ----------
    keys
        ``(M,)`` uint32, one for each member.
    shape
        ``(B, W)``.
    dropped
        Share of elements, in [0, 1).

    Examples
    --------
    >>> mask = keep_mask(np.array([7], np.uint32), (100, 100), 0.25)
    >>> mask.shape, bool(abs((mask > 0).mean() - 0.75) < 0.02), round(float(mask.max()), 3)
    ((1, 100, 100), True, 1.333)
    """
    counter = np.arange(shape[0] * shape[1], dtype=np.uint32).reshape(shape)
    h = (counter * np.uint32(_SPREAD))[None] ^ keys[:, None, None]
    h ^= h >> np.uint32(16)
    h *= np.uint32(_MIX_1)
    h ^= h >> np.uint32(13)
    h *= np.uint32(_MIX_2)
    h ^= h >> np.uint32(16)
    return np.asarray((h >= threshold(dropped)) * np.float32(1 / (1 - dropped)))


def forward(
    z: Array, gain: Array, bias: Array, keys: Array, dropped: float, epsilon: float
) -> tuple[Array, Array, Array]:
    """``dropout(relu(batch_norm(z)))`` (Ioffe and Szegedy 2015; Srivastava et al. 2014).

    Parameters
    ----------
    z
        ``(M, B, W)``.
    gain, bias
        ``(M, W)``.
    keys
        ``(M,)`` uint32, of the dropout masks.
    dropped
        Share of elements that dropout clears; 0 for none.
    epsilon
        Added to the variance.

    Returns
    -------
    tuple
        The layer ``(M, B, W)``, the batch's mean and the reciprocal of its standard deviation, ``(M, W)``.
    """
    kernel = compiled(_forward_member)
    if kernel is None:
        return _forward(z, gain, bias, keys, dropped, epsilon)
    out, mean, inverse = np.empty_like(z), np.empty_like(gain), np.empty_like(gain)
    scale = np.float32(1 / (1 - dropped))
    for m in range(len(z)):
        kernel(
            z[m], gain[m], bias[m], np.float32(epsilon), np.uint32(keys[m]), np.uint32(threshold(dropped)),
            scale, out[m], mean[m], inverse[m],
        )  # fmt: skip
    return out, mean, inverse


def backward(
    slope: Array, out: Array, z: Array, gain: Array, mean: Array, inverse: Array, dropped: float
) -> tuple[Array, Array, Array]:
    """Gradients of :func:`forward` for ``z``, ``gain`` and ``bias``.

    An element counts where ``out`` is positive: ReLU and dropout let the same elements pass.

    Parameters
    ----------
    slope
        Gradient of ``out``, ``(M, B, W)``.
    out, z, gain, mean, inverse, dropped
        What :func:`forward` took and gave.
    """
    kernel = compiled(_backward_member)
    if kernel is None:
        return _backward(slope, out, z, gain, mean, inverse, dropped)
    z_slope, gain_slope, bias_slope = np.empty_like(z), np.empty_like(gain), np.empty_like(gain)
    scale = np.float32(1 / (1 - dropped))
    for m in range(len(z)):
        kernel(
            slope[m], out[m], z[m], gain[m], mean[m], inverse[m], scale,
            z_slope[m], gain_slope[m], bias_slope[m],
        )  # fmt: skip
    return z_slope, gain_slope, bias_slope


def _forward(
    z: Array, gain: Array, bias: Array, keys: Array, dropped: float, epsilon: float
) -> tuple[Array, Array, Array]:
    mean = z.mean(1)
    inverse = 1 / np.sqrt(z.var(1) + np.float32(epsilon))
    h = (z - mean[:, None]) * (inverse * gain)[:, None] + bias[:, None]
    h = np.maximum(h, 0)
    if dropped:
        h *= keep_mask(keys, (z.shape[1], z.shape[2]), dropped)
    return h, mean, inverse


def _backward(
    slope: Array, out: Array, z: Array, gain: Array, mean: Array, inverse: Array, dropped: float
) -> tuple[Array, Array, Array]:
    rows = np.float32(z.shape[1])
    slope = np.where(out > 0, slope * np.float32(1 / (1 - dropped)), np.float32(0))
    spread = (z - mean[:, None]) * inverse[:, None]
    bias_slope, gain_slope = slope.sum(1), (slope * spread).sum(1)
    z_slope = slope - (bias_slope[:, None] + spread * gain_slope[:, None]) / rows
    return z_slope * (gain * inverse)[:, None], gain_slope, bias_slope


def _forward_member(z, gain, bias, epsilon, key, drop_below, scale, out, mean, inverse):  # type: ignore[no-untyped-def]  # numba infers types
    rows, width = z.shape
    u32 = np.uint32
    total, squares = np.zeros(width, np.float32), np.zeros(width, np.float32)
    for i in range(rows):
        for j in range(width):
            away = z[i, j] - z[0, j]  # from the first row, so that a large mean costs no digits
            total[j] += away
            squares[j] += away * away
    slope, shift = np.empty(width, np.float32), np.empty(width, np.float32)
    for j in range(width):
        away = total[j] / np.float32(rows)
        variance = max(squares[j] / np.float32(rows) - away * away, np.float32(0))
        mean[j] = z[0, j] + away
        inverse[j] = np.float32(1) / math.sqrt(variance + epsilon)
        slope[j] = gain[j] * inverse[j] * scale
        shift[j] = bias[j] * scale - mean[j] * slope[j]
    for i in range(rows):
        first = u32(i * width)
        for j in range(width):
            h = u32(u32(first + u32(j)) * u32(_SPREAD)) ^ key
            h = u32(h ^ (h >> u32(16))) * u32(_MIX_1)
            h = u32(u32(h) ^ (u32(h) >> u32(13))) * u32(_MIX_2)
            h = u32(u32(h) ^ (u32(h) >> u32(16)))
            value = z[i, j] * slope[j] + shift[j]
            out[i, j] = np.float32(0) if (h < drop_below or value <= 0) else value


def _backward_member(slope, out, z, gain, mean, inverse, scale, z_slope, gain_slope, bias_slope):  # type: ignore[no-untyped-def]  # numba infers types
    rows, width = z.shape
    zero = np.float32(0)
    gain_slope[:], bias_slope[:] = zero, zero
    for i in range(rows):
        for j in range(width):
            passed = slope[i, j] if out[i, j] > 0 else zero
            bias_slope[j] += passed
            gain_slope[j] += passed * (z[i, j] - mean[j])
    by_slope, by_z = np.empty(width, np.float32), np.empty(width, np.float32)
    constant = np.empty(width, np.float32)
    for j in range(width):
        gain_slope[j] *= inverse[j] * scale
        bias_slope[j] *= scale
        factor = gain[j] * inverse[j]
        by_slope[j] = factor * scale
        by_z[j] = -factor * inverse[j] * gain_slope[j] / np.float32(rows)
        constant[j] = -factor * bias_slope[j] / np.float32(rows) - by_z[j] * mean[j]
    for i in range(rows):
        for j in range(width):
            passed = slope[i, j] if out[i, j] > 0 else zero
            z_slope[i, j] = by_slope[j] * passed + by_z[j] * z[i, j] + constant[j]

"""Eight single-precision numbers side by side, for compiled kernels.

Loops over the cells of a column are so short that the compiler's own vectorisation does not pay; these say it outright
and compile faster. They are LLVM vectors, so every processor has them, with the same results: sums are taken in one
fixed order. Usable inside ``numba.njit`` functions only. Bounds are NOT checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., Any]
    Typed = tuple[Any, Build]

WIDTH = 8
"""Numbers side by side; pieces of arrays that are read as lanes have a multiple of it as length."""

_VECTOR = ir.VectorType(ir.FloatType(), WIDTH)
_INDEX = ir.IntType(32)


class LanesType(types.Type):
    """The type of eight numbers in a register."""

    def __init__(self) -> None:
        """Give the type its name."""
        super().__init__("Lanes")


def _inside(function: Callable[..., Typed]) -> Callable[..., Any]:
    """Return ``function`` for use in kernels, without the first argument, which numba fills in."""
    return cast("Callable[..., Any]", intrinsic(function))


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: object, kind: object) -> None:
        parent: Any = super()
        parent.__init__(manager, kind, _VECTOR)


_LANES: Any = cast("Callable[..., Any]", LanesType)()


def _constants(numbers: list[int]) -> ir.Constant:
    return ir.Constant(ir.VectorType(_INDEX, WIDTH), numbers)


def _spread(builder: Any, number: Any) -> Any:  # noqa: ANN401 - LLVM values
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(first, undefined, _constants([0] * WIDTH))


def _place(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:  # noqa: ANN401 - LLVM values
    start = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(start, [at]), _VECTOR.as_pointer())


@_inside
def load(_typing: object, array: Any, at: object) -> Typed:  # noqa: ANN401, ARG001 - numba's protocol
    """Return eight numbers of a float32 array from place ``at`` (uint64) on."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:  # noqa: ANN401 - numba's protocol
        return builder.load(_place(context, builder, signature.args[0], *values), align=4)

    return _LANES(array, types.uint64), build


@_inside
def store(_typing: object, array: Any, at: object, lanes: object) -> Typed:  # noqa: ANN401, ARG001 - as above
    """Write eight numbers into a float32 array from place ``at`` (uint64) on."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:  # noqa: ANN401 - numba's protocol
        builder.store(values[2], _place(context, builder, signature.args[0], *values[:2]), align=4)
        return context.get_dummy_value()

    return types.void(array, types.uint64, _LANES), build


@_inside
def times(_typing: object, one: object, other: object) -> Typed:  # noqa: ARG001 - numba's protocol
    """Return the products, lane by lane."""
    return _LANES(_LANES, _LANES), lambda _context, builder, _signature, values: builder.fmul(*values)


@_inside
def plus(_typing: object, one: object, other: object) -> Typed:  # noqa: ARG001 - numba's protocol
    """Return the sums, lane by lane."""
    return _LANES(_LANES, _LANES), lambda _context, builder, _signature, values: builder.fadd(*values)


@_inside
def tilted(_typing: object, weights: object, tilt: object, least: object) -> Typed:  # noqa: ARG001 - numba's protocol
    """Return ``weights`` times about ``exp(least - tilt)``, for tilts not below ``least``.

    The exponential is ``(1 - x / 1024) ** 1024``: within half a per cent up to x = 3, and never negative.
    """

    def build(_context: object, builder: Any, _signature: object, values: Any) -> Any:  # noqa: ANN401 - as above
        weights, tilt, least = values
        one, zero = (ir.Constant(_VECTOR, [number] * WIDTH) for number in (1.0, 0.0))
        scaled = builder.fmul(builder.fsub(_spread(builder, least), tilt), ir.Constant(_VECTOR, [1.0 / 1024.0] * WIDTH))
        base = builder.fadd(one, scaled)
        base = builder.select(builder.fcmp_ordered(">", base, zero), base, zero)
        for _ in range(10):
            base = builder.fmul(base, base)
        return builder.fmul(weights, base)

    return _LANES(_LANES, _LANES, types.float32), build


@_inside
def running(_typing: object, lanes: object) -> Typed:  # noqa: ARG001 - numba's protocol
    """Return the running sums: lane k has the sum of lanes 0 to k."""

    def build(_context: object, builder: Any, _signature: object, values: Any) -> Any:  # noqa: ANN401 - as above
        sums, zero, step = values[0], ir.Constant(_VECTOR, [0.0] * WIDTH), 1
        while step < WIDTH:
            shifted = [WIDTH + lane - step if lane >= step else lane for lane in range(WIDTH)]
            sums = builder.fadd(sums, builder.shuffle_vector(zero, sums, _constants(shifted)))
            step *= 2
        return sums

    return _LANES(_LANES), build


@_inside
def last(_typing: object, lanes: object) -> Typed:  # noqa: ARG001 - numba's protocol
    """Return the number in the last lane."""

    def build(_context: object, builder: Any, _signature: object, values: Any) -> Any:  # noqa: ANN401 - as above
        return builder.extract_element(values[0], ir.Constant(_INDEX, WIDTH - 1))

    return types.float32(_LANES), build


@_inside
def up_to(_typing: object, lanes: object, mark: object) -> Typed:  # noqa: ARG001 - numba's protocol
    """Return how many lanes (uint64) hold a number that is not above ``mark``."""

    def build(_context: object, builder: Any, _signature: object, values: Any) -> Any:  # noqa: ANN401 - as above
        below = builder.fcmp_ordered("<=", values[0], _spread(builder, values[1]))
        return builder.ctpop(builder.zext(builder.bitcast(below, ir.IntType(WIDTH)), ir.IntType(64)))

    return types.uint64(_LANES, types.float32), build

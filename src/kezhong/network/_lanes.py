"""Thirty-two distances side by side.

One row of a ``(n, LANES)`` array holds the distances of thirty-two searches at one node. Numba widens 16-bit sums to
64 bits before it vectorises, which costs most of the width of the processor; so the one operation that matters is
written as LLVM vector code (saturating add, compare, select, reduce). LLVM lowers it to whatever the machine has:
AVX-512, AVX2, SSE or NEON.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic

LANES = 32

# Numba annotates itself in part only.
cgutils: Any = _cgutils


def _relax_row(typing_context: Any, source: Any, i: Any, target: Any, j: Any, add: Any, limit: Any) -> Any:
    """``target[j] = min(target[j], source[i] + add)`` in every lane whose sum is within ``limit[lane]``.

    Sums saturate. Returns the smallest value written, or the dtype's maximum where no lane became better.
    ``source`` and ``target`` are C-contiguous ``(*, LANES)`` of one unsigned dtype, ``limit`` is ``(LANES,)``.
    """
    signature = source.dtype(source, types.int64, target, types.int64, source.dtype, limit)
    return signature, _generate


def _generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    width = signature.return_type.bitwidth
    lane = ir.IntType(width)
    row = ir.VectorType(lane, LANES)
    index = ir.IntType(32)

    def pointer(position: int, line: Any) -> Any:
        array = context.make_array(signature.args[position])(context, builder, value=args[position])
        start = builder.gep(array.data, [builder.mul(line, ir.Constant(line.type, LANES))])
        return builder.bitcast(start, row.as_pointer())

    def load(address: Any) -> Any:
        value = builder.load(address)
        value.align = width // 8
        return value

    goal = pointer(2, args[3])
    one = builder.insert_element(ir.Constant(row, ir.Undefined), args[4], ir.Constant(index, 0))
    spread = ir.Constant(ir.VectorType(index, LANES), [0] * LANES)
    add = builder.shuffle_vector(one, ir.Constant(row, ir.Undefined), spread)
    saturating = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(row, [row, row]), f"llvm.uadd.sat.v{LANES}i{width}"
    )
    sums = builder.call(saturating, [load(pointer(0, args[1])), add])
    present = load(goal)
    within = builder.icmp_unsigned("<=", sums, load(pointer(5, ir.Constant(ir.IntType(64), 0))))
    better = builder.and_(builder.icmp_unsigned("<", sums, present), within)
    stored = builder.store(builder.select(better, sums, present), goal)
    stored.align = width // 8
    smallest = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(lane, [row]), f"llvm.vector.reduce.umin.v{LANES}i{width}"
    )
    nothing = ir.Constant(row, [(1 << width) - 1] * LANES)
    return builder.call(smallest, [builder.select(better, sums, nothing)])


relax_row: Any = intrinsic(_relax_row)

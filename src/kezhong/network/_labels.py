"""Labels of several elements side by side: distance in the upper, facility in the lower bits of one unsigned number.

A row carries sixteen elements, or thirty-two where the label is the distance alone, in sixteen bits.

The least label is the least distance and, among equals, the facility with the smaller number. As in
:mod:`kezhong.network._lanes` the operations that matter are LLVM vector code: Numba would widen the sums.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic

LANES = {16: 32, 32: 16, 64: 16}
"""Elements in a row, by the bits of a label."""

cgutils: Any = _cgutils


class _Rows:
    """Builds vector code on rows of unsigned numbers of one width."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any, width: int) -> None:
        self.context, self.builder, self.signature, self.args, self.width = context, builder, signature, args, width
        self.lanes = LANES[width]
        self.row = ir.VectorType(ir.IntType(width), self.lanes)
        self.nothing = ir.Constant(self.row, [(1 << width) - 1] * self.lanes)

    def pointer(self, position: int, line: Any) -> Any:
        array = self.context.make_array(self.signature.args[position])
        data = array(self.context, self.builder, value=self.args[position]).data
        start = self.builder.gep(data, [self.builder.mul(line, ir.Constant(line.type, self.lanes))])
        return self.builder.bitcast(start, self.row.as_pointer())

    def load(self, address: Any) -> Any:
        value = self.builder.load(address)
        value.align = self.width // 8
        return value

    def store(self, value: Any, address: Any) -> None:
        self.builder.store(value, address).align = self.width // 8

    def spread(self, scalar: Any) -> Any:
        index = ir.IntType(32)
        blank = ir.Constant(self.row, ir.Undefined)
        one = self.builder.insert_element(blank, scalar, ir.Constant(index, 0))
        return self.builder.shuffle_vector(one, blank, ir.Constant(ir.VectorType(index, self.lanes), [0] * self.lanes))

    def call(self, name: str, *values: Any) -> Any:
        kind = ir.FunctionType(self.row, [self.row] * len(values))
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.{name}.v{self.lanes}i{self.width}")
        return self.builder.call(function, values)

    def any(self, flags: Any) -> Any:
        bits = self.builder.bitcast(flags, ir.IntType(self.lanes))
        return self.builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


def _lower_row(typing_context: Any, source: Any, i: Any, target: Any, j: Any, add: Any) -> Any:
    """``target[j] = min(target[j], source[i] + add)``, lane by lane; sums saturate."""
    signature = types.void(source, types.int64, target, types.int64, source.dtype)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows = _Rows(context, builder, signature, args, signature.args[0].dtype.bitwidth)
        goal = rows.pointer(2, args[3])
        sums = rows.call("uadd.sat", rows.load(rows.pointer(0, args[1])), rows.spread(args[4]))
        rows.store(rows.call("umin", rows.load(goal), sums), goal)
        return context.get_dummy_value()

    return signature, generate


def _raise_row(typing_context: Any, source: Any, i: Any, carry: Any, add: Any, target: Any, last: Any) -> Any:
    """``carry[0] = carry[1] = source[i] + add``; whether any lane is less than ``target[last]``."""
    signature = types.boolean(source, types.int64, carry, source.dtype, target, types.int64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows = _Rows(context, builder, signature, args, signature.args[0].dtype.bitwidth)
        sums = rows.call("uadd.sat", rows.load(rows.pointer(0, args[1])), rows.spread(args[3]))
        zero, one = (ir.Constant(ir.IntType(64), k) for k in (0, 1))
        rows.store(sums, rows.pointer(2, zero))
        rows.store(sums, rows.pointer(2, one))
        return rows.any(builder.icmp_unsigned("<", sums, rows.load(rows.pointer(4, args[5]))))

    return signature, generate


def _place_row(typing_context: Any, carry: Any, target: Any, j: Any, mask: Any) -> Any:
    """Put ``carry[0]`` in its order with ``target[j]``: the less stays, the greater is carried on.

    Where ``target[j]`` is of the same facility as the label that came first (``carry[1]``), the greater is dropped.
    """
    signature = types.void(carry, target, types.int64, carry.dtype)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows = _Rows(context, builder, signature, args, signature.args[0].dtype.bitwidth)
        zero, one = (ir.Constant(ir.IntType(64), k) for k in (0, 1))
        goal = rows.pointer(1, args[2])
        present, moved, came = rows.load(goal), rows.load(rows.pointer(0, zero)), rows.load(rows.pointer(0, one))
        bits = builder.and_(builder.xor(present, came), rows.spread(args[3]))
        same = builder.icmp_unsigned("==", bits, ir.Constant(rows.row, [0] * rows.lanes))
        rows.store(rows.call("umin", present, moved), goal)
        rows.store(builder.select(same, rows.nothing, rows.call("umax", present, moved)), rows.pointer(0, zero))
        return context.get_dummy_value()

    return signature, generate


lower_row: Any = intrinsic(_lower_row)
raise_row: Any = intrinsic(_raise_row)
place_row: Any = intrinsic(_place_row)

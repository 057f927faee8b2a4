/** Products of matrices. */
import type { Dtype } from '../../graph.ts';
import type { Builder } from '../builder.ts';
import { type Context, input, type Lowerings, number, optional, where } from '../context.ts';
import { malformed } from '../errors.ts';
import { writeNumbers } from '../scalars.ts';
import { count, describe, type Tensor } from '../tensor.ts';
import { binary } from './arithmetic.ts';
import { broadcast } from './broadcast.ts';
import { convert } from './cast.ts';
import { multiply, multiplyKnown, zeros } from './products.ts';

/** A vector counts as a row on the left and as a column on the right; the axis goes again from the result. */
function matmul(c: Context): Tensor {
  const { b } = c;
  const x = input(c, 0);
  const y = input(c, 1);
  if (x.shape.length === 0 || y.shape.length === 0) {
    malformed(`${where(c)}: ${describe(x)} times ${describe(y)}`);
  }
  const isRow = x.shape.length === 1;
  const isColumn = y.shape.length === 1;
  const left = isRow ? b.reshape(x, [1, ...x.shape]) : x;
  const right = isColumn ? b.reshape(y, [...y.shape, 1]) : y;
  const z = multiply(b, left, right);
  if (!isRow && !isColumn) return z;
  const last = z.shape.length - 1;
  const shape = z.shape.filter((_, i) => !(isRow && i === last - 1) && !(isColumn && i === last));
  return b.reshape(z, shape);
}

/** A tensor times a number. */
function scaled(b: Builder, x: Tensor, factor: number): Tensor {
  if (factor === 1) return x;
  const type = { dtype: x.dtype, shape: [] };
  return binary(b, 'mul', x, b.constant(type, writeNumbers(x.dtype, [factor])));
}

/** alpha A B + beta C. Where B is known, alpha is multiplied into it; where C is a row, sums start from it. */
function gemm(c: Context): Tensor {
  const { b } = c;
  const [a, w] = [input(c, 0), input(c, 1)];
  const { dtype } = a;
  if (a.shape.length !== 2 || w.shape.length !== 2 || w.dtype !== dtype) {
    malformed(`${where(c)}: ${describe(a)} times ${describe(w)}`);
  }
  const wide: Dtype = dtype === 'f16' || dtype === 'bf16' ? 'f32' : dtype;
  const isTransposed = number(c, 'transB', 0) !== 0;
  const x = number(c, 'transA', 0) !== 0 ? b.transpose(a, [1, 0]) : a;
  const alpha = number(c, 'alpha', 1);
  const third = optional(c, 2);
  const addend = third && scaled(b, convert(b, third, wide), number(c, 'beta', 1));
  const n = w.shape[isTransposed ? 0 : 1]!;
  const left = convert(b, x, wide);
  const right = convert(b, w, wide);
  const isRow = !addend || [1, addend.shape.at(-1)].includes(count(addend.shape));
  if (wide === 'f32' && right.data && isRow) {
    const factor = b.plain(scaled(b, right, alpha));
    const row = addend && b.reshape(addend, [count(addend.shape)]);
    const bias = row ? b.plain(broadcast(b, row, [n])) : zeros(b, n);
    return convert(b, multiplyKnown(b, left, factor, bias, isTransposed), dtype);
  }
  const y = isTransposed ? b.transpose(right, [1, 0]) : right;
  const product = scaled(b, multiply(b, left, y), alpha);
  return convert(b, addend ? binary(b, 'add', product, addend) : product, dtype);
}

export const LINEAR: Lowerings = {
  Gemm: { lower: gemm, anyAxes: true },
  MatMul: { lower: matmul, anyAxes: true },
};

/** Functions of one or two 8-bit elements as tables that their lowerings compute. */
import type { Dtype } from '../../../graph.ts';
import type { Builder } from '../../builder.ts';
import { count, sameShape, type Tensor } from '../../tensor.ts';
import { broadcast, broadcastShape } from '../broadcast.ts';

/** All values of an 8-bit type in the order of their bits. */
const valuesOf = (dtype: Dtype): number[] =>
  Array.from({ length: 256 }, (_, bits) => (dtype === 'i8' ? (bits << 24) >> 24 : bits));

/** y = f(x) for each element; the results are of `dtype`, i8 or u8. */
export function mapTable(
  b: Builder,
  x: Tensor,
  dtype: Dtype,
  f: (value: number) => number,
): Tensor {
  const stored = b.stored(x);
  if (count(x.shape) === 0) return b.constant({ dtype, shape: x.shape }, new Uint8Array());
  const table = b.constant(
    { dtype, shape: [256] },
    Uint8Array.from(valuesOf(x.dtype), (value) => f(value) & 0xff),
    `${b.scope} table`,
  );
  const type = { dtype, shape: stored.shape };
  return b.withAxes(b.call('lookup8', [stored, table], [count(x.shape)], type), x.axes);
}

/** z = f(x, y) for each pair of elements, after broadcasting. */
export function mapPairs(
  b: Builder,
  x: Tensor,
  y: Tensor,
  dtype: Dtype,
  f: (x: number, y: number) => number,
): Tensor {
  const shape = broadcastShape(b, [x, y]);
  if (count(shape) === 0) return b.constant({ dtype, shape }, new Uint8Array());
  // One constant for all elements needs no table of pairs.
  const single = (tensor: Tensor): number | undefined =>
    tensor.data && count(tensor.shape) === 1 ? valuesOf(tensor.dtype)[tensor.data[0]!] : undefined;
  const [xs, ys] = [single(x), single(y)];
  if (ys !== undefined && sameShape(shape, x.shape))
    return mapTable(b, x, dtype, (value) => f(value, ys));
  if (xs !== undefined && sameShape(shape, y.shape))
    return mapTable(b, y, dtype, (value) => f(xs, value));
  const table = new Uint8Array(65536);
  const columns = valuesOf(y.dtype);
  valuesOf(x.dtype).forEach((value, i) => {
    columns.forEach((other, j) => {
      table[256 * i + j] = f(value, other);
    });
  });
  const constant = b.constant({ dtype, shape: [65536] }, table, `${b.scope} table`);
  const [left, right] = [broadcast(b, x, shape), broadcast(b, y, shape)];
  // Elements stay where they are if both operands are stored in one order.
  const isSame = String(left.axes) === String(right.axes);
  const [p, q] = isSame ? [b.stored(left), b.stored(right)] : [b.plain(left), b.plain(right)];
  const z = b.call('lookup8x8', [p, q, constant], [count(shape)], { dtype, shape: p.shape });
  return isSame ? b.withAxes(z, left.axes) : z;
}

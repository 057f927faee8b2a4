/** Softmax and its kin: rows along one axis. */
import type { Builder } from '../builder.ts';
import { axisOf, type Context, type Entry, input, type Lowerings, number } from '../context.ts';
import { count, type Tensor } from '../tensor.ts';
import { convert } from './cast.ts';

/**
 * Applies `of` to a tensor [rows, columns] whose columns run along `axis`, and gives its result the axes of `x` back. Where the axis is
 * stored last already, nothing moves.
 */
export function alongAxis(
  b: Builder,
  x: Tensor,
  axis: number,
  of: (rows: Tensor) => Tensor,
): Tensor {
  const stored = x.axes ?? x.shape.map((_, i) => i);
  const order = [...stored.filter((other) => other !== axis), axis];
  const moved = b.plain(b.transpose(x, order));
  const columns = x.shape[axis]!;
  const y = of(b.reshape(moved, [count(x.shape) / columns, columns]));
  return b.transpose(
    b.reshape(y, moved.shape),
    order.map((_, i) => order.indexOf(i)),
  );
}

/** A kernel of each row of [rows, columns]. */
const ofRows =
  (kernel: string) =>
  (b: Builder, x: Tensor): Tensor => {
    const [rows = 1, columns = 1] = x.shape;
    return b.rows(kernel, [x], x, rows, (begin, end) => [rows, columns, begin, end]);
  };

export const softmaxOfRows = ofRows('softmaxRows');
export const logSoftmaxOfRows = ofRows('logSoftmaxRows');

/** Before version 13 the axes from `axis` on were one row, since then the axis alone is. Other types are computed in f32. */
function rowwise(of: (b: Builder, rows: Tensor) => Tensor): Entry {
  return {
    anyAxes: true,
    lower(c) {
      const { b, opset } = c;
      const given = input(c, 0);
      if (count(given.shape) === 0) return given;
      const x = convert(b, given, 'f32');
      const back = (y: Tensor): Tensor => convert(b, y, given.dtype);
      const rank = x.shape.length;
      if (rank === 0) return back(b.reshape(of(b, b.reshape(x, [1, 1])), []));
      const axis = rowAxis(c, rank);
      if (opset >= 13 || axis === rank - 1) {
        return back(alongAxis(b, x, axis, (rows) => of(b, rows)));
      }
      const rows = count(x.shape.slice(0, axis));
      const flat = b.reshape(x, [rows, count(x.shape) / rows]);
      return back(b.reshape(of(b, flat), x.shape));
    },
  };
}

const rowAxis = (c: Context, rank: number): number =>
  axisOf(c, number(c, 'axis', c.opset >= 13 ? -1 : 1), rank);

export const SOFTMAX: Lowerings = {
  Softmax: rowwise(softmaxOfRows),
  LogSoftmax: rowwise(logSoftmaxOfRows),
  Hardmax: rowwise((b, x) => b.call('hardmax', [x], x.shape, x)),
};

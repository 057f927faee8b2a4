/** Products of matrices, made of the kernels `gemm`, `matmul` and `matmul...`. */
import type { Dtype } from '../../graph.ts';
import { BATCH_AXES, PANEL } from '../../operators/linear.ts';
import type { Builder } from '../builder.ts';
import { malformed } from '../errors.ts';
import { writeNumbers } from '../scalars.ts';
import { count, describe, type Tensor } from '../tensor.ts';
import { broadcast, broadcastShape, broadcastStrides } from './broadcast.ts';
import { convert } from './cast.ts';
import { packPanels } from './panels.ts';

const bits = (value: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
};

/** Bounds that change nothing, as attributes. */
export const UNBOUNDED: readonly number[] = [bits(Number.NEGATIVE_INFINITY), bits(Infinity)];

export const zeros = (b: Builder, n: number): Tensor =>
  b.constant({ dtype: 'f32', shape: [n] }, writeNumbers('f32', new Array<number>(n).fill(0)));

/**
 * f32 [m, n] = x [m, k] times packed weights, plus a bias [n]. Above the limit it is split along the larger of the two, so that the
 * other one is what is read several times.
 */
export function gemm(
  b: Builder,
  x: Tensor,
  packed: Tensor,
  bias: Tensor,
  [m, k, n]: readonly [number, number, number],
): Tensor {
  const type = { dtype: 'f32', shape: [m, n] } as const;
  const operands = [x, packed, bias];
  if (m >= n) {
    return b.rows('gemm', operands, type, m, (begin, end) => [
      ...[m, k, n, begin, end, 0, n],
      ...UNBOUNDED,
    ]);
  }
  return b.rows('gemm', operands, type, Math.ceil(n / PANEL), (begin, end) => [
    ...[m, k, n, 0, m, begin * PANEL, Math.min(n, end * PANEL)],
    ...UNBOUNDED,
  ]);
}

/** f32 [m, n] = x [m, k] times w [k, n], or [n, k] if it is transposed, plus a bias [n]. For weights that are the same in every run. */
export function multiplyKnown(
  b: Builder,
  x: Tensor,
  w: Tensor,
  bias: Tensor,
  isTransposed = false,
): Tensor {
  const n = count(bias.shape);
  const [m = 0, k = 0] = x.shape;
  if (w.shape[isTransposed ? 1 : 0] !== k)
    malformed(`${b.scope}: ${describe(x)} times ${describe(w)}`);
  const packed = packPanels(b, w, {
    ...{ groups: 1, groupStride: 0, columns: n, columnStride: isTransposed ? k : 1 },
    ...{ taps: [0], channels: k, channelStride: isTransposed ? 1 : n },
  });
  return gemm(b, b.plain(x), packed, bias, [m, k, n]);
}

/** The type in which products of a type are computed, and the kernel. */
const KERNELS: Readonly<Record<Dtype, readonly [Dtype, string]>> = {
  f32: ['f32', 'matmul'],
  f16: ['f32', 'matmul'],
  bf16: ['f32', 'matmul'],
  f64: ['f64', 'matmulF64'],
  i64: ['i64', 'matmulI64'],
  u64: ['u64', 'matmulI64'],
  i32: ['i32', 'matmulI32'],
  i16: ['i32', 'matmulI32'],
  i8: ['i32', 'matmulI32'],
  u32: ['u32', 'matmulI32'],
  u16: ['u32', 'matmulI32'],
  u8: ['u32', 'matmulI32'],
  bool: ['u32', 'matmulI32'],
};

/**
 * x [..., m, k] times y [..., k, n], what is before the last two axes broadcast together: [..., m, n]. Takes tensors stored in any order
 * of axes.
 *
 * @throws ModelError BAD_NETWORK if the shapes don't fit
 */
export function multiply(b: Builder, x: Tensor, y: Tensor): Tensor {
  const { dtype } = x;
  const fits = x.shape.length >= 2 && y.shape.length >= 2 && x.shape.at(-1) === y.shape.at(-2);
  if (!fits || y.dtype !== dtype) malformed(`${b.scope}: ${describe(x)} times ${describe(y)}`);
  const [wide, kernel] = KERNELS[dtype];
  if (wide !== dtype) {
    return convert(b, multiply(b, convert(b, x, wide), convert(b, y, wide)), dtype);
  }
  const m = x.shape.at(-2)!;
  const [k = 0, n = 0] = y.shape.slice(-2);
  const isMatrix = count(y.shape) === k * n;
  if (dtype === 'f32' && isMatrix && y.data) {
    const rows = b.reshape(x, [count(x.shape) / k, k]);
    const result = multiplyKnown(b, rows, b.reshape(y, [k, n]), zeros(b, n));
    const before = y.shape.length > x.shape.length ? y.shape.slice(0, -2) : x.shape.slice(0, -2);
    return b.reshape(result, [...before, m, n]);
  }
  return multiplyByStrides(b, kernel, x, y);
}

/** A batch axis: its size and the strides of both factors. */
type Axis = readonly [size: number, x: number, y: number];

function multiplyByStrides(b: Builder, kernel: string, x: Tensor, y: Tensor): Tensor {
  const [m = 0, k = 0] = x.shape.slice(-2);
  const n = y.shape.at(-1)!;
  const outer = ({ shape, ...rest }: Tensor): Tensor => ({ ...rest, shape: shape.slice(0, -2) });
  const batch = broadcastShape(b, [outer(x), outer(y)]);
  const ofX = broadcastStrides(x, [...batch, m, k]);
  const ofY = broadcastStrides(y, [...batch, k, n]);
  const axes = mergedAxes(batch.map((size, i): Axis => [size, ofX[i]!, ofY[i]!]));
  if (axes.length > BATCH_AXES) {
    const whole = (tensor: Tensor, last: readonly number[]): Tensor =>
      b.plain(broadcast(b, tensor, [...batch, ...last]));
    return multiplyByStrides(b, kernel, whole(x, [m, k]), whole(y, [k, n]));
  }
  // One matrix y for several that lie one after the other in x: these are one matrix with more rows.
  const [ar = 0, ac = 0] = ofX.slice(-2);
  const [br = 0, bc = 0] = ofY.slice(-2);
  let rows = m;
  let rowStride = ar;
  for (let last = axes.at(-1); last && last[2] === 0; last = axes.at(-1)) {
    if (rows > 1 && last[1] !== rows * rowStride) break;
    if (rows === 1) rowStride = last[1];
    rows *= last[0];
    axes.pop();
  }
  while (axes.length < BATCH_AXES) axes.unshift([1, 0, 0]);
  const shape = [...batch, m, n];
  const sizes = axes.map(([size]) => size);
  const attributes = [
    ...[count(x.shape), count(y.shape), ...sizes, rows, k, n],
    ...[...axes.map(([, stride]) => stride), ...axes.map(([, , stride]) => stride)],
    // Where there is one element along k, any step is right; 0 isn't one.
    ...[rowStride, Math.max(ac, 1), Math.max(br, 1), bc],
  ];
  const operands = [b.stored(x), b.stored(y)];
  const all = count(sizes) * rows;
  return b.rows(kernel, operands, { dtype: x.dtype, shape }, all, (begin, end) => [
    ...attributes,
    begin,
    end,
  ]);
}

/** Neighbouring axes become one where the strides of both factors allow. */
function mergedAxes(axes: readonly Axis[]): Axis[] {
  const result: Axis[] = [];
  for (const [size, x, y] of axes) {
    if (size === 1) continue;
    const outer = result.at(-1);
    if (outer && outer[1] === x * size && outer[2] === y * size) {
      result[result.length - 1] = [outer[0] * size, x, y];
    } else {
      result.push([size, x, y]);
    }
  }
  return result;
}

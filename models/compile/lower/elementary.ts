/** Parts that lowerings are composed of: operators as functions on tensors. */
import { DTYPES, type Dtype } from '../../graph.ts';
import { OPERATORS } from '../../operators/index.ts';
import { type Builder, like } from '../builder.ts';
import { malformed, unsupported } from '../errors.ts';
import { writeNumbers } from '../scalars.ts';
import { count, describe, sameShape, type Tensor } from '../tensor.ts';
import { stridedCall } from './broadcast.ts';
import { convert } from './cast.ts';

/** Operations of `binary`. */
export type Binary =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'min'
  | 'max'
  /** x - y floor(x / y), of integers. */
  | 'mod'
  /** x - y trunc(x / y), of floats. */
  | 'fmod'
  | 'pow'
  | 'and'
  | 'or'
  | 'xor'
  | 'shiftLeft'
  | 'shiftRight';

/** Operations of `compare`. */
export type Comparison = 'equal' | 'less' | 'lessOrEqual';

/** Types that arithmetic is done in, for those that have no kernels of their own. */
const WIDER: Partial<Record<Dtype, Dtype>> = {
  bool: 'u32',
  u8: 'u32',
  u16: 'u32',
  i8: 'i32',
  i16: 'i32',
  f16: 'f32',
  bf16: 'f32',
};

/** The type with kernels in which a type's arithmetic is done. */
export const widened = (dtype: Dtype): Dtype => WIDER[dtype] ?? dtype;

const FLOATS: readonly Dtype[] = ['f32', 'f64', 'f16', 'bf16'];
export const isFloat = (dtype: Dtype): boolean => FLOATS.includes(dtype);
export const isUnsigned = (dtype: Dtype): boolean => dtype.startsWith('u') || dtype === 'bool';

/** The name of the kernel for a type, where one for signed integers may serve unsigned ones too. */
function kernelOf(b: Builder, op: string, dtype: Dtype): string {
  const names = [dtype, dtype.replace('u', 'i')].map((type) => `${op}${type.toUpperCase()}`);
  const kernel = names.find((name) => OPERATORS.has(name));
  return kernel ?? unsupported(`${b.scope}: ${op} of ${dtype}`);
}

export function sameTypes(b: Builder, x: Tensor, y: Tensor): void {
  if (y.dtype !== x.dtype) {
    malformed(`${b.scope}: ${describe(x)} and ${describe(y)} have other types`);
  }
}

/** Whether two tensors hold their elements in the same order. */
function sameOrder(x: Tensor, y: Tensor): boolean {
  const order = ({ axes, shape }: Tensor): string => (axes ?? shape.map((_, i) => i)).join();
  return sameShape(x.shape, y.shape) && order(x) === order(y);
}

/**
 * x op y for tensors of one type, whose shapes are broadcast together. Integers wrap, division truncates (by 0 it gives 0); small
 * types are computed in a larger one and rounded or wrapped once. Takes and gives tensors stored in any order of axes.
 *
 * @throws ModelError BAD_NETWORK if types differ or there is no common shape
 */
export function binary(b: Builder, op: Binary, x: Tensor, y: Tensor): Tensor {
  sameTypes(b, x, y);
  const { dtype } = x;
  const isPlain = op === 'add' || op === 'sub' || op === 'mul';
  if (dtype === 'f32' && isPlain && sameOrder(x, y) && count(x.shape) > 0) {
    const stored = b.stored(x);
    const n = count(x.shape);
    return b.withAxes(b.call(op, [stored, b.stored(y)], [n], like(stored)), x.axes);
  }
  const isBits = op === 'and' || op === 'or' || op === 'xor';
  if (isBits && ['bool', 'u8', 'i8'].includes(dtype)) {
    return stridedCall(b, `${op}I8`, [x, y], dtype);
  }
  const wide = op === 'pow' && dtype.endsWith('32') && dtype !== 'f32' ? 'i64' : widened(dtype);
  if (wide !== dtype) {
    return convert(b, binary(b, op, convert(b, x, wide), convert(b, y, wide)), dtype);
  }
  return stridedCall(b, kernelOf(b, op, dtype), [x, y], dtype);
}

/** x == y, x < y or x <= y as bool; otherwise like `binary`. */
export function compare(b: Builder, op: Comparison, x: Tensor, y: Tensor): Tensor {
  sameTypes(b, x, y);
  const wide = widened(x.dtype);
  const operands = [convert(b, x, wide), convert(b, y, wide)];
  return stridedCall(b, kernelOf(b, op, wide), operands, 'bool');
}

/** condition ? x : y, all three broadcast together. */
export function where(b: Builder, condition: Tensor, x: Tensor, y: Tensor): Tensor {
  sameTypes(b, x, y);
  if (condition.dtype !== 'bool') malformed(`${b.scope}: ${describe(condition)} as condition`);
  return stridedCall(b, `where${DTYPES[x.dtype].bytes}`, [condition, x, y], x.dtype);
}

/** A constant of rank 0. */
export const scalar = (b: Builder, dtype: Dtype, value: number): Tensor =>
  b.constant({ dtype, shape: [] }, writeNumbers(dtype, [value]));

const bits = new DataView(new ArrayBuffer(4));
/** The bits of a number as f32, which is how attributes carry it. */
export function floatBits(value: number): number {
  bits.setFloat32(0, value);
  return bits.getUint32(0);
}

/** Functions of one float that have kernels for f32 and f64. */
export type Unary =
  | 'abs'
  | 'sign'
  | 'ceil'
  | 'floor'
  /** To nearest, ties to even. */
  | 'round'
  | 'sqrt'
  | 'exp'
  | 'log'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf'
  | 'sigmoid'
  /** log(1 + e^x). */
  | 'softplus';

/** Functions with parameters of their own, of f32 only. */
export type Activation =
  | 'gelu'
  | 'geluTanh'
  | 'mish'
  | 'elu'
  | 'leakyRelu'
  | 'clamp'
  | 'hardSigmoid'
  | 'hardSwish'
  | 'swish';

/**
 * A function of each element, stored as `x` is; f16 and bf16 are computed in f32 and rounded once more.
 *
 * @param parameters of an activation, as f32
 * @throws ModelError UNSUPPORTED_OPERATOR if there is no kernel for the type
 */
export function unary(
  b: Builder,
  op: Unary | Activation,
  x: Tensor,
  parameters: readonly number[] = [],
): Tensor {
  const wide = isFloat(x.dtype) ? widened(x.dtype) : x.dtype;
  if (wide !== x.dtype) return convert(b, unary(b, op, convert(b, x, wide), parameters), x.dtype);
  const kernel = `${op}${wide.toUpperCase()}`;
  if (!OPERATORS.has(kernel)) unsupported(`${b.scope}: ${op} of ${describe(x)}`);
  const n = count(x.shape);
  if (n === 0) return x;
  const stored = b.stored(x);
  const own = parameters.map(floatBits);
  const result = b.rows(kernel, [stored], like(stored), n, (begin, end) => [n, begin, end, ...own]);
  return b.withAxes(result, x.axes);
}

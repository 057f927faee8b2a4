/** Functions of one element: elementary ones and those that layers are called by. */
import type { Builder } from '../builder.ts';
import { like } from '../builder.ts';
import {
  type Context,
  type Entry,
  input,
  type Lowerings,
  where as nameOf,
  number,
  optional,
  string,
} from '../context.ts';
import { unsupported } from '../errors.ts';
import { count, type Tensor } from '../tensor.ts';
import { stridedCall } from './broadcast.ts';
import { convert } from './cast.ts';
import {
  type Activation,
  binary,
  compare,
  isFloat,
  isUnsigned,
  sameTypes,
  scalar,
  type Unary,
  unary,
  where,
} from './elementary.ts';

const elementary = (op: Unary): Entry => ({
  anyAxes: true,
  lower: (c) => unary(c.b, op, input(c, 0)),
});

/**
 * An activation whose kernel is for f32. In f64 it is composed of `b`'s elementary operators; `n` makes a number of it.
 */
function activation(
  op: Activation,
  parameters: (c: Context) => number[],
  composed: (b: Builder, x: Tensor, n: (value: number) => Tensor, p: number[]) => Tensor,
): Entry {
  return {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      const p = parameters(c);
      if (x.dtype !== 'f64') return unary(c.b, op, x, p);
      return composed(c.b, x, (value) => scalar(c.b, 'f64', value), p);
    },
  };
}

/** max(x, 0), of any type. */
export function relu(b: Builder, x: Tensor): Tensor {
  if (x.dtype === 'f32' && count(x.shape) > 0) {
    const stored = b.stored(x);
    return b.withAxes(b.call('relu', [stored], [count(x.shape)], like(stored)), x.axes);
  }
  return isUnsigned(x.dtype) ? x : binary(b, 'max', x, scalar(b, x.dtype, 0));
}

/** min(max(x, low), high); either bound may be absent. */
export function clamp(
  b: Builder,
  x: Tensor,
  low: number = -Infinity,
  high: number = Infinity,
): Tensor {
  if (low === -Infinity && high === Infinity) return x;
  if (isFloat(x.dtype) && x.dtype !== 'f64') return unary(b, 'clamp', x, [low, high]);
  const above = low === -Infinity ? x : binary(b, 'max', x, scalar(b, x.dtype, low));
  return high === Infinity ? above : binary(b, 'min', above, scalar(b, x.dtype, high));
}

/** x where it is at least 0, slope times x below. */
function sloped(b: Builder, x: Tensor, slope: Tensor): Tensor {
  sameTypes(b, x, slope);
  if (x.dtype === 'f32') return stridedCall(b, 'preluF32', [x, slope], 'f32');
  if (x.dtype === 'f16' || x.dtype === 'bf16') {
    return convert(b, sloped(b, convert(b, x, 'f32'), convert(b, slope, 'f32')), x.dtype);
  }
  if (isUnsigned(x.dtype)) return x;
  const below = compare(b, 'less', x, scalar(b, x.dtype, 0));
  return where(b, below, binary(b, 'mul', x, slope), x);
}

const none = (): number[] => [];
const mul = (b: Builder, x: Tensor, y: Tensor): Tensor => binary(b, 'mul', x, y);
const add = (b: Builder, x: Tensor, y: Tensor): Tensor => binary(b, 'add', x, y);

type Composed = Parameters<typeof activation>[2];

/** gamma x above 0, gamma alpha (e^(scale x) - 1) below. */
const elu: Composed = (b, x, n, [alpha, scale, gamma]) => {
  const below = binary(b, 'sub', unary(b, 'exp', mul(b, x, n(scale!))), n(1));
  return mul(b, where(b, compare(b, 'less', n(0), x), x, mul(b, below, n(alpha!))), n(gamma!));
};

const hardSigmoid: Composed = (b, x, n, [alpha, beta]) =>
  clamp(b, add(b, mul(b, x, n(alpha!)), n(beta!)), 0, 1);

/** Clip's bounds as inputs (opset 11 on), known or not. */
function clip(c: Context): Tensor {
  const x = input(c, 0);
  if (c.opset < 11) {
    return clamp(c.b, x, number(c, 'min', -Infinity), number(c, 'max', Infinity));
  }
  const [low, high] = [optional(c, 1), optional(c, 2)];
  const bound = (tensor: Tensor | undefined): number | undefined => {
    const data = tensor && (x.dtype === 'f32' ? c.b.plain(tensor).data : undefined);
    return data && data.length === 4
      ? new DataView(data.buffer, data.byteOffset).getFloat32(0, true)
      : undefined;
  };
  const known = [bound(low), bound(high)];
  if ((!low || known[0] !== undefined) && (!high || known[1] !== undefined)) {
    return clamp(c.b, x, known[0], known[1]);
  }
  const above = low ? binary(c.b, 'max', x, low) : x;
  return high ? binary(c.b, 'min', above, high) : above;
}

export const ACTIVATIONS: Lowerings = {
  Ceil: elementary('ceil'),
  Floor: elementary('floor'),
  Round: elementary('round'),
  Sqrt: elementary('sqrt'),
  Exp: elementary('exp'),
  Log: elementary('log'),
  Sin: elementary('sin'),
  Cos: elementary('cos'),
  Tan: elementary('tan'),
  Asin: elementary('asin'),
  Acos: elementary('acos'),
  Atan: elementary('atan'),
  Sinh: elementary('sinh'),
  Cosh: elementary('cosh'),
  Tanh: elementary('tanh'),
  Asinh: elementary('asinh'),
  Acosh: elementary('acosh'),
  Atanh: elementary('atanh'),
  Erf: elementary('erf'),
  Sigmoid: elementary('sigmoid'),
  Softplus: elementary('softplus'),

  Relu: { anyAxes: true, lower: (c) => relu(c.b, input(c, 0)) },
  Clip: { anyAxes: true, lower: clip },
  PRelu: { anyAxes: true, lower: (c) => sloped(c.b, input(c, 0), input(c, 1)) },

  LeakyRelu: activation(
    'leakyRelu',
    (c) => [number(c, 'alpha', 0.01)],
    (b, x, n, [alpha]) => sloped(b, x, n(alpha!)),
  ),
  ThresholdedRelu: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      const alpha = scalar(c.b, x.dtype, number(c, 'alpha', 1));
      return where(c.b, compare(c.b, 'less', alpha, x), x, scalar(c.b, x.dtype, 0));
    },
  },
  Elu: activation('elu', (c) => [number(c, 'alpha', 1), 1, 1], elu),
  // The defaults are f32's nearest numbers.
  Selu: activation(
    'elu',
    (c) => [number(c, 'alpha', 1.6732631921768188), 1, number(c, 'gamma', 1.0507010221481323)],
    elu,
  ),
  Celu: activation(
    'elu',
    (c) => {
      const alpha = number(c, 'alpha', 1);
      return [alpha, 1 / alpha, 1];
    },
    elu,
  ),
  Gelu: {
    anyAxes: true,
    lower(c) {
      const kind = string(c, 'approximate', 'none');
      if (kind !== 'none' && kind !== 'tanh') unsupported(`${nameOf(c)}: approximate "${kind}"`);
      return gelu(c.b, input(c, 0), kind === 'tanh');
    },
  },
  Mish: activation('mish', none, (b, x) => mul(b, x, unary(b, 'tanh', unary(b, 'softplus', x)))),
  HardSigmoid: activation(
    'hardSigmoid',
    (c) => [number(c, 'alpha', 0.2), number(c, 'beta', 0.5)],
    hardSigmoid,
  ),
  HardSwish: activation(
    'hardSwish',
    () => [1 / 6, 0.5],
    (b, x, n, p) => mul(b, x, hardSigmoid(b, x, n, p)),
  ),
  Swish: activation(
    'swish',
    (c) => [number(c, 'alpha', 1)],
    (b, x, n, [alpha]) => mul(b, x, unary(b, 'sigmoid', mul(b, x, n(alpha!)))),
  ),
  Softsign: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      return binary(c.b, 'div', x, add(c.b, scalar(c.b, x.dtype, 1), unary(c.b, 'abs', x)));
    },
  },
  Shrink: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      // Only a float may be compared with any bound; integers are computed in f64, which holds 53 bits of them.
      const type = isFloat(x.dtype) ? x.dtype : 'f64';
      const of = (value: number): Tensor => scalar(c.b, type, value);
      const wide = convert(c.b, x, type);
      const lambd = number(c, 'lambd', 0.5);
      const bias = of(number(c, 'bias', 0));
      const above = where(
        c.b,
        compare(c.b, 'less', of(lambd), wide),
        binary(c.b, 'sub', wide, bias),
        of(0),
      );
      const isBelow = compare(c.b, 'less', wide, of(-lambd));
      return convert(c.b, where(c.b, isBelow, add(c.b, wide, bias), above), x.dtype);
    },
  },
};

/** x (1 + erf(x / sqrt 2)) / 2, or its approximation with tanh. */
export function gelu(b: Builder, x: Tensor, isTanh: boolean): Tensor {
  if (x.dtype !== 'f64') return unary(b, isTanh ? 'geluTanh' : 'gelu', x);
  const n = (value: number): Tensor => scalar(b, 'f64', value);
  const cube = mul(b, mul(b, x, x), mul(b, x, n(0.044715)));
  const inner = isTanh
    ? unary(b, 'tanh', mul(b, add(b, x, cube), n(Math.sqrt(2 / Math.PI))))
    : unary(b, 'erf', mul(b, x, n(Math.SQRT1_2)));
  return mul(b, mul(b, x, n(0.5)), add(b, inner, n(1)));
}

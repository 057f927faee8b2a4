/** One-argument functions of f32 that have kernels, each with the value in double precision that it is measured by. */
import { erf, erfc } from './erf.ts';

export interface Measured {
  readonly name: string;
  readonly kernel: string;
  /** Its parameters, as f32. */
  readonly parameters?: readonly number[];
  /** Far more exact than f32's spacing for every f32 x. */
  reference(x: number): number;
  /** What the test suite holds it to, in units of the last place. */
  readonly bound: number;
  /** File of the approximation in vm/kernels. */
  readonly source: string;
}

const sigmoid = (x: number): number => {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
};
/** An infinite x times 0 is 0: what the function tends to. */
const times = (x: number, y: number): number => (y === 0 ? x * Number.MIN_VALUE * 0 : x * y);
const gelu = (x: number): number =>
  x === -Infinity ? -0 : 0.5 * times(x, erfc(-x * Math.SQRT1_2));
const CUBIC = Math.fround(0.044715);

export const FUNCTIONS: readonly Measured[] = [
  { name: 'exp', kernel: 'expF32', reference: Math.exp, bound: 1, source: 'math/exp.ts' },
  { name: 'log', kernel: 'logF32', reference: Math.log, bound: 0.51, source: 'math/log64.ts' },
  {
    name: 'sin',
    kernel: 'sinF32',
    reference: Math.sin,
    bound: 0.51,
    source: 'math/trigonometric.ts',
  },
  {
    name: 'cos',
    kernel: 'cosF32',
    reference: Math.cos,
    bound: 0.51,
    source: 'math/trigonometric.ts',
  },
  {
    name: 'tan',
    kernel: 'tanF32',
    reference: Math.tan,
    bound: 0.51,
    source: 'math/trigonometric.ts',
  },
  {
    name: 'asin',
    kernel: 'asinF32',
    reference: Math.asin,
    bound: 0.51,
    source: 'math/inverse-trigonometric.ts',
  },
  {
    name: 'acos',
    kernel: 'acosF32',
    reference: Math.acos,
    bound: 0.51,
    source: 'math/inverse-trigonometric.ts',
  },
  {
    name: 'atan',
    kernel: 'atanF32',
    reference: Math.atan,
    bound: 0.51,
    source: 'math/inverse-trigonometric.ts',
  },
  {
    name: 'sinh',
    kernel: 'sinhF32',
    reference: Math.sinh,
    bound: 0.51,
    source: 'math/hyperbolic.ts',
  },
  {
    name: 'cosh',
    kernel: 'coshF32',
    reference: Math.cosh,
    bound: 0.51,
    source: 'math/hyperbolic.ts',
  },
  { name: 'tanh', kernel: 'tanhF32', reference: Math.tanh, bound: 2, source: 'math/tanh.ts' },
  {
    name: 'asinh',
    kernel: 'asinhF32',
    reference: Math.asinh,
    bound: 0.51,
    source: 'math/hyperbolic.ts',
  },
  {
    name: 'acosh',
    kernel: 'acoshF32',
    reference: Math.acosh,
    bound: 0.51,
    source: 'math/hyperbolic.ts',
  },
  {
    name: 'atanh',
    kernel: 'atanhF32',
    reference: Math.atanh,
    bound: 0.51,
    source: 'math/hyperbolic.ts',
  },
  { name: 'erf', kernel: 'erfF32', reference: erf, bound: 2, source: 'math/erf.ts' },
  {
    name: 'sigmoid',
    kernel: 'sigmoidF32',
    reference: sigmoid,
    bound: 3,
    source: 'math/sigmoid.ts',
  },
  {
    name: 'softplus',
    kernel: 'softplusF32',
    reference: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    bound: 3,
    source: 'math/softplus.ts',
  },
  {
    name: 'gelu',
    kernel: 'geluF32',
    reference: gelu,
    bound: 8,
    source: 'elementwise/activations.ts',
  },
  {
    name: 'gelu (tanh)',
    kernel: 'geluTanhF32',
    reference: (x) =>
      x < -20 ? -0 : x > 20 ? x : x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + CUBIC * x * x * x)),
    bound: 400,
    source: 'elementwise/activations.ts',
  },
  {
    name: 'mish',
    kernel: 'mishF32',
    reference: (x) => (x < -200 ? -0 : x * Math.tanh(Math.log1p(Math.exp(x)))),
    bound: 100,
    source: 'elementwise/activations.ts',
  },
  {
    name: 'elu',
    kernel: 'eluF32',
    parameters: [1, 1, 1],
    reference: (x) => (x > 0 ? x : Math.expm1(x)),
    bound: 3,
    source: 'math/expm1.ts',
  },
  {
    name: 'swish',
    kernel: 'swishF32',
    parameters: [1],
    reference: (x) => (x < -200 ? -0 : x * sigmoid(x)),
    bound: 100,
    source: 'elementwise/activations.ts',
  },
];

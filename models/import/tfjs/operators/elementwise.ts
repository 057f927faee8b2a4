/** TensorFlow's operators on single elements (tensorflow.org/api_docs/python/tf/raw_ops). */
import { unsupported } from '../../../compile/errors.ts';
import { clip, relu6 } from '../../layers/activations.ts';
import type { Assembly } from '../../layers/assembly.ts';
import {
  input,
  isInteger,
  ONNX_TYPE,
  scalar,
  type Translation,
  type Translator,
  type Translators,
} from '../node.ts';

const unary =
  (op: string): Translator =>
  (t) =>
    t.a.add(op, [input(t, 0)]);

const binary =
  (op: string): Translator =>
  (t) =>
    t.a.add(op, [input(t, 0), input(t, 1)]);

/** All inputs, two and two. */
const sum: Translator = (t) =>
  t.node.inputs.map((_, i) => input(t, i)).reduce((x, y) => t.a.add('Add', [x, y]));

const rsqrt = (a: Assembly, x: string): string => a.add('Reciprocal', [a.add('Sqrt', [x])]);

/** x / y rounded down. */
const floorDivide: Translator = (t) => {
  const [x, y] = [input(t, 0), input(t, 1)];
  if (!isInteger(t)) return t.a.add('Floor', [t.a.add('Div', [x, y])]);
  // ONNX rounds quotients of integers towards 0; x - (x mod y) divides without a remainder.
  return t.a.add('Div', [t.a.add('Sub', [x, t.a.add('Mod', [x, y])]), y]);
};

/** x - y floor(x / y): the sign of y. */
const floorMod: Translator = (t) => {
  const [x, y] = [input(t, 0), input(t, 1)];
  if (isInteger(t)) return t.a.add('Mod', [x, y]);
  const whole = t.a.add('Floor', [t.a.add('Div', [x, y])]);
  return t.a.add('Sub', [x, t.a.add('Mul', [whole, y])]);
};

const squaredDifference: Translator = (t) => {
  const difference = t.a.add('Sub', [input(t, 0), input(t, 1)]);
  return t.a.add('Mul', [difference, difference]);
};

const cast: Translator = (t) => {
  const to = t.node.type('DstT') ?? 'f32';
  return t.a.add('Cast', [input(t, 0)], { to: ONNX_TYPE[to as keyof typeof ONNX_TYPE] });
};

const biasAdd: Translator = (t) => {
  const [x, bias] = [input(t, 0), input(t, 1)];
  if (t.node.string('data_format', 'NHWC') === 'NHWC') return t.a.add('Add', [x, bias]);
  return t.a.add('Add', [x, t.a.reshape(bias, [-1, 1, 1])]);
};

const select: Translator = (t) => t.a.add('Where', [input(t, 0), input(t, 1), input(t, 2)]);

/** The activation of a fused operator, by its name in `fused_ops`. */
export function fusedActivation(t: Translation, name: string, x: string, extra: number): string {
  const { a, node } = t;
  switch (name) {
    case 'Relu':
    case 'Elu':
    case 'Sigmoid':
    case 'Tanh':
      return a.add(name, [x]);
    case 'Relu6':
      return relu6(a, x);
    case 'LeakyRelu':
      return a.add('LeakyRelu', [x], { alpha: node.float('leakyrelu_alpha', 0.2) });
    case 'Prelu':
      return a.add('PRelu', [x, input(t, extra)]);
    default:
      return unsupported(`${node.where}: fused with ${name}`);
  }
}

export const ELEMENTWISE: Translators = {
  Add: binary('Add'),
  AddV2: binary('Add'),
  AddN: sum,
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  RealDiv: binary('Div'),
  Div: binary('Div'),
  FloorDiv: floorDivide,
  FloorMod: floorMod,
  Mod: floorMod,
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  SquaredDifference: squaredDifference,
  BiasAdd: biasAdd,
  Prelu: binary('PRelu'),
  Greater: binary('Greater'),
  GreaterEqual: binary('GreaterOrEqual'),
  Less: binary('Less'),
  LessEqual: binary('LessOrEqual'),
  Equal: binary('Equal'),
  NotEqual: (t) => t.a.add('Not', [t.a.add('Equal', [input(t, 0), input(t, 1)])]),
  LogicalAnd: binary('And'),
  LogicalOr: binary('Or'),
  LogicalNot: unary('Not'),
  Select: select,
  SelectV2: select,
  Cast: cast,
  Relu: unary('Relu'),
  Relu6: (t) => relu6(t.a, input(t, 0)),
  LeakyRelu: (t) => t.a.add('LeakyRelu', [input(t, 0)], { alpha: t.node.float('alpha', 0.2) }),
  Elu: unary('Elu'),
  Selu: unary('Selu'),
  Sigmoid: unary('Sigmoid'),
  Softplus: unary('Softplus'),
  Tanh: unary('Tanh'),
  Softmax: (t) => t.a.add('Softmax', [input(t, 0)], { axis: -1 }),
  LogSoftmax: (t) => t.a.add('LogSoftmax', [input(t, 0)], { axis: -1 }),
  ClipByValue: (t) => clip(t.a, input(t, 0), scalar(t, 1), scalar(t, 2)),
  Exp: unary('Exp'),
  Log: unary('Log'),
  Log1p: (t) => t.a.add('Log', [t.a.add('Add', [input(t, 0), t.a.scalar(1)])]),
  Expm1: (t) => t.a.add('Sub', [t.a.add('Exp', [input(t, 0)]), t.a.scalar(1)]),
  Sqrt: unary('Sqrt'),
  Rsqrt: (t) => rsqrt(t.a, input(t, 0)),
  Square: (t) => t.a.add('Mul', [input(t, 0), input(t, 0)]),
  Reciprocal: unary('Reciprocal'),
  Inv: unary('Reciprocal'),
  Neg: unary('Neg'),
  Abs: unary('Abs'),
  Sign: unary('Sign'),
  Floor: unary('Floor'),
  Ceil: unary('Ceil'),
  Round: unary('Round'),
  Erf: unary('Erf'),
  Sin: unary('Sin'),
  Cos: unary('Cos'),
  Tan: unary('Tan'),
  Asin: unary('Asin'),
  Acos: unary('Acos'),
  Atan: unary('Atan'),
  Sinh: unary('Sinh'),
  Cosh: unary('Cosh'),
};

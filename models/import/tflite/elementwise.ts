/** Operators of one result for each element, and reductions, of floats and integers. */
import { unsupported } from '../../compile/errors.ts';
import {
  activated,
  axisIn,
  type Emitter,
  inputTensor,
  known,
  knownNumber,
  option,
  outputTensor,
  type Translation,
  type Translations,
} from './emitter.ts';
import type { TfliteOperator } from './schema.ts';

const one =
  (onnx: string, attributes = {}): Translation =>
  (e, op) =>
    e.node(onnx, [e.input(op, 0)], attributes);
const two =
  (onnx: string): Translation =>
  (e, op) =>
    e.node(onnx, [e.input(op, 0), e.input(op, 1)]);
const twoActivated =
  (onnx: string): Translation =>
  (e, op) =>
    activated(e, op, e.node(onnx, [e.input(op, 0), e.input(op, 1)]));
const not = (e: Emitter, value: string): string => e.node('Not', [value]);
const isFloat = (op: TfliteOperator): boolean => inputTensor(op, 0).dtype.startsWith('f');
const clip =
  (low: number, high: number): Translation =>
  (e, op) => {
    const { dtype } = inputTensor(op, 0);
    return e.node('Clip', [e.input(op, 0), e.scalar(dtype, low), e.scalar(dtype, high)]);
  };

const reduce =
  (onnx: string): Translation =>
  (e, op) =>
    reduced(e, op, onnx, e.input(op, 0));

function reduced(e: Emitter, op: TfliteOperator, onnx: string, value: string): string {
  const rank = inputTensor(op, 0).shape.length;
  const axes = known(inputTensor(op, 1)).map((axis) => axisIn(op, axis, rank));
  if (axes.length === 0) return value;
  return e.node(onnx, [value, e.constant('i64', [...new Set(axes)])], {
    keepdims: option(op, 'keepDims') === 0 ? 0 : 1,
  });
}

/** Any and all, through 0 and 1. */
const reduceTruth =
  (onnx: string): Translation =>
  (e, op) =>
    e.cast(reduced(e, op, onnx, e.cast(e.input(op, 0), 'i32')), 'bool');

const best =
  (onnx: string): Translation =>
  (e, op) => {
    const axis = axisIn(op, knownNumber(inputTensor(op, 1)), inputTensor(op, 0).shape.length);
    const index = e.node(onnx, [e.input(op, 0)], { axis, keepdims: 0 });
    return e.cast(index, outputTensor(op).dtype);
  };

export const ELEMENTWISE: Translations = {
  ADD: twoActivated('Add'),
  SUB: twoActivated('Sub'),
  MUL: twoActivated('Mul'),
  DIV: twoActivated('Div'),
  POW: two('Pow'),
  ADD_N: (e, op) =>
    e.node(
      'Sum',
      op.inputs.map((_, i) => e.input(op, i)),
    ),
  MAXIMUM: two('Max'),
  MINIMUM: two('Min'),
  SQUARED_DIFFERENCE: (e, op) => {
    const difference = e.node('Sub', [e.input(op, 0), e.input(op, 1)]);
    return e.node('Mul', [difference, difference]);
  },
  FLOOR_DIV: (e, op) => {
    const inputs = [e.input(op, 0), e.input(op, 1)];
    if (isFloat(op)) return e.node('Floor', [e.node('Div', inputs)]);
    // Integers divide towards zero; what is left without the remainder, which has the divisor's sign, divides exactly.
    const remainder = e.node('Mod', inputs);
    const rest = e.node('Sub', [inputs[0]!, remainder]);
    return e.node('Div', [rest, inputs[1]!]);
  },
  FLOOR_MOD: (e, op) => {
    const inputs = [e.input(op, 0), e.input(op, 1)];
    if (!isFloat(op)) return e.node('Mod', inputs);
    const quotient = e.node('Floor', [e.node('Div', inputs)]);
    return e.node('Sub', [inputs[0]!, e.node('Mul', [quotient, inputs[1]!])]);
  },

  RELU: one('Relu'),
  RELU6: clip(0, 6),
  RELU_N1_TO_1: clip(-1, 1),
  RELU_0_TO_1: clip(0, 1),
  LEAKY_RELU: (e, op) => e.node('LeakyRelu', [e.input(op, 0)], { alpha: option(op, 'alpha') }),
  PRELU: two('PRelu'),
  ELU: one('Elu'),
  GELU: (e, op) =>
    e.node('Gelu', [e.input(op, 0)], {
      approximate: option(op, 'approximate') === 0 ? 'none' : 'tanh',
    }),
  HARD_SWISH: one('HardSwish'),
  LOGISTIC: one('Sigmoid'),
  TANH: one('Tanh'),
  EXP: one('Exp'),
  LOG: one('Log'),
  SQRT: one('Sqrt'),
  RSQRT: (e, op) => e.node('Reciprocal', [e.node('Sqrt', [e.input(op, 0)])]),
  SQUARE: (e, op) => e.node('Mul', [e.input(op, 0), e.input(op, 0)]),
  NEG: one('Neg'),
  ABS: one('Abs'),
  SIGN: one('Sign'),
  FLOOR: one('Floor'),
  CEIL: one('Ceil'),
  ROUND: one('Round'),
  SIN: one('Sin'),
  COS: one('Cos'),
  CAST: (e, op) => e.cast(e.input(op, 0), outputTensor(op).dtype),

  LESS: two('Less'),
  LESS_EQUAL: two('LessOrEqual'),
  GREATER: two('Greater'),
  GREATER_EQUAL: two('GreaterOrEqual'),
  EQUAL: two('Equal'),
  NOT_EQUAL: (e, op) => not(e, e.node('Equal', [e.input(op, 0), e.input(op, 1)])),
  LOGICAL_AND: two('And'),
  LOGICAL_OR: two('Or'),
  LOGICAL_NOT: one('Not'),
  SELECT_V2: (e, op) => e.node('Where', [e.input(op, 0), e.input(op, 1), e.input(op, 2)]),
  SELECT: (e, op) => {
    const [condition, x] = [inputTensor(op, 0), inputTensor(op, 1)];
    const inputs = [e.input(op, 1), e.input(op, 2)];
    const isRows = condition.shape.length === 1 && x.shape.length > 1;
    if (!isRows) return e.node('Where', [e.input(op, 0), ...inputs]);
    // A vector chooses whole rows.
    const rows = e.reshape(e.input(op, 0), [-1, ...x.shape.slice(1).map(() => 1)]);
    return e.node('Where', [rows, ...inputs]);
  },

  SOFTMAX: (e, op) => {
    const beta = option(op, 'beta');
    const x = e.input(op, 0);
    const scaled = beta === 1 ? x : e.node('Mul', [x, e.scalar('f32', beta)]);
    return e.node('Softmax', [scaled], { axis: -1 });
  },
  LOG_SOFTMAX: one('LogSoftmax', { axis: -1 }),
  L2_NORMALIZATION: (e, op) => {
    const x = e.input(op, 0);
    const squares = e.node('Mul', [x, x]);
    const sum = e.node('ReduceSum', [squares, e.constant('i64', [-1])], { keepdims: 1 });
    const norm = e.node('Max', [e.node('Sqrt', [sum]), e.scalar('f32', 1e-6)]);
    return activated(e, op, e.node('Div', [x, norm]));
  },

  MEAN: reduce('ReduceMean'),
  SUM: reduce('ReduceSum'),
  REDUCE_PROD: reduce('ReduceProd'),
  REDUCE_MAX: reduce('ReduceMax'),
  REDUCE_MIN: reduce('ReduceMin'),
  REDUCE_ANY: reduceTruth('ReduceMax'),
  REDUCE_ALL: reduceTruth('ReduceMin'),
  ARG_MAX: best('ArgMax'),
  ARG_MIN: best('ArgMin'),
  CUMSUM: (e, op) =>
    e.node('CumSum', [e.input(op, 0), e.scalar('i64', knownNumber(inputTensor(op, 1)))], {
      exclusive: option(op, 'exclusive') === 0 ? 0 : 1,
      reverse: option(op, 'reverse') === 0 ? 0 : 1,
    }),

  BATCH_MATMUL: (e, op) => {
    const operand = (i: number, adjoint: string): string => {
      const { dtype, shape } = inputTensor(op, i);
      if (dtype !== 'f32') unsupported(`BATCH_MATMUL of ${dtype}`);
      if (option(op, adjoint) === 0) return e.input(op, i);
      const order = shape.map((_, axis) => axis);
      order.splice(-2, 2, shape.length - 1, shape.length - 2);
      return e.node('Transpose', [e.input(op, i)], { perm: order });
    };
    return e.node('MatMul', [operand(0, 'adjX'), operand(1, 'adjY')]);
  },
};

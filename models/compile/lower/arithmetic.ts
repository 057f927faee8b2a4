/** ONNX's arithmetic of two or more operands, and of single bits. */
import type { Builder } from '../builder.ts';
import {
  type Context,
  type Entry,
  input,
  type Lowerings,
  where as nameOf,
  number,
  string,
} from '../context.ts';
import { malformed } from '../errors.ts';
import { readNumbers } from '../scalars.ts';
import { describe, type Tensor } from '../tensor.ts';
import { convert } from './cast.ts';
import { type Binary, binary, isFloat, isUnsigned, scalar, unary } from './elementary.ts';

export { binary } from './elementary.ts';

/** All inputs of a node that takes any number of them, at least one. */
function every(c: Context): [Tensor, ...Tensor[]] {
  const tensors = c.inputs.map((_, i) => input(c, i));
  const [first, ...rest] = tensors;
  return [first ?? malformed(`${nameOf(c)}: it has no inputs`), ...rest];
}

const two = (op: Binary): Entry => ({
  anyAxes: true,
  lower: (c) => binary(c.b, op, ...operands(c)),
});

/**
 * Both operands. Before opset 7 the second was put at an axis of the first: `broadcast` allows it, `axis` says where its first axis goes (at the
 * end if absent).
 */
export function operands(c: Context): [Tensor, Tensor] {
  const x = input(c, 0);
  const y = input(c, 1);
  if (c.opset >= 7) return [x, y];
  const axis = number(c, 'axis', x.shape.length - y.shape.length);
  const behind = x.shape.length - y.shape.length - axis;
  if (behind <= 0) return [x, y];
  return [x, c.b.reshape(y, [...y.shape, ...new Array<number>(behind).fill(1)])];
}

const many = (op: Binary): Entry => ({
  anyAxes: true,
  lower(c) {
    const [first, ...rest] = every(c);
    return rest.reduce((sum, tensor) => binary(c.b, op, sum, tensor), first);
  },
});

/** The one number of a constant that has a single element. */
function constantNumber(tensor: Tensor): number | undefined {
  if (!tensor.data) return undefined;
  const values = readNumbers(tensor.dtype, tensor.data);
  return values.length === 1 ? values[0] : undefined;
}

/** x^y in the type of x, where y may have another type. */
function power(b: Builder, x: Tensor, y: Tensor): Tensor {
  // Squares and cubes are products, and the exponent cannot change the shape.
  const exponent = y.shape.length <= x.shape.length ? constantNumber(y) : undefined;
  if (exponent === 2) return binary(b, 'mul', x, x);
  if (exponent === 3) return binary(b, 'mul', binary(b, 'mul', x, x), x);
  if (isFloat(x.dtype)) return binary(b, 'pow', x, convert(b, y, x.dtype));
  if (!isFloat(y.dtype)) {
    return convert(b, binary(b, 'pow', convert(b, x, 'i64'), convert(b, y, 'i64')), x.dtype);
  }
  return convert(b, binary(b, 'pow', convert(b, x, 'f64'), convert(b, y, 'f64')), x.dtype);
}

/** x - y trunc(x / y) of floats or integers. */
function truncatedRest(b: Builder, x: Tensor, y: Tensor): Tensor {
  if (isFloat(x.dtype)) return binary(b, 'fmod', x, y);
  return binary(b, 'sub', x, binary(b, 'mul', binary(b, 'div', x, y), y));
}

export const ARITHMETIC: Lowerings = {
  Add: two('add'),
  Sub: two('sub'),
  Mul: two('mul'),
  Div: two('div'),
  Min: many('min'),
  Max: many('max'),
  Sum: many('add'),
  Mean: {
    anyAxes: true,
    lower(c) {
      const [first, ...rest] = every(c);
      const sum = rest.reduce((sum, tensor) => binary(c.b, 'add', sum, tensor), first);
      return binary(c.b, 'div', sum, scalar(c.b, sum.dtype, 1 + rest.length));
    },
  },
  Mod: {
    anyAxes: true,
    lower(c) {
      const [x, y] = operands(c);
      if (number(c, 'fmod', 0) !== 0) return truncatedRest(c.b, x, y);
      if (isFloat(x.dtype)) malformed(`${nameOf(c)}: floats need fmod = 1, got ${describe(x)}`);
      return binary(c.b, 'mod', x, y);
    },
  },
  Pow: { anyAxes: true, lower: (c) => power(c.b, ...operands(c)) },

  BitShift: {
    anyAxes: true,
    lower(c) {
      const direction = string(c, 'direction');
      const isKnown = direction === 'LEFT' || direction === 'RIGHT';
      if (!isKnown) malformed(`${nameOf(c)}: direction "${direction}" is neither LEFT nor RIGHT`);
      const op = direction === 'LEFT' ? 'shiftLeft' : 'shiftRight';
      return binary(c.b, op, input(c, 0), input(c, 1));
    },
  },
  BitwiseAnd: two('and'),
  BitwiseOr: two('or'),
  BitwiseXor: two('xor'),
  BitwiseNot: {
    anyAxes: true,
    lower: (c) => binary(c.b, 'xor', input(c, 0), scalar(c.b, input(c, 0).dtype, -1)),
  },
  And: two('and'),
  Or: two('or'),
  Xor: two('xor'),
  Not: {
    anyAxes: true,
    lower: (c) => binary(c.b, 'xor', input(c, 0), scalar(c.b, input(c, 0).dtype, 1)),
  },
  Reciprocal: {
    anyAxes: true,
    lower: (c) => binary(c.b, 'div', scalar(c.b, input(c, 0).dtype, 1), input(c, 0)),
  },
  Neg: {
    anyAxes: true,
    lower: (c) => binary(c.b, 'mul', input(c, 0), scalar(c.b, input(c, 0).dtype, -1)),
  },
  Abs: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      if (isFloat(x.dtype)) return unary(c.b, 'abs', x);
      if (isUnsigned(x.dtype)) return x;
      return binary(c.b, 'max', x, binary(c.b, 'mul', x, scalar(c.b, x.dtype, -1)));
    },
  },
  Sign: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      if (isFloat(x.dtype)) return unary(c.b, 'sign', x);
      const most = binary(c.b, 'min', x, scalar(c.b, x.dtype, 1));
      return isUnsigned(x.dtype) ? most : binary(c.b, 'max', most, scalar(c.b, x.dtype, -1));
    },
  },
};

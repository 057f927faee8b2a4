/** TFLite's quantised operators of one result for each 8-bit element or pair, as tables of its integer arithmetic. */
import { type Context, input, type Lowerings, number, string, where } from '../../context.ts';
import { unsupported } from '../../errors.ts';
import { count } from '../../tensor.ts';
import { hardSwish } from './hard-swish.ts';
import { quantise, WHOLE } from './linear.ts';
import { multiplyFixed, quantiseMultiplier } from './multiplier.ts';
import { activationRange, clamp, eightBit, outputScale, roundAway } from './operands.ts';
import { add16, mapTable16, multiply16, output16, sixteenBit } from './sixteen.ts';
import { mapPairs, mapTable } from './tables.ts';
import { one } from './tflite-reduction.ts';

/** ADD and SUB: both operands on a scale of their own with 20 more bits (reference_integer_ops::Add). */
const LEFT = 20;

function sum(c: Context, sign: 1 | -1) {
  if (input(c, 0).dtype === 'i16') return add16(c, sign);
  const [x, y] = [eightBit(c, 0), eightBit(c, 1)];
  const output = outputScale(c);
  const twice = 2 * Math.max(x.quantisation.scale, y.quantisation.scale);
  const scaled = ({ scale, zero }: typeof x.quantisation) => {
    const multiplier = quantiseMultiplier(scale / twice);
    return (value: number): number => multiplyFixed((value - zero) * 2 ** LEFT, multiplier);
  };
  const [left, right] = [scaled(x.quantisation), scaled(y.quantisation)];
  const last = quantiseMultiplier(twice / (2 ** LEFT * output.scale));
  return mapPairs(c.b, x.tensor, y.tensor, output.dtype, (p, q) =>
    clamp(multiplyFixed(left(p) + sign * right(q), last) + output.zero, output.low, output.high),
  );
}

/** A function of real numbers through floats (LUTPopulate of TensorFlow Lite): f32 arithmetic, ties away from zero. */
const real = (f: (value: number) => number) => (c: Context) => {
  const { quantisation, tensor } = eightBit(c, 0);
  const { dtype, high, low, scale, zero } = outputScale(c);
  const inverse = Math.fround(1 / scale);
  return mapTable(c.b, tensor, dtype, (value) => {
    const given = Math.fround(quantisation.scale * (value - quantisation.zero));
    const result = Math.fround(Math.fround(f(given)) * inverse);
    return Number.isNaN(result) ? zero : clamp(roundAway(result) + zero, low, high);
  });
};

/** Rescaled by a fixed-point multiplier; f32 quotients of f32 scales. */
const rescaled = (activation: number) => (c: Context) => {
  const isWide = input(c, 0).dtype === 'i16';
  const { quantisation, tensor } = isWide ? sixteenBit(c, 0) : eightBit(c, 0);
  const output = isWide ? output16(c) : outputScale(c);
  const { high, low } = activationRange(c, output.dtype, output, activation);
  const multiplier = quantiseMultiplier(Math.fround(quantisation.scale / output.scale));
  const f = (value: number): number =>
    clamp(output.zero + multiplyFixed(value - quantisation.zero, multiplier), low, high);
  return isWide ? mapTable16(c, tensor, 'i16', f) : mapTable(c.b, tensor, output.dtype, f);
};

export const TFLITE_ELEMENTWISE: Lowerings = {
  'tflite:ADD': (c) => sum(c, 1),
  'tflite:SUB': (c) => sum(c, -1),
  'tflite:MUL'(c) {
    if (input(c, 0).dtype === 'i16') return multiply16(c);
    const [x, y] = [eightBit(c, 0), eightBit(c, 1)];
    const output = outputScale(c);
    const product = Math.fround(x.quantisation.scale * y.quantisation.scale);
    const multiplier = quantiseMultiplier(Math.fround(product / output.scale));
    return mapPairs(c.b, x.tensor, y.tensor, output.dtype, (p, q) => {
      const value = (p - x.quantisation.zero) * (q - y.quantisation.zero);
      return clamp(output.zero + multiplyFixed(value, multiplier), output.low, output.high);
    });
  },

  'tflite:RELU': rescaled(1),
  'tflite:RELU_N1_TO_1': rescaled(2),
  'tflite:RELU6': rescaled(3),
  'tflite:LOGISTIC': real((x) => 1 / Math.fround(1 + Math.fround(Math.exp(-x)))),
  'tflite:TANH': real(Math.tanh),
  'tflite:EXP': real(Math.exp),
  'tflite:LOG': real(Math.log),
  'tflite:SQRT': real(Math.sqrt),
  'tflite:ELU': real((x) => (x < 0 ? Math.expm1(x) : x)),

  'tflite:LEAKY_RELU'(c) {
    const { quantisation, tensor } = eightBit(c, 0);
    const output = outputScale(c);
    const alpha = Math.fround(number(c, 'alpha'));
    const positive = quantiseMultiplier(Math.fround(quantisation.scale / output.scale));
    const slope = Math.fround(Math.fround(quantisation.scale * alpha) / output.scale);
    const negative = quantiseMultiplier(Math.abs(slope));
    const sign = slope < 0 ? -1 : 1;
    return mapTable(c.b, tensor, output.dtype, (stored) => {
      const value = stored - quantisation.zero;
      const scaled =
        value >= 0 ? multiplyFixed(value, positive) : multiplyFixed(sign * value, negative);
      return clamp(output.zero + scaled, output.low, output.high);
    });
  },

  'tflite:PRELU'(c) {
    const [x, slope] = [eightBit(c, 0), eightBit(c, 1)];
    const output = outputScale(c);
    const positive = quantiseMultiplier(Math.fround(x.quantisation.scale / output.scale));
    const product = Math.fround(x.quantisation.scale * slope.quantisation.scale);
    const negative = quantiseMultiplier(Math.fround(product / output.scale));
    return mapPairs(c.b, x.tensor, slope.tensor, output.dtype, (p, q) => {
      const value = p - x.quantisation.zero;
      const scaled =
        value >= 0
          ? multiplyFixed(value, positive)
          : multiplyFixed(value * (q - slope.quantisation.zero), negative);
      return clamp(output.zero + scaled, output.low, output.high);
    });
  },

  'tflite:HARD_SWISH'(c) {
    const { quantisation, tensor } = eightBit(c, 0);
    const { dtype, high, low, scale, zero } = outputScale(c);
    const f = hardSwish(quantisation.scale, scale);
    return mapTable(c.b, tensor, dtype, (value) =>
      clamp(f(value - quantisation.zero) + zero, low, high),
    );
  },

  'tflite:QUANTIZE'(c) {
    const x = input(c, 0);
    if (x.dtype === 'f32' && count(x.shape) > 0) {
      const { dtype, scale, zero } = outputScale(c);
      const scales = one(c, 'f32', scale);
      const zeros = one(c, 'i32', zero);
      return quantise(c.b, x, { scales, zeros, dtype, layout: WHOLE(x), ties: 'away' });
    }
    if (!['i8', 'u8', 'i16'].includes(x.dtype))
      unsupported(`${where(c)}: ${x.dtype} to ${string(c, 'output_type')}`);
    // Requantize: no activation, and the quotient of the scales is a double.
    const isWide = x.dtype === 'i16';
    const { quantisation, tensor } = isWide ? sixteenBit(c, 0) : eightBit(c, 0);
    const { dtype, high, low, scale, zero } = outputScale(c);
    const multiplier = quantiseMultiplier(quantisation.scale / scale);
    const f = (value: number): number =>
      clamp(zero + multiplyFixed(value - quantisation.zero, multiplier), low, high);
    if (isWide && (dtype === 'i8' || dtype === 'i16')) return mapTable16(c, tensor, dtype, f);
    if (isWide || (dtype !== 'i8' && dtype !== 'u8'))
      unsupported(`${where(c)}: ${x.dtype} to ${dtype}`);
    return mapTable(c.b, tensor, dtype, f);
  },
};

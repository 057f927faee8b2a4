/** TFLite's quantised softmax. */
import { type Context, type Lowerings, number, where } from '../../context.ts';
import { unsupported } from '../../errors.ts';
import { writeNumbers } from '../../scalars.ts';
import { count } from '../../tensor.ts';
import { exponential } from './fixed-exp.ts';
import { doublingHighMultiply, quantiseMultiplier } from './multiplier.ts';
import { eightBit, outputScale } from './operands.ts';

/** Integer bits of the scaled differences. */
const DIFFERENCE_BITS = 5;
/** Columns beyond which sums of exponentials would leave their 12 integer bits. */
export const MOST_COLUMNS = 4095;

/** e^(-scale * beta * i) for i from 0 to 255 with 31 fractional bits, 0 where TFLite takes it as 0. */
export function exponentials(scale: number, beta: number): number[] {
  const real = Math.min(beta * scale * 2 ** (31 - DIFFERENCE_BITS), 2 ** 31 - 1);
  const { multiplier, shift } = quantiseMultiplier(real);
  const left = Math.max(shift, 0);
  const radius = Math.floor(((2 ** DIFFERENCE_BITS - 1) * 2 ** (31 - DIFFERENCE_BITS)) / 2 ** left);
  return Array.from({ length: 256 }, (_, i) =>
    i > radius ? 0 : exponential(doublingHighMultiply((-i * 2 ** left) | 0, multiplier)),
  );
}

export const TFLITE_SOFTMAX: Lowerings = {
  'tflite:SOFTMAX'(c: Context) {
    const { quantisation, tensor: x } = eightBit(c, 0);
    const output = outputScale(c);
    const [low] = output.dtype === 'i8' ? [-128] : [0];
    // TFLite asks for this output: the elements are in units of 1 / 256.
    if (
      output.dtype !== x.dtype ||
      output.zero !== low ||
      Math.abs(output.scale - 1 / 256) > 1e-3 / 256
    )
      unsupported(`${where(c)}: an output other than in units of 1/256`);
    const columns = x.shape.at(-1) ?? 1;
    if (columns > MOST_COLUMNS) unsupported(`${where(c)}: ${columns} columns; ${MOST_COLUMNS} fit`);
    const table = exponentials(quantisation.scale, number(c, 'beta', 1));
    const constant = c.b.constant({ dtype: 'i32', shape: [256] }, writeNumbers('i32', table));
    const attributes = [count(x.shape) / columns, columns, x.dtype === 'i8' ? 1 : 0];
    return c.b.call('softmax8', [x, constant], attributes, { dtype: x.dtype, shape: x.shape });
  },
};

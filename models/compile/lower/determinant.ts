/** Determinants of square matrices. */
import { input, type Lowerings, where } from '../context.ts';
import { malformed, unsupported } from '../errors.ts';
import { count, describe } from '../tensor.ts';
import { convert } from './cast.ts';

export const DETERMINANT: Lowerings = {
  Det(c) {
    const { b } = c;
    const given = input(c, 0);
    const x = convert(b, given, given.dtype === 'f64' ? 'f64' : 'f32');
    const [n = 0, m = 0] = x.shape.slice(-2);
    if (x.shape.length < 2 || n !== m) malformed(`${where(c)}: ${describe(x)} is not square`);
    if (n === 0 || n > 4096) unsupported(`${where(c)}: ${describe(x)}`);
    const shape = x.shape.slice(0, -2);
    const kernel = x.dtype === 'f64' ? 'detF64' : 'det';
    return convert(
      b,
      b.call(kernel, [x], [count(shape), n], { dtype: x.dtype, shape }),
      given.dtype,
    );
  },
};

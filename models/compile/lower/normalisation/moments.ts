/** What all normalisations are made of: types, parameters, means and variances. */
import type { Builder } from '../../builder.ts';
import { type Context, type Entry, input, where } from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { writeNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { convert } from '../cast.ts';
import { floatBits, isFloat } from '../elementary.ts';

export const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;

/** n times the same f32. */
export function repeated(b: Builder, value: number, n: number): Tensor {
  return b.constant(f32(n), writeNumbers('f32', new Array<number>(n).fill(value)));
}

/** Tensors of as many f32, one after the other. */
export function stacked(b: Builder, tensors: readonly Tensor[]): Tensor {
  const n = count(tensors[0]!.shape);
  const type = f32(tensors.length, n);
  const box = { size: [n], from: [1], to: [1] };
  return b.assemble(
    type,
    tensors.map((tensor, i) => b.box(tensor, type, { ...box, at: i * n })),
  );
}

/** Floats of all types are normalised in f32. */
export function float(c: Context, x: Tensor): Tensor {
  if (!isFloat(x.dtype)) unsupported(`${where(c)}: ${describe(x)}`);
  return convert(c.b, x, 'f32');
}

/** A normalisation whose first output is of the type of its first input. */
export function typed(
  lower: (c: Context, x: Tensor) => Tensor | readonly (Tensor | undefined)[],
  anyAxes: boolean,
): Entry {
  return {
    anyAxes,
    lower(c) {
      const given = input(c, 0);
      if (count(given.shape) === 0) return given;
      const result = lower(c, float(c, given));
      const [y, ...others] = 'dtype' in result ? [result] : result;
      return [convert(c.b, y!, given.dtype), ...others];
    },
  };
}

/** A row of `n` parameters. */
export function parameters(c: Context, i: number, n: number): Tensor {
  const tensor = float(c, c.b.plain(input(c, i)));
  if (count(tensor.shape) !== n)
    malformed(`${where(c)}: input ${i} is ${describe(tensor)}; there are ${n} channels`);
  return c.b.reshape(tensor, [n]);
}

/** Coefficients [2, batch, channels] for `scaleShift` from moments [2, batch, groups]. */
export function coefficientsOf(
  b: Builder,
  moments: Tensor,
  scale: Tensor,
  bias: Tensor,
  epsilon: number,
): Tensor {
  const [, batch = 1, groups = 1] = moments.shape;
  const channels = count(scale.shape);
  const attributes = [batch, groups, channels, floatBits(epsilon)];
  return b.call('coefficients', [moments, scale, bias], attributes, f32(2, batch, channels));
}

/** Means and variances [2, outer, inner] along the middle axis. */
export function momentsOf(b: Builder, x: Tensor, outer: number, n: number, inner: number): Tensor {
  const flat = b.reshape(x, [outer, n, inner]);
  return b.call('moments', [flat], [outer, n, inner], f32(2, outer, inner));
}

import { STRIDED_AXES } from '../operators/movement.ts';

interface Box {
  readonly size: readonly number[];
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly start?: number;
  readonly at?: number;
}

/**
 * Attributes of `strided` for a box of any rank, neighbouring axes merged where their strides allow; undefined if more than six
 * are left. Strides of the source may be negative.
 */
export function stridedAttributes(
  inputs: number,
  outputs: number,
  { at = 0, from, size, start = 0, to }: Box,
): number[] | undefined {
  const axes: { size: number; from: number; to: number }[] = [];
  for (let i = 0; i < size.length; i++) {
    const axis = { size: size[i]!, from: from[i]!, to: to[i]! };
    if (axis.size === 1) continue;
    const outer = axes.at(-1);
    const merges =
      outer && outer.from === axis.from * axis.size && outer.to === axis.to * axis.size;
    if (merges) axes[axes.length - 1] = { ...axis, size: outer.size * axis.size };
    else axes.push(axis);
  }
  if (axes.length > STRIDED_AXES) return undefined;
  while (axes.length < STRIDED_AXES) axes.unshift({ size: 1, from: 0, to: 0 });
  return [
    inputs,
    outputs,
    start,
    at,
    ...axes.map((axis) => axis.size),
    ...axes.map((axis) => axis.from >>> 0),
    ...axes.map((axis) => axis.to),
  ];
}

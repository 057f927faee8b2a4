/** Arrays of the reference: row-major, in f64. */
export interface Arr {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export type Settings = Readonly<Record<string, unknown>>;

export function arr(shape: readonly number[], data?: ArrayLike<number>): Arr {
  const count = shape.reduce((product, n) => product * n, 1);
  return { shape, data: data ? Float64Array.from(data) : new Float64Array(count) };
}

export const sizes = (value: unknown, n = 2): number[] =>
  Array.isArray(value)
    ? (value as number[])
    : Array.from({ length: n }, () => (value as number) ?? 1);

export const map = (x: Arr, f: (value: number, i: number) => number): Arr => ({
  ...x,
  data: x.data.map(f),
});

/** The elements of `x` at an index computed from each index of a result. */
export function indexed(
  shape: readonly number[],
  x: Arr,
  from: (index: number[]) => readonly number[],
): Arr {
  const y = arr(shape);
  const index = shape.map(() => 0);
  for (let i = 0; i < y.data.length; i++) {
    const at = from(index);
    const inside = at.every((value, axis) => value >= 0 && value < x.shape[axis]!);
    y.data[i] = inside
      ? x.data[at.reduce((sum, value, axis) => sum * x.shape[axis]! + value, 0)]!
      : 0;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--)
      index[axis] = 0;
  }
  return y;
}

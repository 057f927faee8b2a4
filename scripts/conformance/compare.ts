import { readNumbers } from '../../models/compile/scalars.ts';
import type { Dtype } from '../../models/graph.ts';
import type { TensorData } from '../../models/network/types.ts';

/** The suite's own tolerance (onnx.backend.test). */
export const TOLERANCE = { relative: 1e-3, absolute: 1e-7 } as const;
const FLOATS: readonly Dtype[] = ['f32', 'f64', 'f16', 'bf16'];

const describe = ({ dtype, shape }: Omit<TensorData, 'data'>): string => `${dtype} [${shape}]`;

/** How `got` differs from `expected`: integers bit for bit, floats within the tolerance, NaN like NaN. */
export function differenceOf(got: TensorData, expected: TensorData): string | undefined {
  const isBits = got.dtype === 'bf16' && expected.dtype === 'u16';
  if ((got.dtype !== expected.dtype && !isBits) || `${got.shape}` !== `${expected.shape}`) {
    return `it is ${describe(got)}; expected ${describe(expected)}`;
  }
  if (!FLOATS.includes(got.dtype)) {
    const at = firstDifference(got.data, expected.data);
    return at === undefined
      ? undefined
      : `byte ${at} differs: ${list(got)}; expected ${list(expected)}`;
  }
  const x = readNumbers(got.dtype, got.data);
  const y = readNumbers(got.dtype, expected.data);
  const at = x.findIndex((value, i) => !isClose(value, y[i]!));
  return at < 0 ? undefined : `element ${at} is ${x[at]}; expected ${y[at]}`;
}

function isClose(got: number, expected: number): boolean {
  if (Object.is(got, expected) || got === expected) return true;
  const most = TOLERANCE.absolute + TOLERANCE.relative * Math.abs(expected);
  return Number.isFinite(expected) && Math.abs(got - expected) <= most;
}

const list = ({ data, dtype }: TensorData): string =>
  `${readNumbers(dtype, data).slice(0, 12).join(' ')}`;

/** Index of the first byte that differs. */
export function firstDifference(x: Uint8Array, y: Uint8Array): number | undefined {
  const at = x.findIndex((byte, i) => byte !== y[i]);
  return at < 0 ? undefined : at;
}

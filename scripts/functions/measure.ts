/** Runs a kernel on f32 numbers by their bits, and finds the largest error. */
import { OPERATORS } from '../../models/operators/index.ts';
import type { Measured } from './references.ts';

export interface Range {
  /** Bits of the first number, and how many bits further the next one is. */
  readonly first: number;
  readonly step: number;
  /** Bits of the end. */
  readonly end: number;
}

export interface Outcome {
  readonly inputs: number;
  /** In units of the last place of the result: half a unit is a correct rounding. */
  readonly ulp: number;
  /** Where. */
  readonly at: number;
  /** Inputs whose result isn't the nearest number. */
  readonly inexact: number;
}

/** Numbers of one call. */
const CHUNK = 65_536;

const view = new DataView(new ArrayBuffer(8));
/** Spacing of f32 at a double: 2^-149 at least. */
function spacing(value: number): number {
  view.setFloat64(0, value);
  const exponent = ((view.getUint16(0) >> 4) & 2047) - 1023;
  return 2 ** (Math.min(Math.max(exponent, -126), 127) - 23);
}

/** Error of an f32 result, in units of the last place; Infinity if one of both is NaN. */
export function errorOf(result: number, exact: number): number {
  if (Number.isNaN(result) || Number.isNaN(exact)) return Object.is(result, exact) ? 0 : Infinity;
  if (result === exact) return 0;
  // Infinity stands for the next number that there would be.
  const bounded = (value: number): number => Math.max(-(2 ** 128), Math.min(2 ** 128, value));
  return Math.abs(bounded(result) - bounded(exact)) / spacing(bounded(exact));
}

/** Instance of the kernels with room for one chunk in and out. */
export function createMeter(kernels: WebAssembly.Module) {
  const { exports } = new WebAssembly.Instance(kernels);
  const memory = exports.memory as WebAssembly.Memory;
  const attributesAt = memory.buffer.byteLength;
  const x = attributesAt + 65_536;
  const y = x + 4 * CHUNK;
  memory.grow((65_536 + 8 * CHUNK) / 65_536);

  return function measure(fn: Measured, { end, first, step }: Range, onChunk = (_: number) => {}) {
    const run = exports[fn.kernel] as (...args: number[]) => void;
    if (!OPERATORS.has(fn.kernel) || !run) throw new Error(`there is no kernel "${fn.kernel}"`);
    const bits = new Uint32Array(memory.buffer, x, CHUNK);
    const inputs = new Float32Array(memory.buffer, x, CHUNK);
    const results = new Float32Array(memory.buffer, y, CHUNK);
    const attributes = new DataView(memory.buffer, attributesAt, 64);
    fn.parameters?.forEach((value, i) => {
      attributes.setFloat32(12 + 4 * i, value, true);
    });
    let ulp = 0;
    let at = Number.NaN;
    let inexact = 0;
    let total = 0;
    for (let from = first; from < end; ) {
      let n = 0;
      for (; n < CHUNK && from < end; from += step) bits[n++] = from;
      attributes.setUint32(0, n, true);
      attributes.setUint32(4, 0, true);
      attributes.setUint32(8, n, true);
      run(0, y, 0, attributesAt, x);
      for (let i = 0; i < n; i++) {
        const exact = fn.reference(inputs[i]!);
        if (results[i] === Math.fround(exact)) {
          // Rounded right: at most half a unit.
          if (ulp < 0.5) ulp = Math.max(ulp, errorOf(results[i]!, exact));
          continue;
        }
        const error = errorOf(results[i]!, exact);
        if (error > 0) inexact++;
        if (error > ulp) {
          ulp = error;
          at = inputs[i]!;
        }
      }
      total += n;
      onChunk(total);
    }
    return { inputs: total, ulp, at, inexact } satisfies Outcome;
  };
}

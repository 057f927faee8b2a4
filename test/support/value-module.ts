/** WebAssembly modules of one instruction each, so that the engine's own arithmetic can be asked. */
import { type Opcode, SIMD, type ValueType } from '../../vm/opcodes.ts';

export const LOAD: Record<ValueType, number[]> = {
  i32: [0x28, 0, 0],
  i64: [0x29, 0, 0],
  f32: [0x2a, 0, 0],
  f64: [0x2b, 0, 0],
  v128: [0xfd, 0, 0, 0],
};
export const STORE: Record<ValueType, number[]> = {
  i32: [0x36, 0, 0],
  i64: [0x37, 0, 0],
  f32: [0x38, 0, 0],
  f64: [0x39, 0, 0],
  v128: [0xfd, 11, 0, 0],
};

const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
/** i32.const of a number below 64. */
const constant = (value: number): number[] => [0x41, value];

/** The instruction's own bytes in a module, without its immediates. */
export function encoding(row: Opcode): number[] {
  if (row.code >= SIMD) return [0xfd, ...leb(row.code - SIMD)];
  if (row.code >= 0xd0 && row.code <= 0xd7) return [0xfc, row.code - 0xd0];
  return [row.code];
}

/** One instruction: immediates follow its opcode (lane, shuffle indices). */
export interface Probe {
  readonly row: Opcode;
  readonly immediates?: readonly number[];
}

/**
 * Compiles one function for each probe. It takes its operands from memory (bytes 0, 16 and 32: nothing passes through a JavaScript
 * number, so NaNs keep their bits) and leaves its result at byte 48. A load reads at address 64 and, like a store, has its
 * v128 or scalar operand at byte 0.
 *
 * @returns For each probe a function of three slots that gives the result, or undefined if the engine trapped.
 */
export function compile(
  probes: readonly Probe[],
): ((x: bigint, y?: bigint, z?: bigint) => bigint | undefined)[] {
  const section = (id: number, content: number[]): number[] => [
    id,
    ...leb(content.length),
    ...content,
  ];
  const vector = (items: readonly number[][]): number[] => [...leb(items.length), ...items.flat()];
  const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
  const bodies = probes.map(({ row, immediates = [] }) => {
    const operands = row.operands.flatMap((type, i) => [...constant(16 * i), ...LOAD[type]]);
    const result = row.result as ValueType;
    const core = row.width
      ? [0x41, 0xc0, 0, ...operands, ...encoding(row), 0, 0, ...immediates]
      : [...operands, ...encoding(row), ...immediates];
    const code = result ? [...constant(48), ...core, ...STORE[result]] : core;
    const body = [0, ...code, 0x0b];
    return [...leb(body.length), ...body];
  });
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, 0, 0]])),
    ...section(3, vector(probes.map(() => [0]))),
    ...section(5, [1, 0, 1]),
    ...section(
      7,
      vector([
        [...name('memory'), 2, 0],
        ...probes.map((_, i) => [...name(`f${i}`), 0, ...leb(i)]),
      ]),
    ),
    ...section(10, vector(bodies)),
  ]);
  // The workers' types know no compilation from bytes, which Node has.
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
  const { exports } = new WebAssembly.Instance(new Module(bytes));
  const memory = new DataView((exports.memory as WebAssembly.Memory).buffer);
  const put = (at: number, value: bigint): void => {
    memory.setBigUint64(at, BigInt.asUintN(64, value), true);
    memory.setBigUint64(at + 8, value >> 64n, true);
  };
  const get = (at: number): bigint =>
    memory.getBigUint64(at, true) | (memory.getBigUint64(at + 8, true) << 64n);
  return probes.map(({ row }, i) => {
    const run = exports[`f${i}`] as () => void;
    return (x, y = 0n, z = 0n) => {
      put(0, x);
      put(16, y);
      put(32, z);
      put(48, 0n);
      // Memory operands: loads find `z` at 64, stores leave their bytes there.
      put(64, row.width && row.result ? z : 0n);
      try {
        run();
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) return undefined;
        throw error;
      }
      return get(row.width && !row.result ? 64 : 48);
    };
  });
}

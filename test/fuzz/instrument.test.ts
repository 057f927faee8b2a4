/** What the fuzzer does to modules before engines run them. */
import { describe, expect, test } from 'vitest';
import { withoutImports } from '../../scripts/fuzz/binaryen.ts';
import { survivesRoundTrip } from '../../scripts/fuzz/compare.ts';
import { encode } from '../../scripts/fuzz/encode.ts';
import { runInEngine } from '../../scripts/fuzz/engine.ts';
import {
  code,
  constant,
  decodedOpcode,
  END,
  type Guest,
  global,
  guestOf,
} from '../../scripts/fuzz/guest.ts';
import { withCanonicalNans, withFuel } from '../../scripts/fuzz/instrument.ts';
import { asIntegers } from '../../scripts/fuzz/observe.ts';
import { OPCODES, type Opcode } from '../../vm/opcodes.ts';
import { isArithmetic } from '../../vm/semantics.ts';
import { OP } from '../../vm/wasm/instructions.ts';
import { randomModule } from '../support/random-module.ts';
import { generator } from '../support/values.ts';
import { compile } from '../vm/wasm-text.ts';

const observedGlobals = (count: number): Guest['globals'] =>
  Array.from(
    { length: count },
    () => ({ type: 'i64', mutable: true, init: new Uint8Array(16) }) as const,
  );

/** A module whose test t leaves the bits of one instruction's result in r0 and r1. */
function probe(row: Opcode, operands: readonly bigint[]): Guest {
  const result = row.result ?? 'i32';
  const values = row.operands.map((type, i) => constant(type, operands[i] ?? 0n));
  const outcome = asIntegers(result, 0).flatMap((value, i) => [...value, global.set(i)]);
  const body = [
    ...values,
    code(decodedOpcode(row)),
    code(OP.localSet, { index: 0 }),
    ...outcome,
    END,
  ];
  return {
    types: [],
    functions: [{ type: { params: [], results: [] }, locals: [result], body }],
    table: [],
    globals: observedGlobals(2),
    exports: [{ name: 't', functionIndex: 0 }],
    data: new Uint8Array(),
    passive: [],
    observed: [0, 1],
  };
}

const ARITHMETIC = OPCODES.filter(
  (row) => (row.form === 'unary' || row.form === 'binary') && isArithmetic(row),
);
const observe = (guest: Guest): readonly string[] | undefined =>
  runInEngine(encode(guest), [{ test: 't', args: [] }])[0]?.observed;

describe('canonical NaNs', () => {
  test('there are instructions that create NaNs', () => {
    expect(ARITHMETIC.length).toBe(48);
  });

  test.each(ARITHMETIC.map((row) => [row.name, row] as const))('after %s', (_name, row) => {
    const wide = /64/.test(row.name.split('.')[0] as string);
    // Negative NaNs with payloads, as both types of lane.
    const nan =
      row.operands[0]?.includes('64') ||
      /f64x2/.test(row.name.split('.')[1] ?? '') ||
      (row.operands[0] === 'v128' && wide && !/promote/.test(row.name))
        ? 0xfff8_1234_0000_0001_fff8_1234_0000_0001n
        : 0xffc1_2345_ffc1_2345_ffc1_2345_ffc1_2345n;
    const operands = row.operands.map((type) =>
      BigInt.asUintN(type === 'v128' ? 128 : type.endsWith('64') ? 64 : 32, nan),
    );
    const [low, high] = observe(withCanonicalNans(probe(row, operands))) ?? [];
    const canonical = wide
      ? '7ff8000000000000'
      : row.result === 'v128'
        ? '7fc000007fc00000'
        : '7fc00000';
    expect(low).toBe(canonical);
    if (row.result === 'v128') expect(high).toBe(/_zero/.test(row.name) ? '0' : canonical);
  });
});

test('fuel ends what would never end', () => {
  const endless = compile('(module (func (export "t") (loop (br 0))))');
  const guest = withFuel(guestOf(endless), 100);
  expect(runInEngine(encode(guest), [{ test: 't', args: [] }])).toMatchObject([
    { kind: 'trap', trap: 'unreachable' },
  ]);
});

test('a decoded module encodes to the bodies that it came from', () => {
  for (let seed = 0; seed < 50; seed++) {
    const { bytes } = randomModule(generator(seed), { nanBits: true });
    const guest = guestOf(bytes);
    expect(survivesRoundTrip(bytes, guest)).toBe(true);
    expect(guestOf(encode(guest)).functions.length).toBe(guest.functions.length);
    const broken = {
      ...guest,
      functions: guest.functions.map((fn) => ({ ...fn, body: [code(OP.nop), ...fn.body] })),
    };
    expect(survivesRoundTrip(bytes, broken)).toBe(false);
  }
});

test('imported functions become functions that return zeros', () => {
  const bytes = withoutImports(
    compile(`(module (import "a" "log" (func $log (param i32))) (import "a" "get" (func $get (result f64)))
      (global $g (export "r0") (mut i64) (i64.const 7))
      (func (export "t") (call $log (i32.const 1)) (global.set $g (i64.reinterpret_f64 (call $get)))))`),
  );
  expect(runInEngine(bytes, [{ test: 't', args: [] }])).toMatchObject([
    { kind: 'done', observed: ['0'] },
  ]);
});

/** V8 as the oracle: no module that V8 refuses is accepted; what V8 accepts is refused by a documented restriction only. */
import { expect, test } from 'vitest';
import { RESTRICTIONS, readModule, WasmError } from '../../vm/wasm/index.ts';
import {
  body,
  code,
  functions,
  functionType,
  globals,
  memory,
  module,
  section,
  table,
  types,
  u32,
} from './wasm-bytes.ts';
import { compile } from './wasm-text.ts';

/** mulberry32: uniform integers below a bound, reproducible. */
function generator(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

interface Tally {
  accepted: number;
  restricted: number;
  refused: number;
}
const tally = (): Tally => ({ accepted: 0, restricted: 0, refused: 0 });

/** Compares one module with V8; a difference is an error that shows the module. */
function compare(bytes: Uint8Array, count: Tally): void {
  const valid = WebAssembly.validate(bytes as BufferSource);
  let error: WasmError | undefined;
  try {
    readModule(bytes);
  } catch (caught) {
    if (!(caught instanceof WasmError)) {
      throw new Error(`not a WasmError on ${Buffer.from(bytes).toString('hex')}`, {
        cause: caught,
      });
    }
    error = caught;
  }
  const inside = error ? error.offset >= 0 && error.offset <= bytes.length : true;
  const agrees = error ? !valid || RESTRICTIONS.has(error.code) : valid;
  if (!agrees || !inside) {
    throw new Error(
      `V8 ${valid ? 'accepts' : 'refuses'}, we ${error ? error.message : 'accept'}: ${Buffer.from(bytes).toString('hex')}`,
    );
  }
  if (!error) count.accepted += 1;
  else if (valid) count.restricted += 1;
  else count.refused += 1;
}

const SEEDS: readonly Uint8Array[] = [
  compile(`(module
    (type $f (func (param i32 f64) (result i32)))
    (memory (export "m") 2 4) (table 3 8 funcref) (elem (i32.const 1) $a $b)
    (global $g (mut i32) (i32.const 5)) (global $h (export "h") v128 (v128.const i64x2 1 -1))
    (data (i32.const 16) "hello") (start $s)
    (func $s (global.set $g (i32.const -1000000)))
    (func $a (export "a") (type $f) (i32.add (local.get 0) (i32.trunc_sat_f64_s (local.get 1))))
    (func $b (type $f) (local i64 f32)
      (block $x (result i32)
        (loop $l
          (br_if $x (i32.const 3) (i32.eqz (local.get 0)))
          (drop)
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br $l))
        (unreachable))
      (if (result i32) (local.get 0) (then (i32.load offset=4 (local.get 0))) (else (global.get $g)))
      (i32.xor))
    (func (export "c") (param i32 i64) (result i64 i32)
      (block $0 (block $1 (block $2 (br_table $0 $1 $2 $0 (local.get 0)))))
      (i64.store8 offset=9 (local.get 0) (local.get 1))
      (select (local.get 1) (i64.const 0x123456789abcdef) (local.get 0))
      (call_indirect (type $f) (local.get 0) (f64.const 0.1) (i32.const 1))))`),
  compile(`(module (memory 1)
    (func (export "v") (param i32 v128 f32) (result v128)
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
        (f32x4.add (v128.load offset=16 align=8 (local.get 0)) (f32x4.splat (local.get 2)))
        (i16x8.replace_lane 7 (local.get 1) (i32x4.extract_lane 3 (local.get 1))))
      (v128.load16_lane offset=2 5 (local.get 0) (local.get 1))
      (v128.bitselect (v128.const f32x4 1 2 3 4) (v128.not (local.get 1)))
      (v128.xor)
      (v128.store32_lane offset=3 1 (local.get 0) (local.get 1)))
    (func (export "w") (param f64 i64) (result f64)
      (f64.add (f64.reinterpret_i64 (i64.extend16_s (local.get 1))) (f64.sqrt (local.get 0)))))`),
  // Everything explicit, so that a mutation meets each section's fields.
  Uint8Array.from(
    module(
      types(functionType(), functionType([0x7f, 0x7e], [0x7e, 0x7f]), functionType([0x7f], [0x7f])),
      functions(0, 1, 2),
      table([0x70, 1, 4, 9]),
      memory([1, 1, 3]),
      globals([0x7f, 1, 0x41, 3, 0x0b], [0x7d, 0, 0x43, 0, 0, 0x80, 0x3f, 0x0b]),
      section(7, [2, 1, 0x61, 0, 1, 1, 0x62, 3, 0]),
      section(8, [0]),
      section(9, [2, 0, 0x41, 0, 0x0b, 2, 0, 1, 2, 0, 0x41, 2, 0x0b, 0, 1, 2]),
      section(12, [2]),
      code(
        body(0x41, 1, 0x04, 0x40, 0x0c, 0, 0x05, 0x0f, 0x0b),
        body(0x20, 1, 0x20, 0, 0x02, 2, 0x20, 0, 0x0d, 0, 0x0b, 0x41, 0, 0x11, 2, 0),
        body(0x20, 0, 0x03, 2, 0x22, 0, 0x0b, 0x3f, 0, 0x40, 0, 0x20, 0, 0x1b),
      ),
      section(11, [2, 0, 0x41, 0, 0x0b, 2, 1, 2, 2, 0, 0x41, 8, 0x0b, 1, 7]),
      section(0, [4, 0x6e, 0x61, 0x6d, 0x65, 1, 4, 1, 0, 1, 0x66]),
    ),
  ),
];

/** One to three random edits: a byte replaced, changed by a bit, inserted, deleted, or a piece copied elsewhere. */
function mutate(seed: Uint8Array, random: (bound: number) => number): Uint8Array {
  const bytes = [...seed];
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const at = 8 + random(bytes.length - 8);
    const kind = random(10);
    if (kind < 4) bytes[at] = random(256);
    else if (kind < 7) bytes[at] = bytes[at]! ^ (1 << random(8));
    else if (kind === 7) bytes.splice(at, 0, random(256));
    else if (kind === 8) bytes.splice(at, 1);
    else {
      const from = 8 + random(bytes.length - 8);
      const piece = bytes.slice(from, from + 1 + random(6));
      bytes.splice(at, piece.length, ...piece);
    }
  }
  return Uint8Array.from(bytes);
}

test('seeds are valid', () => {
  for (const seed of SEEDS) {
    const count = tally();
    compare(seed, count);
    expect(count).toEqual({ accepted: 1, restricted: 0, refused: 0 });
  }
});

test('random mutations of valid modules', () => {
  const count = tally();
  const random = generator(0x5eed);
  for (let i = 0; i < 12_000; i++) compare(mutate(SEEDS[i % SEEDS.length]!, random), count);
  // Were almost all refused at the first byte, the comparison would say little.
  expect(count.accepted).toBeGreaterThan(500);
  expect(count.restricted).toBeGreaterThan(10);
  expect(count.refused).toBeGreaterThan(3000);
});

/** Opcodes with how many immediate bytes, all below 4. */
const PALETTE: readonly (readonly [bytes: readonly number[], immediates: number])[] = [
  ...[0x00, 0x01, 0x05, 0x0b, 0x0b, 0x0b, 0x0f, 0x1a, 0x1a, 0x1b].map((b) => [[b], 0] as const),
  ...[0x0c, 0x0d, 0x10, 0x20, 0x20, 0x21, 0x22, 0x23, 0x24].map((b) => [[b], 1] as const),
  ...[0x41, 0x42, 0x41].map((b) => [[b], 1] as const),
  ...[0x28, 0x2c, 0x31, 0x36, 0x37, 0x39].map((b) => [[b], 2] as const),
  ...[0x45, 0x6a, 0x7c, 0x92, 0xa0, 0xa7, 0xad, 0xb7, 0xbc, 0xbd, 0xbe, 0xbf].map(
    (b) => [[b], 0] as const,
  ),
  [[0x0e, 0x01], 2],
  [[0x0e, 0x00], 1],
  [[0x1c, 0x01, 0x7d], 0],
  [[0x1c, 0x01, 0x7b], 0],
  [[0x11], 2],
  [[0x3f, 0x00], 0],
  [[0x40, 0x00], 0],
  [[0xfc], 1],
  [[0xfd, 0x0f], 0],
  [[0xfd, 0x13], 0],
  [[0xfd, 0x15], 1],
  [[0xfd, 0x21], 1],
  [[0xfd, 0xe4, 0x01], 0],
  [[0xfd, 0x00], 2],
  [[0xfd, 0x55], 3],
];
const OPENERS = [0x02, 0x03, 0x04];
const BLOCK_TYPES = [0x40, 0x40, 0x7f, 0x7e, 0x7d, 0x00, 0x01, 0x02, 0x03];

function randomBody(random: (bound: number) => number): number[] {
  const out: number[] = [];
  let depth = 0;
  for (let left = 1 + random(14); left > 0; left--) {
    if (random(5) === 0) {
      out.push(OPENERS[random(3)]!, BLOCK_TYPES[random(BLOCK_TYPES.length)]!);
      depth += 1;
      if (random(2) === 0) out.push(0x00);
      continue;
    }
    const [bytes, immediates] = PALETTE[random(PALETTE.length)]!;
    if (bytes[0] === 0x0b) {
      if (depth === 0) continue;
      depth -= 1;
    }
    out.push(...bytes);
    for (let i = 0; i < immediates; i++) out.push(random(random(4) === 0 ? 4 : 2));
  }
  for (; depth > 0; depth--) {
    if (random(2) === 0) out.push(0x00);
    out.push(0x0b);
  }
  // Dead code at the end makes many bodies valid whatever their result type.
  if (random(2) === 0) out.push(0x00);
  return out;
}

test('random instruction sequences', () => {
  const count = tally();
  const random = generator(2026);
  for (let i = 0; i < 15_000; i++) {
    const instructions = randomBody(random);
    if (random(2) === 0) instructions.unshift(0x00);
    const bytes = Uint8Array.from(
      module(
        types(
          functionType(),
          functionType([0x7f], [0x7f]),
          functionType([0x7e, 0x7d], [0x7f, 0x7d]),
          functionType([], [0x7f, 0x7f]),
        ),
        functions(random(4), 1, 0),
        table([0x70, 0, 2]),
        memory([0, 1]),
        globals([0x7f, 1, 0x41, 0, 0x0b], [0x7d, 0, 0x43, 0, 0, 0, 0, 0x0b]),
        code(
          [...u32(instructions.length + 4), 1, 1, 0x7f, ...instructions, 0x0b],
          body(0x00),
          body(),
        ),
      ),
    );
    compare(bytes, count);
  }
  expect(count.accepted).toBeGreaterThan(500);
  expect(count.refused).toBeGreaterThan(3000);
});

test('every opcode there is, in unreachable code', () => {
  const count = tally();
  const opcodes: number[][] = [];
  for (let b = 0; b < 256; b++) opcodes.push([b]);
  for (let n = 0; n < 0x200; n++) {
    for (const prefix of [0xfb, 0xfc, 0xfd, 0xfe]) opcodes.push([prefix, ...u32(n)]);
  }
  for (const opcode of opcodes) {
    for (let immediates = 0; immediates <= 17; immediates++) {
      for (const tail of [[], [0x1a], [0x0b]]) {
        const instructions = [0x00, ...opcode, ...new Array(immediates).fill(0), ...tail];
        compare(
          Uint8Array.from(
            module(
              types(functionType()),
              functions(0),
              table([0x70, 0, 1]),
              memory([0, 1]),
              globals([0x7f, 1, 0x41, 0, 0x0b]),
              code(body(...instructions)),
            ),
          ),
          count,
        );
      }
    }
  }
  expect(count.accepted).toBeGreaterThan(400);
});

test('every prefix of a module is refused without harm', () => {
  for (const seed of SEEDS) {
    const count = tally();
    for (let length = 0; length < seed.length; length++) compare(seed.slice(0, length), count);
    expect(count.refused).toBeGreaterThan(100);
  }
});

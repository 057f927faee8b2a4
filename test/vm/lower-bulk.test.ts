/** Bulk memory: the internal routines against the engine. */
import { describe, expect, test } from 'vitest';
import { PAGE_BYTES } from '../../vm/constants.ts';
import { Lowered } from '../support/lowered.ts';
import { generator } from '../support/values.ts';
import { compile } from './wasm-text.ts';

const bits = (x: number): bigint => BigInt(x >>> 0);

const module = (pages: number, body: string, more = ''): Lowered =>
  new Lowered(
    compile(`(module
      (memory (export "memory") ${pages} ${pages})
      ${more}
      ${body})`),
  );

/** Every byte differs from those around it. */
const PATTERN = Array.from(
  { length: 600 },
  (_, i) => `\\${((i * 89 + (i >> 8) * 7 + 1) & 0xff).toString(16).padStart(2, '0')}`,
).join('');

const COPY = `(func (export "run") (param i32 i32 i32)
  (memory.copy (local.get 0) (local.get 1) (local.get 2)))`;
const FILL = `(func (export "run") (param i32 i32 i32)
  (memory.fill (local.get 0) (local.get 1) (local.get 2)))`;

/** Lengths around every bound of the routines. */
const LENGTHS = [
  0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 79, 80, 127, 128, 129,
  191, 192, 193, 255, 256, 257, 320,
];

describe('memory.copy', () => {
  const copy = module(2, COPY, `(data (i32.const 65200) "${PATTERN}")`);
  test.each(LENGTHS)('%i bytes, however the ranges overlap', (length) => {
    for (const distance of [
      -321, -129, -64, -63, -17, -16, -15, -8, -3, -1, 0, 1, 2, 7, 9, 16, 31, 63, 65, 128, 200,
    ]) {
      for (const from of [65203, 65408]) {
        copy.agree('run', bits(from + distance), bits(from), bits(length));
      }
    }
  });

  test('ranges that end with memory, and those that are a byte too long or far outside', () => {
    const end = 2 * PAGE_BYTES;
    for (const length of [0, 1, 16, 65, 200]) {
      expect(copy.agree('run', bits(end - length), 65200n, bits(length))).toBeDefined();
      expect(copy.agree('run', 65200n, bits(end - length), bits(length))).toBeDefined();
      expect(copy.agree('run', bits(end - length + 1), 65200n, bits(length))).toBeUndefined();
      expect(copy.agree('run', 65200n, bits(end - length + 1), bits(length))).toBeUndefined();
    }
    for (const [to, from, length] of [
      [0, 0, -1],
      [-1, 0, 1],
      [0, -1, 1],
      [-1, -1, -1],
      [16, 0, -16],
      [-16, 0, 32],
      [0, -16, 32],
      [-1, 0, 0],
    ] as const) {
      expect(copy.agree('run', bits(to), bits(from), bits(length))).toBeUndefined();
    }
  });
});

describe('memory.fill', () => {
  const fill = module(2, FILL, `(data (i32.const 65200) "${PATTERN}")`);
  test.each(LENGTHS)('%i bytes', (length) => {
    for (const to of [65280, 65281, 65295, 65408, 65471, 65535]) {
      for (const value of [0, 0xff, -2, 0x1234_5678]) {
        fill.agree('run', bits(to), bits(value), bits(length));
      }
    }
  });

  test('ranges that end with memory, and those that are a byte too long or far outside', () => {
    const end = 2 * PAGE_BYTES;
    for (const length of [0, 1, 15, 16, 65, 200]) {
      expect(fill.agree('run', bits(end - length), 7n, bits(length))).toBeDefined();
      expect(fill.agree('run', bits(end - length + 1), 7n, bits(length))).toBeUndefined();
    }
    for (const [to, length] of [
      [0, -1],
      [-1, 1],
      [-1, 0],
      [16, -16],
      [-16, 32],
    ] as const) {
      expect(fill.agree('run', bits(to), 7n, bits(length))).toBeUndefined();
    }
  });
});

describe('memory.init and data.drop', () => {
  const INIT = `(func (export "run") (param i32 i32 i32)
      (memory.init 0 (local.get 0) (local.get 1) (local.get 2)))`;
  test.each([0, 1, 7, 8, 9, 64, 67])('a segment of %i bytes, all of its ranges', (size) => {
    const init = module(1, INIT, `(data "${PATTERN.slice(0, 3 * size)}")`);
    for (let from = 0; from <= size + 1; from++) {
      for (let length = 0; length <= size + 1; length += size > 20 ? 3 : 1) {
        init.agree('run', 1001n, BigInt(from), BigInt(length));
      }
    }
    const end = PAGE_BYTES;
    for (const [to, from, length] of [
      [end - size, 0, size],
      [end - size + 1, 0, size],
      [end, 0, 0],
      [end + 1, 0, 0],
      [0, -1, 2],
      [0, 1, -1],
      [-1, 0, 1],
    ] as const) {
      init.agree('run', bits(to), bits(from), bits(length));
    }
  });

  test('a dropped segment is empty, an active one has been dropped from the start', () => {
    const dropped = module(
      1,
      `(func (export "run") (param i32 i32 i32)
         (memory.init $p (i32.const 64) (i32.const 1) (i32.const 9))
         (data.drop $p) (data.drop $p) (data.drop $q)
         (memory.init $p (local.get 0) (local.get 1) (local.get 2)))
       (func (export "other") (param i32 i32 i32)
         (data.drop $a)
         (memory.init $a (local.get 0) (local.get 1) (local.get 2)))`,
      `(global $g (mut i32) (i32.const 5))
       (data $a (i32.const 0) "active") (data $p "0123456789abcdef") (data $q "never read")`,
    );
    for (const name of ['run', 'other']) {
      for (const [to, from, length] of [
        [0, 0, 0],
        [PAGE_BYTES, 0, 0],
        [PAGE_BYTES + 1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [0, 0, 6],
      ] as const) {
        dropped.agree(name, bits(to), bits(from), bits(length));
      }
    }
    expect(dropped.agree('run', 0n, 0n, 0n)).toBeDefined();
    expect(dropped.agree('run', 0n, 0n, 1n)).toBeUndefined();
    expect(dropped.agree('other', 0n, 0n, 1n)).toBeUndefined();
  });
});

test('a trap in the middle of a program leaves what came before, and operands below the call stay', () => {
  const program = module(
    1,
    `(func (export "run") (param i32 i32) (result i32 i64)
       (local $x i64)
       (local.set $x (i64.const 77))
       (i32.add (local.get 0) (i32.const 3))
       (local.get $x)
       (memory.fill (i32.const 100) (i32.const 9) (local.get 1))
       (local.set $x (i64.const 5))
       (memory.copy (i32.const 0) (i32.const 99) (i32.add (local.get 1) (i32.const 2))))`,
  );
  for (const length of [0, 3, 40, 1000, 65436, 65437]) program.agree('run', 11n, bits(length));
});

test('random copies and fills, one after another, in one memory', () => {
  const random = generator(3);
  const size = 2 * PAGE_BYTES;
  for (let round = 0; round < 12; round++) {
    const calls = Array.from({ length: 24 }, () => {
      const near = (): number => size - 700 + (random() % 640);
      const length = random() % (random() % 4 === 0 ? 300 : 90);
      const to = random() % 2 ? near() : 65500 + (random() % 100);
      const other = random() % 3 ? to + (random() % 200) - 100 : near();
      const from = Math.max(0, Math.min(other, size - length));
      const target = Math.min(to, size - length);
      return random() % 4 === 0
        ? `(memory.fill (i32.const ${target}) (i32.const ${random() % 256}) (i32.const ${length}))`
        : `(memory.copy (i32.const ${target}) (i32.const ${from}) (i32.const ${length}))`;
    });
    const program = module(
      2,
      `(func (export "run") ${calls.join('\n')})`,
      `(data (i32.const 65400) "${PATTERN}") (data (i32.const ${size - 700}) "${PATTERN}")`,
    );
    expect(program.agree('run')).toBeDefined();
  }
});

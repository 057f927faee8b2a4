/** Modules that mean harm: the loader refuses them soon, and names the limit. */
import { describe, expect, test } from 'vitest';
import { fuzzLoader } from '../../scripts/fuzz/loader.ts';
import { LoaderCheck } from '../../scripts/fuzz/loader-check.ts';
import { hostileModule } from '../../scripts/fuzz/mutate.ts';
import { LIMITS, readModule, WasmError } from '../../vm/wasm/index.ts';
import {
  body,
  code,
  data,
  exports,
  functions,
  functionType,
  globals,
  I32,
  memory,
  module,
  section,
  sized,
  table,
  text,
  types,
  u32,
  vec,
  withLongBody,
} from '../vm/wasm-bytes.ts';

const HUGE = 0xffff_ffff;
const NOP = [types(functionType()), functions(0)] as const;
const repeat = (count: number, bytes: readonly number[]): number[] =>
  Array.from({ length: count }, () => bytes).flat();
/** A local group of 2^32 - 1 locals takes six bytes. */
const group = (count: number): number[] => [...u32(count), I32];

/** Too long for the helpers of short modules. */
function passiveSegment(length: number): Uint8Array {
  const [head, size] = [[1, 1, ...u32(length)], length];
  const start = module([11, ...u32(head.length + size), ...head]);
  const bytes = new Uint8Array(start.length + size);
  bytes.set(start);
  return bytes;
}

const refusal = (bytes: ArrayLike<number>): WasmError => {
  try {
    readModule(bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes));
  } catch (error) {
    if (error instanceof WasmError) return error;
    throw error;
  }
  throw new Error('the module was accepted');
};

const HOSTILE: readonly (readonly [string, keyof typeof LIMITS, () => ArrayLike<number>])[] = [
  [
    '100,000 blocks inside each other',
    'nesting',
    () => withLongBody([...repeat(100_000, [0x02, 0x40]), ...repeat(100_000, [0x0b])]),
  ],
  [
    '100,000 loops inside each other, never closed',
    'nesting',
    () => withLongBody(repeat(100_000, [0x03, 0x40])),
  ],
  [
    '100,000 ifs inside each other',
    'nesting',
    () => withLongBody(repeat(100_000, [0x41, 0, 0x04, 0x40])),
  ],
  ['2^32 - 1 locals', 'locals', () => module(...NOP, code(sized([1, ...group(HUGE), 0x0b])))],
  [
    '2^32 - 1 locals in two groups',
    'locals',
    () => module(...NOP, code(sized([2, ...group(1), ...group(HUGE - 1), 0x0b]))),
  ],
  [
    '65,535 groups of 65,535 locals',
    'locals',
    () => module(...NOP, code(sized([...u32(65_535), ...repeat(65_535, group(65_535)), 0x0b]))),
  ],
  [
    'locals of many functions',
    'totalLocals',
    () =>
      module(
        types(functionType()),
        functions(...new Array<number>(200).fill(0)),
        code(...new Array<number[]>(200).fill(sized([1, ...group(16_384), 0x0b]))),
      ),
  ],
  ['a table of 2^32 - 1 entries', 'tableEntries', () => module(table([0x70, 0, ...u32(HUGE)]))],
  ['a br_table of 2^32 - 1 labels', 'brTable', () => withLongBody([0x00, 0x0e, ...u32(HUGE)])],
  [
    'a br_table of a million labels',
    'brTable',
    () => withLongBody([0x00, 0x0e, ...u32(1_000_000), ...new Array<number>(1_000_001).fill(0)]),
  ],
  [
    'many br_tables',
    'totalLabels',
    () =>
      withLongBody([
        0x00,
        ...repeat(40, [0x0e, ...u32(65_000), ...new Array<number>(65_001).fill(0)]),
      ]),
  ],
  [
    'data at the end of 4 GiB',
    'dataBytes',
    () => module(memory([0, ...u32(65_536)]), data([0, 0x41, 0x7f, 0x0b, 1, 0])),
  ],
  ['2^32 - 1 data segments', 'dataSegments', () => module(memory([0, 1]), section(11, u32(HUGE)))],
  [
    'passive segments of 4 MiB and a byte',
    'passiveBytes',
    () => passiveSegment(LIMITS.passiveBytes + 1),
  ],
  ['2^32 - 1 types', 'types', () => module(section(1, u32(HUGE)))],
  ['2^32 - 1 parameters', 'arity', () => module(types([0x60, ...u32(HUGE)]))],
  ['2^32 - 1 results', 'arity', () => module(types([0x60, 0, ...u32(HUGE)]))],
  ['2^32 - 1 functions', 'functions', () => module(types(functionType()), section(3, u32(HUGE)))],
  ['2^32 - 1 globals', 'globals', () => module(section(6, u32(HUGE)))],
  [
    '2,000 globals',
    'globals',
    () => module(globals(...new Array<number[]>(2000).fill([I32, 0, 0x41, 0, 0x0b]))),
  ],
  ['2^32 - 1 exports', 'exports', () => module(section(7, u32(HUGE)))],
  [
    'a name of a megabyte',
    'nameBytes',
    () => module(memory([0, 1]), exports([...text('x'.repeat(2 ** 20)), 2, 0])),
  ],
  [
    '2^32 - 1 element segments',
    'elementSegments',
    () => module(table([0x70, 0, 1]), section(9, u32(HUGE))),
  ],
  ['a body of 2^32 - 1 bytes', 'bodyBytes', () => module(...NOP, section(10, [1, ...u32(HUGE)]))],
  ['17,000 operands', 'operands', () => withLongBody(repeat(17_000, [0x41, 0]))],
];

describe('a limit is named', () => {
  test.each(HOSTILE)('%s: %s', (_what, limit, make) => {
    const error = refusal(make());
    expect(error.code).toBe('limit');
    expect(error.message).toContain(`at most ${LIMITS[limit]} are taken`);
    expect(error.message.length).toBeLessThan(300);
  });
});

test('counts that lie are refused before anything is made of them', () => {
  // Of every section, a count of all that a u32 can say, with nothing behind it.
  for (let id = 1; id <= 11; id++) {
    if (id === 8) continue;
    expect(refusal(module(...(id === 10 ? [...NOP] : []), section(id, u32(HUGE))))).toBeInstanceOf(
      WasmError,
    );
  }
  expect(refusal(module([...vec([])])).code).toBe('truncated');
});

test('a module cut off at any byte is refused', () => {
  for (let seed = 0; seed < 300; seed += 100) {
    const check = new LoaderCheck();
    // The first seed of a hundred may be any kind of bytes: what counts is that no prefix does harm.
    const bytes = hostileModule(seed);
    for (let length = 0; length < bytes.length; length += seed === 0 ? 1 : 9)
      check.run(bytes.slice(0, length));
    expect(check.report().failures).toEqual([]);
  }
});

test('fifteen hundred hostile modules: the loader and V8 take the same ones, restrictions apart', () => {
  const check = new LoaderCheck();
  for (let seed = 0; seed < 1500; seed++) check.run(hostileModule(seed));
  const { failures, accepted, invalid, lowered } = check.report();
  expect(failures).toEqual([]);
  // Were all refused at once, or none, the comparison would say little.
  expect(accepted).toBeGreaterThan(120);
  expect(invalid).toBeGreaterThan(500);
  expect(lowered).toBe(accepted);
});

test('a check that accepts everything would be noticed', () => {
  const check = new LoaderCheck((bytes) => ({ ...readModule(Uint8Array.from(module())), bytes }));
  for (let seed = 0; seed < 50; seed++) check.run(hostileModule(seed));
  expect(check.report().failures.length).toBeGreaterThan(10);
});

test('the watched thread reports', async () => {
  const report = await fuzzLoader({ seed: 1, seconds: 1 });
  expect(report.modules).toBeGreaterThan(20);
  expect(report.failures).toEqual([]);
});

test('a body that is all of one byte, for every byte', () => {
  const check = new LoaderCheck();
  for (let byte = 0; byte < 256; byte++) {
    for (const count of [1, 2, 300]) {
      check.run(
        Uint8Array.from(module(...NOP, code(body(...new Array<number>(count).fill(byte))))),
      );
    }
  }
  expect(check.report().failures).toEqual([]);
});

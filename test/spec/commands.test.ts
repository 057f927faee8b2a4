/** The runner of the specification's tests itself: that what is wrong is found, on files written here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createMachine } from '../../vm/machine.ts';
import { interpreterModule } from '../support/wasm.ts';
import { compile } from '../vm/wasm-text.ts';
import { type FileResult, runFile } from './commands.ts';
import { plainStep } from './instance.ts';
import { summary, table, totalsOf } from './report.ts';
import { matches, slotOf } from './values.ts';

const folder = mkdtempSync(join(tmpdir(), 'pinpoint-spec-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MODULE = compile(`(module
  (memory 1)
  (global $n (export "n") (mut i32) (i32.const 40))
  (func (export "count") (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store8 (global.get $n) (i32.const 1))
    (global.get $n))
  (func (export "at") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "half") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
  (func (export "negate") (param f32) (result f32) (f32.neg (local.get 0)))
  (func (export "trap") (global.set $n (i32.const 7)) (unreachable)))`);
const WITH_START = compile('(module (func $f unreachable) (start $f))');
const IMPORTING = compile('(module (import "m" "f" (func $f)) (func (export "g") (call $f)))');

const i32 = (value: number): object => ({ type: 'i32', value: String(value >>> 0) });
const f32 = (value: string): object => ({ type: 'f32', value });
const call = (field: string, ...args: object[]): object => ({ type: 'invoke', field, args });

function run(name: string, commands: readonly object[]): Promise<FileResult> {
  const numbered = commands.map((command, i) => ({ line: i + 1, ...command }));
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ commands: numbered }));
  const machine = () => createMachine(interpreterModule());
  return runFile(folder, name, { machine, stepper: plainStep });
}
const failedLines = ({ failures }: FileResult): number[] => failures.map(({ line }) => line);

writeFileSync(join(folder, 'module.wasm'), MODULE);
writeFileSync(join(folder, 'start.wasm'), WITH_START);
writeFileSync(join(folder, 'importing.wasm'), IMPORTING);
writeFileSync(join(folder, 'broken.wasm'), MODULE.subarray(0, 40));
const module = { type: 'module', filename: 'module.wasm' };
const returns = (action: object, ...expected: object[]): object => ({
  type: 'assert_return',
  action,
  expected,
});

test('globals and memory stay from call to call, also after a trap', async () => {
  const result = await run('state', [
    module,
    returns(call('count'), i32(41)),
    { type: 'action', action: call('count') },
    returns(call('at', i32(42)), i32(1)),
    { type: 'assert_trap', action: call('trap'), text: 'unreachable' },
    returns({ type: 'get', field: 'n' }, i32(7)),
    returns(call('at', i32(41)), i32(1)),
    returns(call('count'), i32(8)),
    // A module of its own begins anew.
    module,
    returns(call('count'), i32(41)),
  ]);
  expect(result.failures).toEqual([]);
  expect(result.passed).toBe(10);
});

test('wrong results, wrong traps and missing refusals fail', async () => {
  const result = await run('wrong', [
    module,
    returns(call('count'), i32(42)),
    returns(call('trap')),
    { type: 'assert_trap', action: call('count'), text: 'unreachable' },
    { type: 'assert_trap', action: call('trap'), text: 'integer overflow' },
    { type: 'assert_invalid', filename: 'module.wasm', module_type: 'binary', text: '' },
    { type: 'assert_uninstantiable', filename: 'module.wasm', text: 'unreachable' },
    returns(call('half', f32('2143289344')), f32('4290772992')),
    { type: 'module', filename: 'start.wasm' },
    returns(call('count'), i32(43)),
    { type: 'a command of tomorrow' },
  ]);
  expect(failedLines(result)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(table([result])).toContain('FAILED wrong.wast:2: assert_return: count() gave 0x00000029');
});

test('what is invalid is refused, what starts with a trap is not instantiated', async () => {
  const result = await run('refusals', [
    { type: 'assert_malformed', filename: 'broken.wasm', module_type: 'binary', text: 'end' },
    { type: 'assert_uninstantiable', filename: 'start.wasm', text: 'unreachable' },
  ]);
  expect(result).toMatchObject({ passed: 2, failures: [] });
});

test('what needs what the machine lacks is skipped by its reason', async () => {
  const result = await run('skips', [
    { type: 'module', filename: 'importing.wasm' },
    returns(call('g')),
    { type: 'assert_malformed', filename: 'x.wat', module_type: 'text', text: '' },
    module,
    { type: 'register', as: 'm' },
    returns(call('count'), i32(41)),
    { ...module, filename: 'importing.wasm', name: '$other' },
    module,
    returns(call('count'), i32(41)),
  ]);
  expect(result.failures).toEqual([]);
  expect(Object.fromEntries(result.skipped)).toEqual({
    imports: 3,
    'text format only': 1,
    'several linked modules': 1,
  });
  expect(summary(totalsOf([result]))).toBe('4 passed, 0 failed, 5 skipped');
});

test('a module that a skipped one imports from has no state to be tested any more', async () => {
  const count = { type: 'invoke', field: 'count', args: [], module: '$m' };
  const result = await run('linked', [
    { ...module, name: '$m' },
    { type: 'register', as: 'm', name: '$m' },
    returns(count, i32(41)),
    { type: 'module', filename: 'importing.wasm' },
    returns(count, i32(42)),
  ]);
  expect(result).toMatchObject({ passed: 2, failures: [] });
  expect(Object.fromEntries(result.skipped)).toEqual({ imports: 1, 'several linked modules': 2 });
});

test('values: lanes from the low end, and one NaN only', () => {
  const vector = {
    type: 'v128',
    lane_type: 'i16',
    value: ['1', '2', '3', '4', '5', '6', '7', '65535'],
  };
  expect(slotOf(vector)).toBe(0xffff0007000600050004000300020001n);
  expect(matches(vector, slotOf(vector), false)).toBe(true);
  expect(matches(vector, slotOf(vector) ^ (1n << 127n), false)).toBe(false);
  const nan = { type: 'f32', value: 'nan:canonical' };
  expect(matches(nan, 0x7fc00000n, false)).toBe(true);
  expect(matches(nan, 0xffc00000n, false)).toBe(false);
  expect(matches(nan, 0xffc00000n, true)).toBe(true);
  expect(matches({ ...nan, value: 'nan:arithmetic' }, 0x7fc00001n, true)).toBe(false);
  const lanes = { type: 'v128', lane_type: 'f64', value: ['nan:arithmetic', '0'] };
  expect(matches(lanes, 0x7ff8000000000000n, false)).toBe(true);
  expect(matches(lanes, 0x7ff8000000000000n << 64n, false)).toBe(false);
});

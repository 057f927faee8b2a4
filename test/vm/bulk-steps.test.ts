/** Every step of bulk memory instructions in the interpreter, checked from its witness; and what is left, against the engine. */
import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../vm/constants.ts';
import { lower } from '../../vm/lower/index.ts';
import { createMachine } from '../../vm/machine.ts';
import { verifyStep } from '../../vm/verify.ts';
import { readModule } from '../../vm/wasm/index.ts';
import { buildWitness } from '../../vm/witness.ts';
import { Lowered } from '../support/lowered.ts';
import { interpreterModule } from '../support/wasm.ts';
import { compile } from './wasm-text.ts';

const WASM = compile(`(module
  (memory (export "memory") 2 2)
  (data $active (i32.const 65500) "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-*/=!?.,:;()[]{}<>#%&|~^_@")
  (data $passive "passive segment of 31 bytes ...")
  (func (export "copy") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32)
    (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "twice") (param i32 i32 i32)
    (memory.init $passive (local.get 0) (local.get 1) (local.get 2))
    (data.drop $passive)
    (memory.init $passive (local.get 0) (local.get 1) (local.get 2))))`);
const lowered = new Lowered(WASM);
const image = lower(readModule(WASM));
const END = 2 * PAGE_BYTES;

test.each([
  // Over the end of a page, downwards and upwards; over the end of a leaf; whole leaves.
  ['copy', 65510, 65500, 85],
  ['copy', 65490, 65500, 85],
  ['copy', 65529, 65530, 13],
  ['copy', 65531, 65530, 5],
  ['copy', 65533, 65530, 3],
  ['copy', 65408, 65536, 128],
  ['copy', 65536, 65472, 64],
  ['copy', 1000, 65500, 31],
  ['copy', 1000, 65500, 1],
  // Nothing, at the end and behind it; the last bytes, and one more.
  ['copy', END, END, 0],
  ['copy', END + 1, 0, 0],
  ['copy', 0, END + 1, 0],
  ['copy', END - 40, 65500, 40],
  ['copy', END - 39, 65500, 40],
  ['copy', 0, -1, 2],
  ['fill', 65500, 0xaa, 99],
  ['fill', 65535, 0x1ff, 2],
  ['fill', 65531, 7, 6],
  ['fill', 65530, 7, 12],
  ['fill', 65530, 7, 1],
  ['fill', END, 1, 0],
  ['fill', END + 1, 1, 0],
  ['fill', END - 17, 1, 17],
  ['fill', END - 16, 1, 17],
  ['fill', -1, 1, -1],
  ['init', 65530, 0, 31],
  ['init', 65530, 3, 21],
  ['init', 65530, 31, 0],
  ['init', 65530, 32, 0],
  ['init', 65530, 8, 24],
  ['init', END - 31, 0, 31],
  ['init', END - 30, 0, 31],
  ['twice', 0, 0, 1],
  ['twice', 0, 0, 0],
] as const)('%s(%i, %i, %i)', (name, to, from, length) => {
  const args = [to, from, length].map((x) => BigInt(x >>> 0));
  const wanted = lowered.native(name, args);
  const machine = createMachine(interpreterModule());
  machine.load(image);
  machine.start(image.entries.get(name)!, args, new Map([[0, image.data]]), image.memory.initial);
  const code = machine.codeRoot();
  while (machine.status === 'running') {
    const before = machine.stateHash();
    const { pc, position } = machine;
    const { previous, next } = verifyStep(code, position, buildWitness(machine));
    machine.run(1);
    const hashes = [previous, next].map((hash) => `0x${Buffer.from(hash).toString('hex')}`);
    expect(hashes, `step ${position} at ${pc}`).toEqual([before, machine.stateHash()]);
  }
  expect(machine.status).toBe(wanted.trapped ? 'trapped' : 'halted');
  if (!wanted.memory) return;
  expect(Buffer.compare(machine.readMemory(0, END), wanted.memory)).toBe(0);
});

test('a trap leaves memory as it was', () => {
  const machine = createMachine(interpreterModule());
  machine.load(image);
  machine.start(image.entries.get('fill')!, [65500n, 9n, 40n], new Map([[0, image.data]]), 2);
  machine.run(1000);
  const before = machine.readMemory(0, END);
  const [entry, fill] = ['entry fill', 'memory.fill'].map(
    (name) => image.functions.find((range) => range.name === name)!,
  );
  // Again, without setting anything up: a kept instance.
  machine.resume(entry!.end - 2, [BigInt(END - 100), 1n, 101n]);
  let last = 0;
  while (machine.status === 'running') {
    last = machine.pc;
    machine.run(1);
  }
  expect(machine.status).toBe('trapped');
  expect(last >= fill!.start && last < fill!.end).toBe(true);
  expect(machine.readMemory(0, END)).toEqual(before);
  machine.resume(entry!.end - 2, [BigInt(END - 100), 1n, 100n]);
  machine.run(1000);
  expect(machine.status).toBe('halted');
  expect(machine.readMemory(END - 100, 100)).toEqual(new Uint8Array(100).fill(1));
  expect(machine.readMemory(0, END - 100)).toEqual(before.subarray(0, END - 100));
});

import { describe, expect, test } from 'vitest';
import { tensorRoot } from '../../models/hash.ts';
import { createHasher } from '../../vm/keccak.ts';
import { lower } from '../../vm/lower/index.ts';
import { createMachine, type Machine } from '../../vm/machine.ts';
import { keccak256 } from '../../vm/multiproof.ts';
import { OPCODES, type ValueType } from '../../vm/opcodes.ts';
import { createRun } from '../../vm/run.ts';
import type { Image } from '../../vm/types.ts';
import { verifyStep } from '../../vm/verify.ts';
import { readModule } from '../../vm/wasm/index.ts';
import type { NaiveState } from '../support/naive-state.ts';
import { randomModule } from '../support/random-module.ts';
import { ReferenceMachine } from '../support/reference-machine.ts';
import { casesOf, generalCases } from '../support/step-cases.ts';
import { edges, generator } from '../support/values.ts';
import { interpreterModule } from '../support/wasm.ts';

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

/** Code above this many leaves isn't laid out for a single step. */
const MAX_CODE_LEAVES = 4096;

/** Puts a naive state into a machine; false if its code lies too high. */
function adopt(machine: Machine, state: NaiveState): boolean {
  const top = Math.max(-1, ...state.code.leaves.keys());
  if (top >= MAX_CODE_LEAVES) return false;
  const image = {
    code: state.code.read(0, (top + 1) * 128),
    data: new Uint8Array(),
    entries: new Map(),
    signatures: new Map(),
    functions: [],
    memory: { initial: 0, maximum: 0 },
    wasm: new Uint8Array(),
  } as Image;
  machine.load(image);
  machine.start(state.pc, [], new Map(), state.pages);
  for (const [index, leaf] of state.slots.leaves) {
    for (let i = 0; i < 8; i++) {
      const value = leaf
        .subarray(16 * i, 16 * i + 16)
        .reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      machine.writeSlot(8 * index + i, value);
    }
  }
  for (const [index, leaf] of state.memory.leaves) machine.writeMemory(128 * index, leaf);
  machine.setRegisters({ fp: state.fp, position: state.position });
  return true;
}

describe('single steps', () => {
  const machine = createMachine(interpreterModule());
  const rows = [
    ...OPCODES.map((row) => [row.name, casesOf(row, 64)] as const),
    ['general', generalCases()] as const,
  ];
  let done = 0;
  test.each(rows)('%s', (_, cases) => {
    for (const { after, before, name } of cases) {
      if (before.status !== 'running' || !adopt(machine, before)) continue;
      expect(machine.stateHash(), `${name}: before`).toBe(hex(before.hash()));
      machine.run(1);
      expect(machine.status, name).toBe(after.status);
      expect(machine.stateHash(), `${name}: after`).toBe(hex(after.hash()));
      done++;
    }
  });
  test('are nearly all cases', () => {
    const all = rows.reduce((sum, [, cases]) => sum + cases.length, 0);
    expect(done).toBeGreaterThan(0.8 * all);
  });
});

const WIDTH: Record<ValueType, 32 | 64> = { i32: 32, i64: 64, f32: 32, f64: 64, v128: 64 };

function prepared(image: Image, name: string, args: readonly bigint[]): [Machine, () => void] {
  const machine = createMachine(interpreterModule());
  machine.load(image);
  const start = () =>
    machine.start(
      image.entries.get(name) as number,
      args,
      new Map([[0, image.data]]),
      image.memory.initial,
    );
  return [machine, start];
}

test.each([11, 12, 13])('random programs end as in the reference machine, series %i', (series) => {
  let finished = 0;
  for (let i = 0; i < 60; i++) {
    const random = generator(series * 1000 + i);
    const { bytes, type } = randomModule(random);
    const image = lower(readModule(bytes));
    const args = type.params.map((t) => {
      const all = edges(WIDTH[t]);
      return BigInt.asUintN(WIDTH[t], all[random() % all.length] as bigint);
    });
    const reference = new ReferenceMachine(image, 'main', args).run();
    const [machine, start] = prepared(image, 'main', args);
    start();
    machine.run(10_000_000);
    const where = `series ${series}, program ${i}`;
    expect(machine.status, where).toBe(reference.status);
    expect(machine.position, where).toBe(reference.steps);
    if (machine.status !== 'halted') continue;
    finished++;
    type.results.forEach((_, slot) => {
      expect(machine.readSlot(slot), where).toBe(reference.slot(slot));
    });
    const memory = machine.readMemory(0, reference.memory.length);
    expect(Buffer.compare(memory, reference.memory), where).toBe(0);
  }
  expect(finished).toBeGreaterThan(10);
});

describe('runs', () => {
  const random = generator(5);
  let bytes = new Uint8Array();
  let image: Image;
  let args: bigint[] = [];
  // A program that runs for a while.
  for (let seed = 1; ; seed++) {
    const made = randomModule(generator(seed));
    bytes = new Uint8Array(made.bytes);
    image = lower(readModule(bytes));
    args = made.type.params.map(() => BigInt(random() % 1000));
    const reference = new ReferenceMachine(image, 'main', args).run();
    if (reference.status === 'halted' && reference.steps > 120) break;
  }

  test('every step has a witness that the checker takes from hash to hash', async () => {
    const [machine, start] = prepared(image, 'main', args);
    const run = createRun(machine, start);
    const positions = Array.from({ length: run.length + 2 }, (_, i) => i);
    const hashes = await run.hashes(positions);
    for (const position of positions.slice(0, -1)) {
      const step = verifyStep(machine.codeRoot(), position, await run.witness(position));
      expect(hex(step.previous), `${position}`).toBe(hashes[position]);
      expect(hex(step.next), `${position}`).toBe(hashes[position + 1]);
    }
    expect(hashes.at(-1)).toBe(run.end);
    expect(new Set(hashes).size).toBeGreaterThan(run.length / 2);
  });

  test('positions can be asked for in any order', async () => {
    const [machine, start] = prepared(image, 'main', args);
    const run = createRun(machine, start);
    const positions = Array.from({ length: run.length }, (_, i) => i);
    const forwards = await run.hashes(positions);
    const backwards = await run.hashes(positions.toReversed());
    expect(backwards.toReversed()).toEqual(forwards);
    createRun(machine, start);
    expect(await run.hashes([3])).toEqual([forwards[3]]);
  });

  test('a change shows from its position on and nowhere before', async () => {
    const [machine, start] = prepared(image, 'main', args);
    const honest = createRun(machine, start);
    const [other, again] = prepared(image, 'main', args);
    const position = Math.floor(honest.length / 2);
    const apply = (changed: Machine) => changed.writeMemory(5 * 65536 + 7, Uint8Array.of(1));
    const forged = createRun(other, again, { tamper: { position, apply } });
    const positions = Array.from({ length: honest.length }, (_, i) => i);
    const [x, y] = [await honest.hashes(positions), await forged.hashes(positions)];
    for (const i of positions) expect(x[i] === y[i], `${i}`).toBe(i < position);
  });
});

test('the hasher agrees with the library', () => {
  const hasher = createHasher(interpreterModule());
  for (const length of [0, 1, 64, 127, 128, 129, 135, 136, 137, 272, 1000, 5000, 40_001]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
    expect(hex(hasher.keccak256(bytes)), `${length}`).toBe(hex(keccak256(bytes)));
    expect(hex(hasher.tensorRoot(bytes)), `${length}`).toBe(hex(tensorRoot(bytes)));
  }
});

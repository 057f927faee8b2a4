import { describe, expect, test } from 'vitest';
import { workloads } from '../../bench/workloads.ts';
import { decodeCode } from '../../vm/decode.ts';
import { ENDS_BLOCK } from '../../vm/forms.ts';
import { FUSIONS, type Fusion } from '../../vm/fusions.ts';
import { DECODED_BYTES } from '../../vm/layout.ts';
import { createMachine, type Machine } from '../../vm/machine.ts';
import { OPCODES, type Opcode, opcode } from '../../vm/opcodes.ts';
import type { Image } from '../../vm/types.ts';
import { codeWord, type WordFields } from '../support/naive-state.ts';
import { generator, slotValue } from '../support/values.ts';
import { interpreterModule } from '../support/wasm.ts';

/** Blocks with immediates of their own, and slots' contents that each is run with. */
const BLOCKS = 6;
const ROUNDS = 4;
const PART_SLOTS = 4;

const imageOf = (words: readonly WordFields[]): Image => {
  const code = new Uint8Array(words.length * 16);
  words.forEach((word, i) => {
    code.set(codeWord(word), 16 * i);
  });
  return {
    code,
    data: new Uint8Array(),
    entries: new Map(),
    signatures: new Map(),
    functions: [],
    memory: { initial: 0, maximum: 0 },
    wasm: new Uint8Array(),
  };
};

const bytesWritten = (row: Opcode): number => (row.result === 'v128' ? 16 : 8);

/** The slot of each part's result. What a part doesn't keep a later one must overwrite if the block ends with the fusion. */
function resultSlots({ dead, forwards, rows }: Fusion, endsBlock: boolean): number[] {
  const slots = rows.map((_, k) => PART_SLOTS * k);
  const taken = new Set<number>();
  for (const k of endsBlock ? dead : []) {
    const lastTaker = Math.max(
      k + 1,
      ...forwards.filter((f) => f.from === k).map((f) => f.component),
    );
    const heir = rows.findIndex(
      (row, j) =>
        j >= lastTaker &&
        row.result &&
        !taken.has(j) &&
        bytesWritten(row) >= bytesWritten(rows[k]!),
    );
    if (heir < 0) continue;
    taken.add(heir);
    slots[heir] = slots[k]!;
  }
  return slots;
}

/** A block that begins with the fusion, on slots of its own, and overwrites what the fusion doesn't keep. */
function blockOf(fusion: Fusion, start: number, random: () => number): WordFields[] {
  const { dead, forwards, rows } = fusion;
  const endsBlock = ENDS_BLOCK.has(rows.at(-1)!.form);
  const results = resultSlots(fusion, endsBlock);
  const slot = (part: number, field: 'b' | 'c' | 'd'): number => {
    const from = forwards.find((f) => f.component === part && f.field === field)?.from;
    return from === undefined ? PART_SLOTS * part + ' bcd'.indexOf(field) : results[from]!;
  };
  const cleared = endsBlock ? [] : dead;
  const halt = BigInt(start + rows.length + cleared.length);
  const words = rows.map((row, k) => {
    const usesD = row.form === 'ternary' || row.form === 'select';
    const high = BigInt.asUintN(32, slotValue(32, random)) << 32n;
    const wide = BigInt.asUintN(64, slotValue(64, random));
    const low = row.form === 'load' || row.form === 'store' ? wide & 0xffffn : wide;
    const imm = usesD ? BigInt(slot(k, 'd')) : ENDS_BLOCK.has(row.form) ? high | halt : low;
    return { op: row.code, a: results[k]!, b: slot(k, 'b'), c: slot(k, 'c'), imm };
  });
  const clears = cleared.map((k) => {
    const op = opcode(rows[k]?.result === 'v128' ? 'copy' : 'const');
    return { op, a: results[k]!, b: 1000, c: 0, imm: 7n };
  });
  return [...words, ...clears, { op: opcode('halt') }];
}

/** Where the run is and its state's hash. Halted and trapped states have no pc. */
const outcome = (machine: Machine): string => {
  const pc = machine.status === 'running' ? `, pc ${machine.pc}` : '';
  return `${machine.status} at ${machine.position}${pc}: ${machine.stateHash()}`;
};

describe('fusions', () => {
  const machine = createMachine(interpreterModule());

  test.each(FUSIONS.map((fusion, i) => [fusion.text, i] as const))('%s', (_, number) => {
    const fusion = FUSIONS[number] as Fusion;
    const random = generator(number + 1);
    const words: WordFields[] = [];
    const starts = Array.from({ length: BLOCKS }, () => {
      const start = words.length;
      words.push(...blockOf(fusion, start, random));
      return start;
    });
    const image = imageOf(words);
    const decoded = new DataView(decodeCode(image.code).words.buffer);
    machine.load(image);
    let ran = 0;
    for (const start of starts) {
      const found = decoded.getUint16(start * DECODED_BYTES, true) - OPCODES.length;
      expect(FUSIONS[found]?.text).toBe(fusion.text);
      for (let round = 0; round < ROUNDS; round++) {
        const width = round % 2 === 0 ? 32 : 64;
        const values = Array.from({ length: PART_SLOTS * fusion.rows.length }, () =>
          slotValue(width, random),
        );
        const begin = (): void => {
          machine.start(start, values);
          machine.writeMemory(0, new Uint8Array(256).fill(0xc1));
        };
        const steps = words.length / BLOCKS - 1;
        begin();
        machine.run(steps);
        const fused = outcome(machine);
        begin();
        for (let i = 0; i < steps; i++) machine.run(1);
        expect(outcome(machine)).toBe(fused);
        if (machine.status === 'running') ran++;
      }
    }
    expect(ran, 'rounds that came to the end of the block').toBeGreaterThan(0);
  });

  test('programs come to the same states in one go, in pieces and step by step', () => {
    for (const work of workloads()) {
      machine.load(work.image);
      work.start(machine);
      const length = machine.run(Number.MAX_SAFE_INTEGER);
      expect(work.agrees(machine), work.name).toBe(true);
      expect(machine.status).toBe('halted');
      const end = machine.stateHash();
      work.start(machine);
      for (let piece = 1; machine.status === 'running'; piece = (piece * 7 + 3) % 10_007) {
        machine.run(piece);
      }
      expect(machine.position, work.name).toBe(length);
      expect(machine.stateHash(), work.name).toBe(end);
      const middle = Math.floor(length / 2);
      work.start(machine);
      machine.run(middle);
      const there = machine.stateHash();
      work.start(machine);
      machine.run(middle - 500);
      for (let i = 0; i < 500; i++) machine.run(1);
      expect(machine.stateHash(), work.name).toBe(there);
    }
  });

  test('a decoded word of the long blocks leads through them in parts', () => {
    const add = { op: opcode('i32.add.imm'), a: 0, b: 0, c: 0, imm: 1n };
    const words = Array.from({ length: 70_000 }, () => add);
    const image = imageOf([...words, { ...add, op: opcode('halt') }]);
    expect(new DataView(decodeCode(image.code).words.buffer).getUint16(2, true)).toBe(0);
    expect(
      new DataView(decodeCode(image.code).words.buffer).getUint16(10_000 * DECODED_BYTES + 2, true),
    ).toBe(60_001);
    machine.load(image);
    machine.start(0, []);
    expect(machine.run(65_537)).toBe(65_537);
    expect(machine.readSlot(0)).toBe(65_537n);
    expect(machine.run(1e9)).toBe(70_001 - 65_537);
    expect(machine.status).toBe('halted');
    expect(machine.readSlot(0)).toBe(70_000n);
  });
});

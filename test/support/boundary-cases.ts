/**
 * Steps at the ends of what the machine's numbers can be: the first and the last slot, leaf, word, byte and page, and operands whose
 * leaves come in every order. Effects are written out here, straight from docs/machine.md.
 */
import { opcode } from '../../vm/opcodes.ts';
import { codeWord, littleEndian, NaiveState, type WordFields } from './naive-state.ts';
import { FRAME, LOW, type StepCase, slotOf, U32 } from './step-builder.ts';
import { generator } from './values.ts';

export interface BoundaryCase extends StepCase {
  readonly opcode: number;
}

const random = generator(0xb0da);
const noise = (): bigint =>
  [0n, 32n, 64n, 96n].reduce((sum, at) => sum | (BigInt(random() | 1) << at), 0n);

class Cases {
  readonly all: BoundaryCase[] = [];

  /** A state about to execute the word, with noise in its slots a to d. */
  state(name: string, pc: number, fp: number, fields: Omit<WordFields, 'op'>): NaiveState {
    const state = new NaiveState();
    state.pc = pc;
    state.fp = fp;
    state.position = random();
    state.code.write(16 * pc, codeWord({ op: opcode(name), ...fields }));
    return state;
  }

  fill(state: NaiveState, ...offsets: readonly number[]): NaiveState {
    for (const offset of offsets) state.setSlot(state.fp + offset, noise());
    return state;
  }

  step(name: string, what: string, before: NaiveState, change: (after: NaiveState) => void): void {
    const after = before.clone();
    after.position++;
    after.pc++;
    change(after);
    this.all.push({ name: `${name}: ${what}`, opcode: opcode(name), before, after });
  }
}

/** Four operands in leaves 0 to 3, in every order, some of them in the same leaf. */
function orders(cases: Cases): void {
  for (let n = 0; n < 4 ** 4; n++) {
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => 8 * (Math.floor(n / 4 ** i) % 4) + i) as [
      number,
      number,
      number,
      number,
    ];
    const before = cases.fill(cases.state('select', 5, 0, { a, b, c, d }), a, b, c, d);
    if (n % 2 === 0) before.setSlot(d, noise() & ~U32);
    cases.step('select', `leaves ${[a, b, c, d].map((x) => x >> 3).join()}`, before, (after) => {
      after.setSlot(a, slotOf(before, n % 2 === 0 ? c : b));
    });
  }
}

/** Rule 5 from its other side: the last slot of the frames can be named by every operand. */
function lastSlots(cases: Cases): void {
  const high = 50_000;
  const fp = FRAME - 1 - high;
  for (const last of ['a', 'b', 'c', 'd'] as const) {
    const at = { a: 1, b: 2, c: 3, d: 4, [last]: high };
    const { a, b, c, d } = at;
    const before = cases.fill(cases.state('select', 9, fp, at), a, b, c, d);
    cases.step('select', `${last} is the last slot`, before, (after) => {
      after.setSlot(fp + a, slotOf(before, fp + b));
    });
  }
  const link = (before: NaiveState): bigint => BigInt(before.pc + 1) | (BigInt(before.fp) << 32n);
  for (const [a, c] of [
    [high, 0],
    [0, high],
    [high - 20_000, 20_000],
  ] as const) {
    const before = cases.fill(cases.state('call', 9, fp, { a, c, lo: 77 }), high);
    cases.step('call', `link in the last slot, ${a} + ${c}`, before, (after) => {
      after.pc = 77;
      after.fp = fp + a;
      after.setSlot(FRAME - 1, link(before));
    });
    const indirect = cases.state('call_indirect', 9, fp, { a, b: high, c, lo: 77, hi: 1 });
    cases.step('call_indirect', `of the last slot, ${a} + ${c}`, indirect, (after) => {
      after.pc = 77;
      after.fp = fp + a;
      after.setSlot(FRAME - 1, link(indirect));
    });
  }
  const before = cases.state('return', 9, fp, { c: high });
  before.setSlot(FRAME - 1, 5n | (6n << 32n));
  cases.step('return', 'by the last slot', before, (after) => {
    after.pc = 5;
    after.fp = 6;
  });
  for (const name of ['br_if', 'br_unless']) {
    const branch = cases.fill(cases.state(name, 9, fp, { b: high, lo: 3 }), high);
    cases.step(name, 'on the last slot', branch, (after) => {
      if (name === 'br_if') after.pc = 3;
    });
  }
}

/** Every word of a leaf, the first leaf of the code and the last. */
function words(cases: Cases): void {
  for (const leaf of [0, 1, 2 ** 18 - 1]) {
    for (let word = 0; word < 8; word++) {
      const before = cases.state('nop', 8 * leaf + word, 3, {});
      cases.step('nop', `word ${word} of leaf ${leaf}`, before, () => {});
      if (word === 7) continue;
      const value = noise();
      const wide = cases.state('v128.const', 8 * leaf + word, 3, { a: 1 });
      wide.code.write(16 * (8 * leaf + word + 1), littleEndian(value, 16));
      cases.step('v128.const', `word ${word} of leaf ${leaf}`, wide, (after) => {
        after.pc++;
        after.setSlot(4, value);
      });
    }
  }
}

const LOADS = {
  'i32.load8_u': 1,
  'i32.load16_u': 2,
  'i32.load': 4,
  'i64.load': 8,
  'v128.load': 16,
};
const STORES = {
  'i32.store8': 1,
  'i32.store16': 2,
  'i32.store': 4,
  'i64.store': 8,
  'v128.store': 16,
};

/** Accesses that end at a leaf's end, those that reach one byte beyond, the first byte of memory and the last one there can be. */
function edges(cases: Cases): void {
  const places = (width: number): readonly (readonly [number, number])[] => [
    [1, 0],
    [1, 128 - width],
    [1, 128 - width + 1],
    [1, 127],
    [1, 128],
    [1, 65536 - width],
    [65536, 2 ** 32 - width],
    [65536, 2 ** 31 - 1],
  ];
  for (const [names, isLoad] of [
    [LOADS, true],
    [STORES, false],
  ] as const) {
    for (const [name, width] of Object.entries(names)) {
      for (const [pages, address] of places(width)) {
        const lo = Math.min(address, 5);
        const before = cases.fill(cases.state(name, 17, 24, { a: 8, b: 0, c: 16, lo }), 8, 16);
        before.setSlot(24, (noise() & ~U32) | BigInt(address - lo));
        before.pages = pages;
        // Bytes on both sides, which must stay.
        for (let i = -16; i < width + 16; i++) {
          if (address + i >= 0 && address + i < 2 ** 32)
            before.memory.write(address + i, Uint8Array.of((random() & 0xff) | 1));
        }
        const bytes = before.memory.read(address, width);
        cases.step(name, `${width} bytes at ${address} of ${pages} pages`, before, (after) => {
          if (isLoad) {
            const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
            const old = slotOf(before, 32) & ~LOW;
            after.setSlot(32, width === 16 ? value : old | value);
          } else after.memory.write(address, before.slots.read(16 * 40, width));
        });
      }
    }
  }
}

export function boundaryCases(): readonly BoundaryCase[] {
  const cases = new Cases();
  orders(cases);
  lastSlots(cases);
  words(cases);
  edges(cases);
  return cases.all;
}

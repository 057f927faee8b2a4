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

/** Rule 5 asks for the slots that a form names and no others: what the other fields would name lies beyond the frames. */
function unused(cases: Cases): void {
  const near = FRAME - 50;
  const [b, c] = [0xffff, 0xffff];
  const constant = cases.fill(cases.state('const', 9, near, { a: 1, b, c, imm: LOW - 5n }), 1);
  cases.step('const', 'b and c beyond the frames', constant, (after) => {
    after.setSlot(near + 1, (slotOf(constant, near + 1) & ~LOW) | (LOW - 5n));
  });
  const copy = cases.fill(cases.state('copy', 9, near, { a: 1, b: 9, c }), 1, 9);
  cases.step('copy', 'c beyond the frames', copy, (after) => {
    after.setSlot(near + 1, slotOf(copy, near + 9));
  });
  // Each of a and c is in range, their sum, which a call's link would go to, is not.
  const [fp, a] = [FRAME - 50_000, 40_000];
  const sum = cases.fill(cases.state('i32.add', 9, fp, { a, b: 3, c: a }), 3, a);
  cases.step('i32.add', 'a + c beyond the frames', sum, (after) => {
    const result = (slotOf(sum, fp + 3) + slotOf(sum, fp + a)) & U32;
    after.setSlot(fp + a, (slotOf(sum, fp + a) & ~LOW) | result);
  });
}

/** Sizes of memory, written over slots of ones and of zeros, and growth at the end of the address space. */
function pages(cases: Cases): void {
  for (const size of [0, 1, 2, 777, 65535, 65536]) {
    for (const old of [0n, (1n << 128n) - 1n]) {
      const before = cases.state('memory.size', 9, 16, { a: 5 });
      before.pages = size;
      before.setSlot(21, old);
      cases.step(
        'memory.size',
        `${size} pages over ${old === 0n ? 'zeros' : 'ones'}`,
        before,
        (after) => {
          after.setSlot(21, (old & ~LOW) | BigInt(size));
        },
      );
    }
  }
  for (const limit of [65535, 65536, 65537, 65538, 2 ** 32 - 1]) {
    for (const [size, delta] of [
      [65534, 1],
      [65535, 1],
      [65535, 2],
      [65536, 0],
      [65536, 1],
    ] as const) {
      const before = cases.state('memory.grow', 9, 16, { a: 5, b: 6, lo: limit });
      before.pages = size;
      before.setSlot(22, BigInt(delta));
      const fits = size + delta <= Math.min(limit, 65536);
      cases.step('memory.grow', `${size} by ${delta} up to ${limit}`, before, (after) => {
        if (fits) after.pages = size + delta;
        after.setSlot(21, fits ? BigInt(size) : U32);
      });
    }
  }
}

/** Leaves of memory whose numbers are those of the slots' siblings: they are leaves of another tree all the same. */
function sameNumbers(cases: Cases): void {
  for (const [a, b] of [
    [8, 32],
    [32, 8],
  ] as const) {
    for (const leaf of [0, 1, 2, 4, 5]) {
      const before = cases.fill(cases.state('i32.load', 9, 0, { a, b, lo: 4 }), a);
      before.setSlot(b, BigInt(128 * leaf));
      before.memory.write(128 * leaf + 4, littleEndian(0x9a8b7c6dn, 4));
      cases.step('i32.load', `of memory leaf ${leaf} by slots ${b} to ${a}`, before, (after) => {
        after.setSlot(a, (slotOf(before, a) & ~LOW) | 0x9a8b7c6dn);
      });
    }
  }
}

export function boundaryCases(): readonly BoundaryCase[] {
  const cases = new Cases();
  orders(cases);
  lastSlots(cases);
  words(cases);
  edges(cases);
  unused(cases);
  pages(cases);
  sameNumbers(cases);
  return cases.all;
}

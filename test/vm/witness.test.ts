import { describe, expect, test } from 'vitest';
import { formOperands, memoryAccess } from '../../vm/forms.ts';
import { BY_NAME, OPCODES, type Opcode, opcode } from '../../vm/opcodes.ts';
import { verifyStep, WitnessError } from '../../vm/verify.ts';
import { buildWitness } from '../../vm/witness.ts';
import { codeWord, NaiveState } from '../support/naive-state.ts';
import { FRAME, OPERANDS, type StepCase } from '../support/step-builder.ts';
import { casesOf, generalCases } from '../support/step-cases.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function holds({ name, before, after }: StepCase): void {
  const step = verifyStep(before.code.root(), before.position, buildWitness(before));
  expect(`${name}: ${hex(step.previous)}`).toBe(`${name}: ${hex(before.hash())}`);
  expect(`${name}: ${hex(step.next)}`).toBe(`${name}: ${hex(after.hash())}`);
}

describe('the witness of a step proves the step', () => {
  test.each(OPCODES.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const cases = casesOf(row);
    expect(cases.length).toBeGreaterThan(0);
    for (const one of cases) holds(one);
  });

  test.each(generalCases().map((one) => [one.name, one] as const))('%s', (_, one) => holds(one));

  test('every form takes its last slot of the frames', () => {
    for (const form of Object.keys(OPERANDS)) {
      const row = OPCODES.find((r) => r.form === form) as Opcode;
      const state = new NaiveState();
      state.fp = FRAME - 1 - 40000;
      const last = ['call', 'callIndirect'].includes(form)
        ? { a: 20000, c: 20000 }
        : { a: 40000, c: 40000 };
      const word = codeWord({ op: row.code, ...last, b: 40000, lo: 40000 % 1024, hi: 1 });
      const operands = formOperands(word, state.fp);
      expect(`${form} ${operands.outOfRange}`).toBe(`${form} false`);
      expect(operands.slots.filter((slot) => slot < FRAME).at(-1)).toBe(FRAME - 1);
      state.code.write(0, word);
      const step = verifyStep(state.code.root(), 0, buildWitness(state));
      expect(step.previous).toEqual(state.hash());
    }
  });
});

describe('the size of a witness', () => {
  const size = (row: string, at: number): number =>
    buildWitness((casesOf(BY_NAME.get(row) as Opcode)[at] as StepCase).before).length;
  test('grows with what the form touches', () => {
    const code = 13 + 128 + 3;
    expect(size('nop', 0)).toBe(code + 64);
    expect(size('trap', 0)).toBe(code + 64);
    // Slots 1 to 3 of one leaf; the memory root.
    expect(size('i32.add', 0)).toBe(code + 128 + 8 + 32);
    // Slots root, region root and a bitmap.
    expect(size('halt', 0)).toBe(code + 32 + 32 + 1);
    expect(size('i32.load', 0)).toBe(code + 128 + 8 + 128 + 6);
    expect(size('call', 0)).toBe(code + 128 + 8 + 32);
  });

  test('ended, limited and lost states need their preimage only', () => {
    for (const { before } of generalCases().slice(0, 6)) {
      expect(buildWitness(before)).toEqual(before.preimage());
    }
  });
});

const sample = casesOf(BY_NAME.get('i32.store') as Opcode).find(({ name }) =>
  name.startsWith('i32.store: over two leaves'),
) as StepCase;

describe('a wrong witness', () => {
  const outcome = (code: Uint8Array, position: number, witness: Uint8Array): string => {
    try {
      return hex(verifyStep(code, position, witness).previous);
    } catch (error) {
      expect(error).toBeInstanceOf(WitnessError);
      return (error as WitnessError).code;
    }
  };

  test('is told apart by a code', () => {
    const { before } = sample;
    const witness = buildWitness(before);
    const code = before.code.root();
    const flip = (at: number): string => {
      const changed = witness.slice();
      changed[at] = (changed[at] as number) ^ 1;
      return outcome(code, 0, changed);
    };
    expect(flip(0)).toBe('tag');
    expect(outcome(code, 0, Uint8Array.of(2, ...witness.subarray(1)))).toBe('trailing');
    expect(outcome(code, 0, Uint8Array.of(7))).toBe('tag');
    expect(flip(13)).toBe('code-root');
    // Leaves of slots and memory belong to the state that they hash to.
    for (const at of [13 + 131, witness.length - 8]) {
      expect(flip(at)).toHaveLength(64);
      expect(flip(at)).not.toBe(hex(before.hash()));
    }
    const bits = witness.slice();
    bits[13 + 128] = 0x80;
    expect(outcome(code, 0, bits)).toBe('bitmap');
    const pages = witness.slice();
    pages[10] = 1;
    pages[12] = 1;
    expect(outcome(code, 0, pages)).toBe('pages');
    expect(outcome(new Uint8Array(32), 0, witness)).toBe('code-root');
  });

  test('of another state proves that state', () => {
    const state = new NaiveState();
    state.code.write(0, codeWord({ op: opcode('nop') }));
    const other = state.clone();
    other.fp = 8;
    const { previous } = verifyStep(state.code.root(), 0, buildWitness(other));
    expect(previous).toEqual(other.hash());
    expect(previous).not.toEqual(state.hash());
  });

  test('positions and roots that are none are refused', () => {
    const witness = Uint8Array.of(3);
    for (const position of [-1, 2 ** 48, 0.5, Number.NaN]) {
      expect(() => verifyStep(new Uint8Array(32), position, witness)).toThrow(RangeError);
    }
    expect(() => verifyStep(new Uint8Array(31), 0, witness)).toThrow(RangeError);
  });
});

describe('the operands of a form', () => {
  test('a call writes the return slot of the callee, an indirect one reads its index', () => {
    const operands = formOperands(
      codeWord({ op: opcode('call_indirect'), a: 10, b: 2, c: 3 }),
      100,
    );
    expect(operands.reads).toEqual([102]);
    expect(operands.writes).toEqual([113]);
  });

  test('an address is 33 bits wide', () => {
    const operands = formOperands(
      codeWord({ op: opcode('v128.store'), b: 1, c: 2, lo: 2 ** 32 - 1 }),
      0,
    );
    expect(memoryAccess(operands, (1n << 64n) - 1n)).toEqual({
      address: 2 ** 33 - 2,
      width: 16,
      write: true,
    });
    expect(memoryAccess(formOperands(codeWord({ op: opcode('copy') }), 0), 0n)).toBeUndefined();
  });

  test('a word is 16 bytes', () => {
    expect(() => formOperands(new Uint8Array(15), 0)).toThrow('15 bytes');
  });
});

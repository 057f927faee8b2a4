/** Builds the cases of one row of the opcode table: the state before a step and the state that must come after it. */
import type { Form, Opcode } from '../../vm/opcodes.ts';
import { codeWord, littleEndian, NaiveState, type WordFields } from './naive-state.ts';
import { generator, slotValue } from './values.ts';

export interface StepCase {
  readonly name: string;
  readonly before: NaiveState;
  readonly after: NaiveState;
}

/** Slots that frames may reach. */
export const FRAME = 2 ** 20 - 2 ** 10;
/** Masks of the low 32 and the low 64 bits. */
export const U32 = 0xffffffffn;
export const LOW = (1n << 64n) - 1n;

/** Little-endian integer of the bytes. */
export const fromBytes = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
export const slotOf = (state: NaiveState, slot: number): bigint =>
  fromBytes(state.slots.read(16 * slot, 16));

/** The slots that a form's operands name, as sums of fields. */
export const OPERANDS: Readonly<Partial<Record<Form, readonly string[]>>> = {
  brIf: ['b'],
  brUnless: ['b'],
  brTable: ['b'],
  cmpBranch: ['b', 'c'],
  cmpBranchImm: ['b'],
  call: ['ac'],
  callIndirect: ['b', 'ac'],
  return: ['c'],
  copy: ['a', 'b'],
  select: ['a', 'b', 'c', 'd'],
  const: ['a'],
  const128: ['a'],
  globalGet: ['a'],
  globalSet: ['b'],
  memorySize: ['a'],
  memoryGrow: ['a', 'b'],
  load: ['a', 'b'],
  store: ['b', 'c'],
  loadLane: ['a', 'b'],
  storeLane: ['b', 'c'],
  unary: ['a', 'b'],
  binary: ['a', 'b', 'c'],
  binaryImm: ['a', 'b'],
  ternary: ['a', 'b', 'c', 'd'],
  extractLane: ['a', 'b'],
  replaceLane: ['a', 'b', 'c'],
  shuffle: ['a', 'b', 'c'],
};

/** One row's cases, built from its own random sequence: the same on every run. */
export class Builder {
  readonly row: Opcode;
  readonly cases: StepCase[] = [];
  readonly random: () => number;

  /** Leaves of the code tree that the instruction may lie in. */
  readonly codeLeaves: number;

  constructor(row: Opcode, codeLeaves = 2 ** 18) {
    this.row = row;
    this.codeLeaves = codeLeaves;
    this.random = generator(0x9e37 + row.code);
  }

  below(limit: number): number {
    return this.random() % limit;
  }

  /**
   * A state about to execute the row; fields that `fields` leaves out are noise, which the form has to ignore. `slots` are
   * contents by offset from the frame.
   */
  state(
    fields: Partial<WordFields>,
    slots: Record<number, bigint> = {},
    second?: bigint,
  ): NaiveState {
    const state = new NaiveState();
    state.position = this.below(2 ** 31);
    state.pc = 8 * this.below(this.codeLeaves) + this.below(7);
    state.fp = 8 * this.below(2 ** 16);
    const noise = { a: 0xffff, b: 0xffff, c: 0xffff, lo: this.random(), hi: this.random() };
    if (fields.d !== undefined) noise.lo = ((noise.lo & ~0xffff) >>> 0) | fields.d;
    state.code.write(16 * state.pc, codeWord({ op: this.row.code, ...noise, ...fields }));
    if (second !== undefined) state.code.write(16 * (state.pc + 1), littleEndian(second, 16));
    for (const [offset, value] of Object.entries(slots))
      state.setSlot(state.fp + Number(offset), value);
    return state;
  }

  /** Something beside the leaves of the step, so that siblings are not all zero. */
  crowd(state: NaiveState): NaiveState {
    state.code.write(128 * (Math.floor(state.pc / 8) ^ 1), Uint8Array.of(1));
    state.slots.write(128 * this.below(2 ** 17), Uint8Array.of(2));
    state.memory.write(128 * this.below(2 ** 25), Uint8Array.of(3));
    return state;
  }

  /** Adds a case whose step goes to the next word and does what `change` does to the state. */
  step(name: string, before: NaiveState, change: (after: NaiveState) => void = () => {}): void {
    const after = before.clone();
    after.position++;
    after.pc += this.row.form === 'const128' || this.row.form === 'shuffle' ? 2 : 1;
    change(after);
    this.cases.push({ name: `${this.row.name}: ${name}`, before, after });
  }

  trap(name: string, before: NaiveState): void {
    this.step(name, before, (after) => {
      after.status = 'trapped';
    });
  }

  /** Adds a case that puts `value` into slot a: 16 bytes or the low 8, by the row's result. */
  result(name: string, before: NaiveState, a: number, value: bigint): void {
    this.step(name, before, (after) => {
      const old = slotOf(before, before.fp + a);
      after.setSlot(before.fp + a, this.row.result === 'v128' ? value : (old & ~LOW) | value);
    });
  }

  value(i = 0): bigint {
    const width = ([32, 64, 16, 8] as const)[i % 4] as 32;
    return slotValue(width, this.random);
  }
}

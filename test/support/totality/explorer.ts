/**
 * Steps from states of every kind, executed by the interpreter, by the checker of witnesses (vm/verify.ts) and by the reference
 * machine, and compared: whole states by their hashes, single words by what the reference wrote.
 */

import {
  CODE_WORDS,
  FRAME_SLOTS,
  LIMIT,
  MAX_PAGES,
  PAGE_BYTES,
  WORD_BYTES,
} from '../../../vm/constants.ts';
import { disassemble } from '../../../vm/disassemble.ts';
import { formOperands, memoryAccess, trapsByCode } from '../../../vm/forms.ts';
import { lower } from '../../../vm/lower/index.ts';
import { createMachine, type Machine } from '../../../vm/machine.ts';
import { OPCODES } from '../../../vm/opcodes.ts';
import type { Image } from '../../../vm/types.ts';
import { verifyStep } from '../../../vm/verify.ts';
import { readModule } from '../../../vm/wasm/index.ts';
import { buildWitness } from '../../../vm/witness.ts';
import { randomModule } from '../random-module.ts';
import { edges, generator } from '../values.ts';
import { SteppingReference } from './reference.ts';
import { type Place, randomContent, randomRegisters } from './states.ts';
import { flipBits, once, pick, type Random, type Reach, randomCode } from './words.ts';

/** A rule of docs/machine.md, "One step: the ordered decision": the one that decided the step. */
export type Rule = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** A step on which the implementations here agree. */
export interface Step {
  readonly codeRoot: Uint8Array;
  readonly position: number;
  readonly witness: Uint8Array;
  readonly previous: Uint8Array;
  readonly next: Uint8Array;
  readonly rule: Rule;
  /** Opcode of the word at pc; undefined if no code was read. */
  readonly opcode: number | undefined;
  /** Where it comes from, for messages. */
  readonly from: string;
}

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
const WIDTHS = { i32: 32, i64: 64, f32: 32, f64: 64, v128: 64 } as const;

const imageOf = (code: Uint8Array): Image => ({
  code,
  data: new Uint8Array(),
  entries: new Map(),
  signatures: new Map(),
  functions: [],
  memory: { initial: 0, maximum: 0 },
  wasm: new Uint8Array(),
});

/** Kinds of images, one after the other; the far ones and the deep one hash more, so they have fewer cases. */
const KINDS = ['near', 'top', 'program', 'near', 'top', 'program', 'near', 'far'] as const;
type Kind = (typeof KINDS)[number] | 'deep';
const CASES: Readonly<Record<Kind, number>> = {
  near: 1200,
  top: 1200,
  program: 300,
  far: 40,
  deep: 40,
};

const REACH: Readonly<Record<Kind, Reach>> = {
  near: 'near',
  top: 'mixed',
  program: 'near',
  far: 'far',
  deep: 'far',
};

/** Endless; throws an `Error` that names the case at the first disagreement. */
export class Explorer {
  readonly #seed: number;
  readonly #interpreter: WebAssembly.Module;
  #row = 0;

  constructor(interpreter: WebAssembly.Module, seed: number) {
    this.#interpreter = interpreter;
    this.#seed = seed;
  }

  /** `deep`: every 64th image fills the code tree to its last leaf, which takes seconds to hash. */
  *steps({ deep = false } = {}): Generator<Step, never> {
    const machine = createMachine(this.#interpreter);
    for (let i = 0; ; i++) {
      const kind: Kind = deep && i % 64 === 9 ? 'deep' : (KINDS[i % KINDS.length] as Kind);
      const random = generator(this.#seed * 1_000_003 + i);
      const where = `seed ${this.#seed}, image ${i} (${kind})`;
      if (kind === 'program') yield* this.#program(machine, random, where);
      else yield* this.#words(machine, random, kind, where);
    }
  }

  /** Random words, a new state for most steps. */
  *#words(machine: Machine, random: Random, kind: Kind, where: string): Generator<Step> {
    const reach = REACH[kind];
    const words = 1024;
    let code = randomCode(random, words, reach, this.#row);
    this.#row = (this.#row + words) % OPCODES.length;
    const base = kind === 'deep' ? CODE_WORDS - words : 0;
    if (kind === 'deep') {
      const whole = new Uint8Array(CODE_WORDS * WORD_BYTES);
      whole.set(code, base * WORD_BYTES);
      code = whole;
    }
    const place = { ...placeOf(random, kind), words: base + words };
    const image = imageOf(code);
    machine.load(image);
    machine.start(base, []);
    const codeRoot = machine.codeRoot();
    let at = random() % words;
    for (let i = 0; i < CASES[kind]; i++) {
      // Some go on from the state they have come to, ended ones too.
      const ended = machine.status !== 'running';
      const goesOn = machine.position < LIMIT && once(random, ended ? 12 : 4);
      if (i === 0 || !goesOn) {
        randomRegisters(random, machine, place, base + (at++ % words));
        randomContent(random, machine, place, wordAt(code, machine.pc));
      }
      const here = `${where}, step ${i}`;
      // Going back copies all slots in use, which is little for low frames only.
      if (place.frame < 1000 && once(random, 32)) {
        const count = 2 + (random() % 30);
        yield* this.#stretch(machine, image, codeRoot, here, count);
      } else yield this.#step(machine, image, codeRoot, here);
    }
  }

  /**
   * Steps one by one, then the same at once: the interpreter executes whole blocks in a run, and sequences of instructions as one,
   * but only if it may do more than one step.
   */
  *#stretch(
    machine: Machine,
    image: Image,
    codeRoot: Uint8Array,
    where: string,
    count: number,
  ): Generator<Step> {
    const start = machine.snapshot();
    for (let i = 0; i < count && (i === 0 || machine.status === 'running'); i++) {
      yield this.#step(machine, image, codeRoot, `${where} + ${i}`);
    }
    const [single, position] = [machine.stateHash(), machine.position];
    machine.restore(start);
    machine.run(position - start.position);
    if (machine.stateHash() !== single || machine.position !== position) {
      throw new Error(
        `${where}: ${count} single steps lead to ${single} at position ${position}, at once to ${machine.stateHash()} at ${machine.position}`,
      );
    }
  }

  /** A lowered module, with a few bits flipped or none, from its entry on. */
  *#program(machine: Machine, random: Random, where: string): Generator<Step> {
    const { bytes, type } = randomModule(random);
    const lowered = lower(readModule(bytes));
    const code = lowered.code.slice();
    for (let i = random() % 6; i > 0; i--) {
      const word = random() % (code.length / WORD_BYTES);
      flipBits(random, code.subarray(word * WORD_BYTES, (word + 1) * WORD_BYTES));
    }
    const image = { ...lowered, code };
    machine.load(image);
    const args = type.params.map((t) => pick(random, edges(WIDTHS[t])));
    const entry = image.entries.get('main') as number;
    machine.start(entry, args, new Map([[0, image.data]]), image.memory.initial);
    const codeRoot = machine.codeRoot();
    for (let i = 0; i < CASES.program; ) {
      const count = 1 + (random() % 60);
      yield* this.#stretch(machine, image, codeRoot, `${where}, step ${i}`, count);
      i += count;
      // An ended state steps to itself; but the step after the last position is none.
      if (machine.status === 'running' || (machine.position < LIMIT && once(random, 8))) continue;
      // It has ended: go on from anywhere, with what the run has left in slots and memory.
      machine.setRegisters({ pc: random() % (code.length / WORD_BYTES), fp: 8 * (random() % 4) });
    }
  }

  #step(machine: Machine, image: Image, codeRoot: Uint8Array, from: string): Step {
    const { pc, fp, position, status } = machine;
    const read = status === 'running' && position < LIMIT - 1 && pc < CODE_WORDS;
    const word = read ? wordAt(image.code, pc) : undefined;
    const fail = (what: string): never => {
      const text = word ? disassemble(word, wordAt(image.code, pc + 1), pc) : status;
      throw new Error(`${from}, pc ${pc}, fp ${fp}, position ${position}, ${text}: ${what}`);
    };
    let reference: SteppingReference | undefined;
    if (read) {
      reference = new SteppingReference(machine, image);
      reference.step();
    }
    const before = machine.stateHash();
    const rule = word ? ruleOf(machine, word) : undefined;
    const witness = buildWitness(machine);
    const { previous, next } = verifyStep(codeRoot, position, witness);
    if (hex(previous) !== before) fail(`the witness is of ${hex(previous)}, the state ${before}`);
    machine.run(1);
    const after = machine.stateHash();
    if (hex(next) !== after) fail(`the witness leads to ${hex(next)}, the interpreter to ${after}`);
    const difference = reference?.difference();
    if (difference) fail(difference);
    if (!read && status === 'running' && machine.status !== 'trapped') fail('did not trap');
    return {
      codeRoot,
      position,
      witness,
      previous,
      next,
      rule: decided(status, position, rule, machine),
      opcode: word ? (word[0] as number) | ((word[1] as number) << 8) : undefined,
      from,
    };
  }
}

function decided(
  status: Machine['status'],
  position: number,
  byWord: Rule | undefined,
  after: Machine,
): Rule {
  if (status !== 'running') return 1;
  if (position >= LIMIT - 1) return 2;
  if (byWord === undefined) return 3;
  return byWord === 8 && after.status === 'trapped' ? 7 : byWord;
}

/** Rules 4 to 6 by the word and the state; 8 otherwise, which may turn out to be 7. */
function ruleOf(machine: Machine, word: Uint8Array): Rule {
  const operands = formOperands(word, machine.fp);
  if (trapsByCode(operands, machine.pc)) {
    return operands.outOfRange && !trapsByCode({ ...operands, outOfRange: false }, machine.pc)
      ? 5
      : 4;
  }
  if (!operands.row?.width) return 8;
  const access = memoryAccess(operands, machine.readSlot(machine.fp + operands.b));
  if (!access) return 8;
  return access.address + access.width > machine.pages * PAGE_BYTES ? 6 : 8;
}

/** The word at pc, zero beyond the code. */
function wordAt(code: Uint8Array, pc: number): Uint8Array {
  const word = new Uint8Array(WORD_BYTES);
  word.set(code.subarray(pc * WORD_BYTES, (pc + 1) * WORD_BYTES));
  return word;
}

function placeOf(random: Random, kind: Kind): Omit<Place, 'words'> {
  const pages = [0, 1, 4095, 4096, MAX_PAGES - 1, random() % MAX_PAGES];
  if (kind === 'near') {
    const frame = pick(random, [0, 0, 8 * (random() % 1000), FRAME_SLOTS - 260]);
    return { frame, frames: 16, pages };
  }
  if (kind === 'far') return { frame: random() % (FRAME_SLOTS - 2 ** 18), frames: 16, pages };
  // Near the end of the frames what a far operand names is out of range, and so not hashed.
  return { frame: FRAME_SLOTS - 160, frames: 164, pages };
}

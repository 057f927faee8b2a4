/** Code words under construction: a growing buffer, labels, and the targets that are filled in at the end. */
import { CODE_WORDS, WORD_BYTES, WORDS_PER_LEAF } from '../constants.ts';
import { opcode } from '../opcodes.ts';
import { OPPOSITE_BRANCH } from './comparisons.ts';
import { LoweringError } from './errors.ts';

/** A place in the code; -1 until it is bound. */
export interface Label {
  pc: number;
  /** Whether a word names it as its target. */
  used: boolean;
}

export const label = (): Label => ({ pc: -1, used: false });

/** Fields of a word; those left out are 0. */
export interface Fields {
  readonly a?: number;
  readonly b?: number;
  readonly c?: number;
  readonly lo?: number;
  readonly hi?: number;
  /** Its pc becomes `lo`. */
  readonly target?: Label;
}

/** A conditional branch without its target. */
export interface Condition {
  readonly op: number;
  readonly b: number;
  readonly c?: number;
  readonly hi?: number;
}

const NOP = opcode('nop');
const JUMP = opcode('jump');
const CALLS: ReadonlySet<number> = new Set([opcode('call'), opcode('call_indirect')]);
/** Jumps that lead to jumps are followed so far; a bound, because they may go in a circle. */
const HOPS = 8;

export class Assembler {
  #bytes = new Uint8Array(1024 * WORD_BYTES);
  #view = new DataView(this.#bytes.buffer);
  readonly #targets: (Label | undefined)[] = [];
  /** Words that are certain to follow; they count against the limit at once. */
  #reserved = 0;
  /** Words below this are not taken back. */
  #fixed = 0;

  /** The pc of the next word. */
  get pc(): number {
    return this.#targets.length;
  }

  /** Binds a label here. A jump to it that ends just here is taken back, unless something else leads behind that jump. */
  bind(place: Label): void {
    const last = this.pc - 1;
    if (last >= this.#fixed && this.#targets[last] === place && this.#opAt(last) === JUMP) {
      this.#targets.pop();
    }
    place.pc = this.pc;
    this.#fixed = this.pc;
  }

  /** The words up to here keep their places. */
  fix(): void {
    this.#fixed = this.pc;
  }

  /** Claims words that will be emitted later (negative: returns them), so that a refusal comes before memory is spent. */
  reserve(words: number): void {
    this.#reserved += words;
    this.#checkSize(0);
  }

  emit(op: number, fields: Fields = {}): number {
    this.#checkSize(1);
    const at = this.pc * WORD_BYTES;
    if (at === this.#bytes.length) this.#grow();
    const view = this.#view;
    view.setUint16(at, op, true);
    view.setUint16(at + 2, fields.a ?? 0, true);
    view.setUint16(at + 4, fields.b ?? 0, true);
    view.setUint16(at + 6, fields.c ?? 0, true);
    view.setUint32(at + 8, fields.lo ?? 0, true);
    view.setUint32(at + 12, fields.hi ?? 0, true);
    if (fields.target) fields.target.used = true;
    return this.#targets.push(fields.target) - 1;
  }

  /** A two-word form, moved to the next leaf where it would straddle. */
  emitTwo(op: number, fields: Fields, second: Uint8Array): void {
    if (this.pc % WORDS_PER_LEAF === WORDS_PER_LEAF - 1) this.emit(NOP);
    this.emit(op, fields);
    const at = this.emit(NOP) * WORD_BYTES;
    this.#bytes.set(second, at);
  }

  jump(target: Label): void {
    this.emit(JUMP, { target });
  }

  /** Branches if the condition holds (`wanted`) or fails (not `wanted`). */
  branch(condition: Condition, wanted: boolean, target: Label): void {
    const { op } = condition;
    const opposite = OPPOSITE_BRANCH.get(op);
    if (wanted || opposite !== undefined) {
      this.emit(wanted ? op : opposite!, { ...condition, target });
      return;
    }
    const holds = label();
    this.emit(op, { ...condition, target: holds });
    this.jump(target);
    this.bind(holds);
  }

  /**
   * Jumps back to the start of a loop. If the loop starts by branching out of itself, the test is made here a second
   * time, the other way round: one step fewer for every iteration but the last.
   */
  jumpBack(start: Label): void {
    const exit = this.#targets[start.pc];
    const at = start.pc * WORD_BYTES;
    const opposite = exit && OPPOSITE_BRANCH.get(this.#opAt(start.pc));
    if (opposite === undefined || start.pc >= this.pc) {
      this.jump(start);
      return;
    }
    this.emit(opposite, {
      b: this.#view.getUint16(at + 4, true),
      c: this.#view.getUint16(at + 6, true),
      hi: this.#view.getUint32(at + 12, true),
      target: { pc: start.pc + 1, used: true },
    });
    this.jump(exit!);
  }

  /** Fills in all targets and returns the words. */
  finish(): Uint8Array {
    this.#targets.forEach((target, pc) => {
      if (!target) return;
      const end = CALLS.has(this.#opAt(pc)) ? target.pc : this.#follow(target.pc);
      this.#view.setUint32(pc * WORD_BYTES + 8, end, true);
    });
    return this.#bytes.slice(0, this.pc * WORD_BYTES);
  }

  #opAt(pc: number): number {
    return this.#view.getUint16(pc * WORD_BYTES, true);
  }

  #follow(pc: number): number {
    let end = pc;
    for (let hop = 0; hop < HOPS; hop++) {
      const next = this.#targets[end];
      if (!next || this.#opAt(end) !== JUMP) break;
      end = next.pc;
    }
    return end;
  }

  #checkSize(more: number): void {
    if (this.pc + this.#reserved + more < CODE_WORDS) return;
    throw new LoweringError(
      'code-size',
      `the module needs ${CODE_WORDS} code words or more, and a machine holds fewer: split or shrink the module`,
    );
  }

  #grow(): void {
    const bytes = new Uint8Array(2 * this.#bytes.length);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** The interpreter's loop: one case for each instruction, and one for each fusion. */

import { ENDS_BLOCK } from '../../vm/forms.ts';
import { FUSIONS } from '../../vm/fusions.ts';
import { OPCODES, type Opcode } from '../../vm/opcodes.ts';
import { control } from './control.ts';
import { partsOf, straight, type Value } from './straight.ts';
import { STRIDE } from './word.ts';

const TWO_WORDS = new Set(['const128', 'shuffle']);

function body(
  rows: readonly Opcode[],
  fusion = { rows, forwards: [], dead: [] } as (typeof FUSIONS)[number],
): string {
  const values: (Value | undefined)[] = [];
  const lines: string[] = [];
  for (let k = 0; k < rows.length; k++) {
    const part = partsOf(fusion, values)[k]!;
    if (ENDS_BLOCK.has(part.row.form)) {
      lines.push(`{ ${control(part)} }`, 'break;');
      return lines.join('\n        ');
    }
    const { text, value } = straight(part)!;
    values.push(value);
    lines.push(text);
  }
  const words = rows.length + (TWO_WORDS.has(rows[0]!.form) ? 1 : 0);
  lines.push(`w += ${STRIDE * words};`, 'continue;');
  return lines.join('\n        ');
}

const PREAMBLE = `import { CODE, FRAME_SLOTS, GLOBALS, HALTED, MASKS, OUT_OF_MEMORY, SLOTS, STEP, STEP_WORDS, STRADDLE, TRAPPED, TWO_WORDS } from '../layout';
import { readable, scatter, writable } from '../memory';
import { registers } from '../registers';

@inline
function canonical32(x: f32): f32 {
  return select<f32>(x, reinterpret<f32>(<u32>0x7fc00000), x == x);
}

@inline
function canonical64(x: f64): f64 {
  return select<f64>(x, reinterpret<f64>(<u64>0x7ff8000000000000), x == x);
}

@inline
function canonical32x4(x: v128): v128 {
  return v128.bitselect(x, i32x4.splat(0x7fc00000), f32x4.eq(x, x));
}

@inline
function canonical64x2(x: v128): v128 {
  return v128.bitselect(x, i64x2.splat(0x7ff8000000000000), f64x2.eq(x, x));
}

/** The instruction at a word, whatever fusion begins there. */
@inline
function plain(w: usize): u32 {
  return <u32>load<u16>(registers.plain + ((w - CODE) >> 4));
}

/** Rule 5, for frames so high that an operand may lie outside. */
function outOfRange(w: usize, fp: u32): bool {
  const mask = load<u8>(MASKS + <usize>plain(w));
  const a = <u64>fp + <u64>(load<u32>(w, 4) >> 4);
  const c = <u64>(load<u32>(w, 12) >> 4);
  const end = <u64>FRAME_SLOTS;
  if ((mask & 1) && a >= end) return true;
  if ((mask & 2) && <u64>fp + <u64>(load<u32>(w, 8) >> 4) >= end) return true;
  if ((mask & 4) && <u64>fp + c >= end) return true;
  if ((mask & 8) && <u64>fp + <u64>load<u16>(w, 16) >= end) return true;
  return (mask & 16) != 0 && a + c >= end;
}

/** Puts the registers where the loop is; \`w\` may lie among the words copied to STEP. */
function leave(w: usize, limit: u64): void {
  const at = w < CODE ? registers.stepFrom + (w - STEP) : w;
  registers.pc = <u32>((at - CODE) >> 5);
  registers.pages = <u32>(limit >> 16);
}

/** Copies \`count\` instructions without fusions to STEP: a part of a block, which leads back behind itself. */
function part(w: usize, count: u32): void {
  registers.stepFrom = w;
  let to = STEP;
  let from = w;
  for (let i: u32 = 0; i < count; i++) {
    const op = plain(from);
    const bytes: usize = load<u8>(MASKS + <usize>op) & TWO_WORDS ? 64 : 32;
    memory.copy(to, from, bytes);
    store<u16>(to, <u16>op);
    store<u16>(to, <u16>(count - i), 2);
    to += bytes;
    from += bytes;
  }
  store<u32>(to, BACK);
}
`;

const RUN = `
/** Executes up to \`budget\` steps from the word at \`w\` and returns what is left of them. */
function execute(w: usize, budget: i64): i64 {
  let left = budget;
  let limit = (<u64>registers.pages) << 16;
  let frame = SLOTS + ((<usize>registers.fp) << 4);
  while (true) {
    const length = <i64>load<u16>(w, 2);
    left -= length;
    if (left < 0) {
      left += length;
      if (left == 0) {
        leave(w, limit);
        return 0;
      }
      const count = min<i64>(left, STEP_WORDS);
      part(w, <u32>count);
      left -= count;
      w = STEP;
    }
    while (true) {
      switch (load<u16>(w)) {
CASES
      }
      break;
    }
  }
}

/**
 * Executes up to n steps and returns how many it did: fewer if the machine halts or traps (that step included), or if
 * there is no memory for a page.
 */
export function run(n: f64): f64 {
  if (!(n >= 1)) return 0;
  const total = <i64>n;
  let left = total;
  while (left > 0 && registers.status == 0) {
    const fp = registers.fp;
    const w = CODE + ((<usize>registers.pc) << 5);
    if (registers.pc >= registers.words || (fp > registers.safeFp && outOfRange(w, fp))) {
      registers.status = TRAPPED;
      left--;
    } else if (fp > registers.safeFp) {
      part(w, 1);
      left += execute(STEP, 1) - 1;
    } else {
      left = execute(w, left);
    }
  }
  return <f64>(total - left);
}
`;

/** Text of vm/assembly/generated/steps.ts, without its head. */
export function steps(): string {
  const fused = FUSIONS.map((fusion) => ({ name: fusion.text, text: body(fusion.rows, fusion) }));
  const all = [...OPCODES.map((row) => ({ name: row.name, text: body([row]) })), ...fused];
  const long = all.length;
  const cases = all.map(
    ({ name, text }, i) => `        case ${i}: { // ${name}\n        ${text}\n        }`,
  );
  cases.push(`        case ${long}: { // a block too long to be counted at once
        if (left == 0) { leave(w, limit); return 0; }
        const count = min<i64>(left, STEP_WORDS);
        part(w, <u32>count);
        left -= count;
        w = STEP;
        continue;
        }
        default: { // the end of a part
        w = registers.stepFrom + (w - STEP);
        break;
        }`);
  return `${PREAMBLE}
/** Numbers behind the instructions' own. */
const BACK: u32 = ${long + 1};
${RUN.replace('CASES', () => cases.join('\n'))}`;
}

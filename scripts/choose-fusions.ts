/**
 * Chooses the interpreter's fusions (vm/fusions.ts) by what the benchmark's programs execute: pairs of neighbours that save most
 * dispatches are joined, and joined again with theirs, up to a number of parts. Prints the lines of the table.
 *
 *   node scripts/run.mjs scripts/choose-fusions.ts [COUNT] [LONGEST]
 */
import { workloads } from '../bench/workloads.ts';
import { WORD_BYTES } from '../vm/constants.ts';
import { ENDS_BLOCK, type FormOperands, formOperands } from '../vm/forms.ts';
import { isDead, isForwarded } from '../vm/fuse.ts';
import { createMachine } from '../vm/machine.ts';
import type { Form, Opcode } from '../vm/opcodes.ts';
import type { Image } from '../vm/types.ts';
import { compileWasm, readWasm } from './lib/models.ts';

const COUNT = Number(process.argv[2] ?? 200);
const LONGEST = Number(process.argv[3] ?? 8);
/** What saves less than this share of one program's dispatches isn't worth a case. */
const LEAST = 0.01;
/** Steps looked at in each workload, spread over its run, and how many at a time. */
const SAMPLES = 120;
const AT_ONCE = 1000;

const GIVES_VALUE: ReadonlySet<Form> = new Set(['load', 'unary', 'binary', 'binaryImm', 'ternary']);
const INNER: ReadonlySet<Form> = new Set([...GIVES_VALUE, 'store', 'copy', 'const', 'select']);
const LAST: ReadonlySet<Form> = new Set(['jump', 'brIf', 'brUnless', 'cmpBranch', 'cmpBranchImm']);

/** A block in the order of its instructions, and how often each was executed. */
interface Block {
  readonly instructions: readonly FormOperands[];
  readonly counts: readonly number[];
}

function blocksOf(image: Image, counts: ReadonlyMap<number, number>): Block[] {
  const blocks: Block[] = [];
  let instructions: FormOperands[] = [];
  let executed: number[] = [];
  const words = image.code.length / WORD_BYTES;
  for (let pc = 0; pc < words; ) {
    const word = formOperands(image.code.subarray(pc * WORD_BYTES, (pc + 1) * WORD_BYTES), 0);
    instructions.push(word);
    executed.push(counts.get(pc) ?? 0);
    pc += word.twoWords ? 2 : 1;
    if (!word.row || !ENDS_BLOCK.has(word.row.form)) continue;
    blocks.push({ instructions, counts: executed });
    instructions = [];
    executed = [];
  }
  return blocks;
}

const isVector = (type: string | undefined): boolean => type === 'v128';

/** The operand fields of a row with their types, as far as they can be taken from a value. */
function fields(row: Opcode): readonly (readonly ['b' | 'c' | 'd', string])[] {
  const names = ['b', 'c', 'd'] as const;
  switch (row.form) {
    case 'load':
    case 'brIf':
    case 'brUnless':
    case 'cmpBranchImm':
    case 'binaryImm':
      return [['b', row.form === 'load' ? 'i32' : (row.operands[0] as string)]];
    case 'store':
      return [
        ['b', 'i32'],
        ['c', row.width === 16 ? 'v128' : 'i64'],
      ];
    case 'select':
      return [['d', 'i32']];
    case 'unary':
    case 'binary':
    case 'ternary':
    case 'cmpBranch':
      return row.operands.map((type, i) => [names[i] as 'b', type]);
    default:
      return [];
  }
}

/** The line of the table for instructions [at, at + length) of a block. */
function describe({ instructions }: Block, at: number, length: number): string {
  const part = instructions.slice(at, at + length);
  const takers = part.map(() => new Set<number>());
  const marks = part.map(() => [] as string[]);
  part.forEach(({ row }, k) => {
    for (const [field, type] of fields(row as Opcode)) {
      for (let from = k - 1; from >= 0; from--) {
        const producer = part[from]?.row as Opcode;
        if (!GIVES_VALUE.has(producer.form)) continue;
        if (isVector(producer.result) !== isVector(type)) continue;
        if (!isForwarded(instructions, at + from, at + k, field)) continue;
        (marks[k] as string[]).push(`${field}${from}`);
        (takers[from] as Set<number>).add(at + k);
        break;
      }
    }
  });
  part.forEach(({ a, row }, k) => {
    if (!GIVES_VALUE.has((row as Opcode).form)) return;
    const forwardsOf = marks.flat().filter((mark) => mark.endsWith(String(k))).length;
    const reads = [...(takers[k] as Set<number>)]
      .flatMap((place) => (instructions[place] as FormOperands).reads)
      .filter((slot) => slot === a).length;
    if (reads !== forwardsOf) return;
    if (isDead(instructions, at + k, takers[k] as Set<number>)) (marks[k] as string[]).push('!');
  });
  return part.map(({ row }, k) => [row?.name, ...(marks[k] as string[])].join(' ')).join(' | ');
}

function mayJoin(block: Block, at: number, length: number): boolean {
  const part = block.instructions.slice(at, at + length);
  return part.every(({ row }, i) => {
    if (!row) return false;
    if (INNER.has(row.form)) return true;
    return i === length - 1 && LAST.has(row.form);
  });
}

const machine = createMachine(compileWasm(readWasm('interpreter')));
const blocks: Block[] = [];
for (const work of workloads().filter(({ kind }) => kind !== 'unseen')) {
  machine.load(work.image);
  work.start(machine);
  const length = machine.run(Number.MAX_SAFE_INTEGER);
  const stride = Math.max(AT_ONCE, Math.floor(length / SAMPLES));
  const counts = new Map<number, number>();
  work.start(machine);
  let seen = 0;
  while (machine.status === 'running') {
    for (let i = 0; i < AT_ONCE && machine.status === 'running'; i++, seen++) {
      counts.set(machine.pc, (counts.get(machine.pc) ?? 0) + 1);
      machine.run(1);
    }
    machine.run(stride - AT_ONCE);
  }
  // Every workload counts the same.
  const shares = new Map([...counts].map(([pc, count]) => [pc, count / seen]));
  blocks.push(...blocksOf(work.image, shares).filter((b) => b.counts.some((count) => count > 0)));
  console.error(`${work.name}: ${length} steps, ${seen} looked at`);
}

/** Lengths of the units that each block is cut into. */
const cuts = blocks.map((block) => block.instructions.map(() => 1));
const chosen = new Map<string, number>();
while (chosen.size < COUNT) {
  const gains = new Map<string, number>();
  blocks.forEach((block, i) => {
    let at = 0;
    (cuts[i] as number[]).forEach((length, unit) => {
      const next = (cuts[i] as number[])[unit + 1] ?? Number.POSITIVE_INFINITY;
      if (length + next <= LONGEST && mayJoin(block, at, length + next)) {
        const text = describe(block, at, length + next);
        gains.set(text, (gains.get(text) ?? 0) + (block.counts[at] as number));
      }
      at += length;
    });
  });
  const [best] = [...gains].sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1));
  if (!best) break;
  const [text, gain] = best;
  chosen.set(text, gain);
  blocks.forEach((block, i) => {
    const joined: number[] = [];
    let at = 0;
    const units = cuts[i] as number[];
    for (let unit = 0; unit < units.length; unit++) {
      const length = units[unit] as number;
      const both = length + (units[unit + 1] ?? Number.POSITIVE_INFINITY);
      if (both <= LONGEST && mayJoin(block, at, both) && describe(block, at, both) === text) {
        joined.push(both);
        at += both;
        unit++;
      } else {
        joined.push(length);
        at += length;
      }
    }
    cuts[i] = joined;
  });
}
// What was only a way to something longer isn't needed.
const used = new Map<string, number>();
blocks.forEach((block, i) => {
  let at = 0;
  for (const length of cuts[i] as number[]) {
    if (length > 1) {
      const text = describe(block, at, length);
      used.set(text, (used.get(text) ?? 0) + (block.counts[at] as number) * (length - 1));
    }
    at += length;
  }
});
const lines = [...used].filter(([, gain]) => gain >= LEAST).sort((x, y) => y[1] - x[1]);
for (const [text] of lines) console.log(text);
console.error(
  `${lines.length} fusions save ${lines.reduce((sum, [, gain]) => sum + gain, 0).toFixed(2)} of ${workloads().length} dispatches`,
);

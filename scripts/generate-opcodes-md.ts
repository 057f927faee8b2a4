/**
 * Writes docs/opcodes.md: every opcode with what a step of it costs, from the opcode table and a test of the contracts that measures.
 *
 *   node scripts/run.mjs scripts/generate-opcodes-md.ts [--check]
 *
 * With `--check` nothing is written; the exit status is 1 if the file isn't what would be written.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Form, OPCODES, type Opcode } from '../vm/opcodes.ts';
import { forgePath } from './lib/forge.ts';

const root = join(import.meta.dirname, '..');
const TARGET = 'docs/opcodes.md';
const FIGURES = 'build/vectors/opcode-gas.json';

/** Execution and whole transaction, at the depth of an MNIST-size model and at full depth. */
type Gas = readonly [number, number, number, number];

function run(command: string, args: readonly string[]): void {
  const { error, status, stdout } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (error) throw new Error(`could not run ${command}: ${error.message}; run \`npm ci\` first`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed (${status}):\n${stdout}`);
}

/** Runs the test that measures, and reads its figures. */
function measure(): ReadonlyMap<number, Gas> {
  run(process.execPath, ['contracts/test/tools/depth-vectors.ts']);
  run(forgePath(), ['test', '--match-contract', 'OpcodeGasTest']);
  const figures = JSON.parse(readFileSync(join(root, FIGURES), 'utf8')) as Record<string, Gas>;
  return new Map(Object.entries(figures).map(([code, gas]) => [Number(code), gas]));
}

const lane = ({ lanes }: Opcode): string => `lane (hi mod ${lanes})`;

/** What a step does to slots, memory and pc, in the notation of docs/machine.md. */
const EFFECT: Readonly<Record<Form, (row: Opcode) => string>> = {
  trap: () => 'trapped',
  nop: () => 'nothing',
  jump: () => 'pc = lo',
  brIf: () => 'b != 0: pc = lo',
  brUnless: () => 'b == 0: pc = lo',
  brTable: () => 'pc = pc + 1 + min(b, lo)',
  cmpBranch: ({ name }) => `${name.slice(3)}(b, c): pc = lo`,
  cmpBranchImm: ({ name }) => `${name.slice(3, -4)}(b, hi): pc = lo`,
  call: () => 'link in slot fp + a + c; fp = fp + a; pc = lo',
  callIndirect: () => 'b >= hi: trapped; else as call with pc = lo + b',
  return: () => 'pc and fp from slot c',
  halt: () => 'halted with the root of memory region 1',
  copy: () => 'a = b',
  select: () => 'a = d != 0 ? b : c',
  const: () => 'a = imm',
  const128: () => 'a = second word',
  globalGet: () => 'a = global lo',
  globalSet: () => 'global lo = b',
  memorySize: () => 'a = pages',
  memoryGrow: () => 'a = pages, pages = pages + b; a = -1 above min(lo, 65536)',
  load: ({ name, width }) => `a = ${name}(memory[b + lo, ${width}])`,
  store: ({ width }) => `memory[b + lo, ${width}] = low bytes of c`,
  loadLane: (row) => `a = a with ${lane(row)} = memory[b + lo, ${row.width}]`,
  storeLane: (row) => `memory[b + lo, ${row.width}] = ${lane(row)} of c`,
  unary: ({ name }) => `a = ${name}(b)`,
  binary: ({ name }) => `a = ${name}(b, c)`,
  binaryImm: ({ name }) => `a = ${name.slice(0, -4)}(b, imm)`,
  ternary: ({ name }) => `a = ${name}(b, c, d)`,
  extractLane: ({ lanes }) => `a = lane (lo mod ${lanes}) of b`,
  replaceLane: ({ lanes }) => `a = b with lane (lo mod ${lanes}) = c`,
  shuffle: () => 'a = bytes of (b, c) that the second word chooses',
};

const types = ({ operands, result }: Opcode): string =>
  `${operands.join(' ') || '-'} -> ${result ?? '-'}`;
const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ' ');

/** Cells padded, so that a formatter finds nothing to change. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = head.map((_, i) => rows.every((row) => /^[\d ]+$/.test(row[i] as string)));
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    isNumber[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

const GAS = ['MNIST: execution', 'MNIST: transaction', 'full: execution', 'full: transaction'];

function document(gas: ReadonlyMap<number, Gas>): string {
  const measured = OPCODES.filter(({ form }) => form !== 'trap').map((row) => {
    const figures = gas.get(row.code);
    if (!figures) throw new Error(`no gas was measured of ${row.name}`);
    return { row, figures };
  });
  const most = (of: typeof measured): string[] =>
    GAS.map((_, i) => grouped(Math.max(...of.map(({ figures }) => figures[i] as number))));
  const forms = [...new Set(measured.map(({ row }) => row.form))].map((form) => {
    const of = measured.filter(({ row }) => row.form === form);
    return [`\`${form}\``, String(of.length), ...most(of)];
  });
  forms.push(['all', String(measured.length), ...most(measured)]);
  const rows = measured.map(({ figures, row }) => [
    `0x${row.code.toString(16).padStart(4, '0')}`,
    `\`${row.name}\``,
    row.form,
    types(row),
    EFFECT[row.form](row),
    ...figures.map(grouped),
  ]);
  return `# Opcodes

<!-- Generated by scripts/generate-opcodes-md.ts from vm/opcodes.ts and contracts/test/OpcodeGas.t.sol; not to be edited. -->

Every instruction of the machine, and what the arbiter asks for a step of it. [machine.md](machine.md) gives the forms' effects in full.

**Gas.** _Execution_ is what \`Arbiter.step\` takes, the arithmetic unit's first use (2 600) included. _Transaction_ is a call of it sent on its
own: 21 000 and, by EIP-7623, the greater of execution and 4 a token, and 10 a token (a byte is 4 tokens, a zero byte one). Of several steps
of the opcode the dearest counts.

- _MNIST_: as deep as a digit classifier makes the trees: 2^8 leaves of code, a frame of 2^3 leaves with every operand in a leaf of its own, tensors of
  2^12 leaves, all siblings in them given.
- _full_: no zero subtree anywhere, operands as far apart as a code word lets them be, an access over two leaves in the middle of memory
  where they share no node but the root. Here the bytes of the witness decide (the floor), not what is executed.

Published figures of others, for one step: Arbitrum's WAVM 1 170 000 to 1 770 000 (floats and SIMD aren't decided there), Cannon 19 000 to
30 000 without its calldata.

## By form

${table(['form', 'opcodes', ...GAS], forms)}

## All

${table(['number', 'name', 'form', 'operands -> result', 'effect', ...GAS], rows)}
`;
}

const content = document(measure());
const path = join(root, TARGET);
if (!process.argv.includes('--check')) {
  writeFileSync(path, content);
  console.log(TARGET);
} else if (!existsSync(path) || readFileSync(path, 'utf8') !== content) {
  console.error(`${TARGET} is stale: run node scripts/run.mjs scripts/generate-opcodes-md.ts`);
  process.exitCode = 1;
}

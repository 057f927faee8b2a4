/** Writes the table of instructions in docs/machine.md from the opcode table; with --check, fails if it is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { OPCODES, type Opcode } from '../vm/opcodes.ts';

const PATH = 'docs/machine.md';
const [BEGIN, END] = ['<!-- instructions -->', '<!-- end -->'];

/** What the instructions of one line have in common. */
const traits = ({ form, lanes, operands, result, width }: Opcode): string =>
  [`\`${form}\``, operands.join(' '), result ?? '', width ?? '', lanes ?? ''].join(' | ');

function table(): string {
  const groups: Opcode[][] = [];
  for (const row of OPCODES) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (last && last.code + 1 === row.code && traits(last) === traits(row)) group?.push(row);
    else groups.push([row]);
  }
  const lines = groups.map((group) => {
    const [first] = group as [Opcode];
    const code = `0x${first.code.toString(16).padStart(4, '0')}`;
    return `| \`${code}\` | ${group.map(({ name }) => `\`${name}\``).join(' ')} | ${traits(first)} |`;
  });
  return [
    '| code | instructions | form | operands | result | width | lanes |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

const page = readFileSync(PATH, 'utf8');
const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
if (from < 0 || to < from) throw new Error(`${PATH} has no ${BEGIN} ... ${END}`);
const text = `${page.slice(0, from + BEGIN.length)}\n\n${table()}\n\n${page.slice(to)}`;
if (!process.argv.includes('--check')) writeFileSync(PATH, text);
else if (text !== page) {
  console.error(`${PATH} is stale: run node scripts/run.mjs scripts/generate-instruction-table.ts`);
  process.exit(1);
}

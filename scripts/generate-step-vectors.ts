/**
 * Writes test/vectors/steps.json: single steps of every opcode with their witness and the state hashes before and after.
 * `--check` writes nothing and fails if the file is stale. Run: node scripts/run.mjs scripts/generate-step-vectors.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StepCase } from '../test/support/step-builder.ts';
import { casesOf, generalCases } from '../test/support/step-cases.ts';
import { sameBytes } from '../vm/multiproof.ts';
import { OPCODES } from '../vm/opcodes.ts';
import { verifyStep } from '../vm/verify.ts';
import { buildWitness } from '../vm/witness.ts';

const FILE = fileURLToPath(new URL('../test/vectors/steps.json', import.meta.url).href);
/** Steps of a row of the value forms, which are many; a row of another form gives all of its steps. */
const STEPS_OF_VALUES = 3;
const MAX_BYTES = 3_000_000;

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

/** The first steps and, where a row has one, a trap of its own. */
function chosen(cases: readonly StepCase[]): readonly StepCase[] {
  const traps = cases.filter((one) => one.after.status === 'trapped');
  const own = traps.find((one) => !/operand|frame beyond/.test(one.name)) ?? traps[0];
  const others = cases.filter((one) => one !== own).slice(0, STEPS_OF_VALUES - (own ? 1 : 0));
  return own ? [...others, own] : others;
}

function vector(one: StepCase, code: number): Record<string, string | number> {
  const codeRoot = one.before.code.root();
  const witness = buildWitness(one.before);
  const { previous, next } = verifyStep(codeRoot, one.before.position, witness);
  if (!sameBytes(previous, one.before.hash()) || !sameBytes(next, one.after.hash())) {
    throw new Error(`step vectors: the checker and the case disagree on "${one.name}"`);
  }
  return {
    name: one.name,
    opcode: code,
    codeRoot: hex(codeRoot),
    position: one.before.position,
    witness: hex(witness),
    previous: hex(previous),
    next: hex(next),
  };
}

const MANY = new Set([
  'unary',
  'binary',
  'binaryImm',
  'ternary',
  'extractLane',
  'replaceLane',
  'cmpBranch',
  'cmpBranchImm',
]);
const steps = [
  ...generalCases().map((one) => vector(one, 0)),
  ...OPCODES.flatMap((row) => {
    const cases = casesOf(row);
    return (MANY.has(row.form) ? chosen(cases) : cases).map((one) => vector(one, row.code));
  }),
];
const text = `${JSON.stringify(
  {
    generator: 'scripts/generate-step-vectors.ts',
    specification: 'docs/machine.md: witness of one step; opcode 0 in cases that no row decides',
    steps: [],
  },
  null,
  1,
).replace('[]', `[\n${steps.map((step) => `  ${JSON.stringify(step)}`).join(',\n')}\n ]`)}\n`;
if (text.length > MAX_BYTES) {
  throw new Error(
    `step vectors: ${text.length} bytes, more than ${MAX_BYTES}: choose fewer steps a row`,
  );
}
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error('test/vectors/steps.json is stale: run scripts/generate-step-vectors.ts');
    process.exit(1);
  }
} else {
  writeFileSync(FILE, text);
  console.log(`${steps.length} steps of ${OPCODES.length} opcodes, ${text.length} bytes`);
}

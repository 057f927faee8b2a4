/**
 * Writes build/vectors/boundary-steps.bin: the steps of test/support/boundary-cases.ts with their witnesses, in the layout that
 * step-vectors.ts gives.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { boundaryCases } from '../../../test/support/boundary-cases.ts';
import { buildWitness } from '../../../vm/witness.ts';

const FILE = 'build/vectors/boundary-steps.bin';

const number = (value: number, width: number): Buffer => {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
};

const cases = boundaryCases();
const records = cases.map(({ name, opcode, before, after }) => {
  const witness = buildWitness(before);
  const title = Buffer.from(name);
  return Buffer.concat([
    number(title.length, 2),
    title,
    number(opcode, 2),
    Buffer.alloc(2),
    number(before.position, 6),
    before.code.root(),
    before.hash(),
    after.hash(),
    number(witness.length, 2),
    witness,
  ]);
});
mkdirSync('build/vectors', { recursive: true });
writeFileSync(FILE, Buffer.concat(records));
console.log(`${FILE}: ${cases.length} steps`);

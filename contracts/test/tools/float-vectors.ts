/**
 * Writes build/vectors/floats.bin for contracts/test/Floats.t.sol: every float instruction on special values in all pairs, with
 * what the engine computes. Test/support/float-batch.ts gives the layout of a record, which stands here backwards, so that its
 * numbers are big-endian.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  createBatch,
  FLOAT_OPCODES,
  lanesOf,
  RECORD_BYTES,
} from '../../../test/support/float-batch.ts';
import { type Bits, SPECIAL, TURNS, widthOf } from '../../../test/support/float-operands.ts';

const OUT = 'build/vectors';
const chunks: Buffer[] = [];
let total = 0;
for (const row of FLOAT_OPCODES) {
  const { count: lanes, type } = lanesOf(row);
  const values = SPECIAL[type];
  const wide = widthOf(type) === 64;
  const pairs: (readonly [Bits, Bits])[] =
    row.form === 'binary'
      ? values.flatMap((x) => values.map((y) => [x, y] as const))
      : [...values, ...TURNS[type]].map((x, i) => [x, values[i % values.length] as Bits] as const);
  const records = Math.ceil(pairs.length / lanes);
  const batch = createBatch(row, records);
  for (let i = 0; i < records; i++) {
    // A scalar's slot carries other bits above it, which mustn't matter.
    for (let word = 0; word < 8; word++) batch.words[16 * i + word] = 0x9e3779b9 * (i + word);
    for (let lane = 0; lane < lanes; lane++) {
      // What is left of the last record is filled up from the beginning.
      const [x, y] = pairs[(i * lanes + lane) % pairs.length] as readonly [Bits, Bits];
      const at = 16 * i + lane * (wide ? 2 : 1);
      [batch.words[at], batch.words[at + 4]] = [x[0], y[0]];
      if (wide) [batch.words[at + 1], batch.words[at + 5]] = [x[1], y[1]];
    }
  }
  batch.run(records);
  chunks.push(Buffer.from(batch.bytes.slice(0, records * RECORD_BYTES).reverse()));
  total += records;
}
mkdirSync(OUT, { recursive: true });
writeFileSync(`${OUT}/floats.bin`, Buffer.concat(chunks));
console.log(`${OUT}/floats.bin: ${total} records of ${FLOAT_OPCODES.length} instructions`);

/** Counts of sequences of words, which are numbers here. */
import {
  type Context,
  input,
  type Lowerings,
  number,
  numbers,
  string,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { writeNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { binary } from '../arithmetic.ts';
import { concat } from './assemble.ts';
import { asIndices, empty, gatherRows, indexTable, isWide } from './take.ts';

/** Names no column, so the result is 0 there. */
const ABSENT = 0x7fffffff;

function tfIdf(c: Context): Tensor {
  const { b } = c;
  const x = asIndices(b, input(c, 0));
  const pool = numbers(c, 'pool_int64s') ?? unsupported(`${where(c)}: words that are strings`);
  const starts = numbers(c, 'ngram_counts') ?? [];
  const targets = numbers(c, 'ngram_indexes') ?? [];
  const mode = string(c, 'mode');
  const [shortest, longest] = [number(c, 'min_gram_length'), number(c, 'max_gram_length')];
  const isBatch = x.shape.length === 2;
  const [rows = 0, columns = 0] = isBatch ? x.shape : [1, ...x.shape];
  const width = targets.reduce((most, target) => Math.max(most, target + 1), 0);
  const inRange = targets.every((target) => target >= 0 && target < 2 ** 24);
  const ascend = [...starts, pool.length].every((at, i, all) => i === 0 || at >= all[i - 1]!);
  if (!inRange || !ascend || x.shape.length < 1 || x.shape.length > 2) {
    malformed(`${where(c)}: ${describe(x)}, ngram_counts [${starts}]`);
  }
  const shape = isBatch ? [rows, width] : [width];
  if (rows * width === 0) return empty(b, { dtype: 'f32', shape });
  const counts: Tensor[] = [];
  /** For each column of the counts the number of its sequence in the pool. */
  const sequences: number[] = [];
  let sequence = 0;
  starts.forEach((start, i) => {
    const length = i + 1;
    const words = pool.slice(start, starts[i + 1]);
    const n = words.length / length;
    if (!Number.isInteger(n)) malformed(`${where(c)}: ${words.length} words in ${length}-grams`);
    if (n > 0 && columns > 0 && length >= shortest && length <= longest) {
      const skips = Math.max(0, Math.min(columns - 1, number(c, 'max_skip_count', 0)));
      const grams = b.constant({ dtype: 'i64', shape: [n, length] }, writeNumbers('i64', words));
      const type = { dtype: 'f32', shape: [rows, n] } as const;
      const attributes = [rows, columns, n, length, skips, isWide(b, x)];
      counts.push(b.call('nGrams', [x, grams], attributes, type));
      for (let j = 0; j < n; j++) sequences.push(sequence + j);
    }
    sequence += n;
  });
  if (targets.length !== sequence) malformed(`${where(c)}: ${targets.length} ngram_indexes`);
  if (counts.length === 0) {
    return b.constant({ dtype: 'f32', shape }, new Uint8Array(4 * count(shape)));
  }
  const sources = new Array<number>(width).fill(ABSENT);
  sequences.forEach((one, column) => {
    sources[targets[one]!] = column;
  });
  const found = gatherRows(b, concat(b, counts, 1), indexTable(b, sources), 1);
  return b.reshape(weighted(c, found, mode, targets, width), shape);
}

/** Counts (TF), 1 or 0 (IDF) or counts (TFIDF), times the weights. */
function weighted(
  c: Context,
  counts: Tensor,
  mode: string,
  targets: readonly number[],
  width: number,
): Tensor {
  const { b } = c;
  if (!['TF', 'IDF', 'TFIDF'].includes(mode)) unsupported(`${where(c)}: mode "${mode}"`);
  if (mode === 'TF') return counts;
  const weights = new Array<number>(width).fill(1);
  numbers(c, 'weights')?.forEach((weight, i) => {
    if (i < targets.length) weights[targets[i]!] = weight;
  });
  const row = (values: number[]): Tensor =>
    b.constant({ dtype: 'f32', shape: [values.length] }, writeNumbers('f32', values));
  const base = mode === 'IDF' ? binary(b, 'min', counts, row([1])) : counts;
  return binary(b, 'mul', base, row(weights));
}

export const TEXT: Lowerings = { TfIdfVectorizer: tfIdf };

import { DTYPES, type Dtype } from '../../graph.ts';
import type { Rule } from '../rule.ts';

const BY_NUMBER: ReadonlyMap<number, Dtype> = new Map(
  Object.entries(DTYPES).map(([dtype, { number }]) => [number, dtype as Dtype]),
);

/** Elements that one block in scratch holds. */
const BLOCK = 512;

export const CONVERT: Rule = {
  attributes: ['n', 'from', 'to'],
  check([, from = 0, to = 0]) {
    const unknown = [from, to].find((number) => !BY_NUMBER.has(number));
    return unknown === undefined ? undefined : `there is no element type ${unknown}`;
  },
  operands: ([n = 0, from = 0, to = 0]) => [
    [BY_NUMBER.get(from)!, n],
    [BY_NUMBER.get(to)!, n],
  ],
  scratch: ([n = 0]) => 8 * Math.min(n, BLOCK),
  cost: ([n = 0]) => 30 * n,
};

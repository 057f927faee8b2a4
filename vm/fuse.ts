/** Finds the fusions of a block. */
import type { FormOperands } from './forms.ts';
import { FUSIONS, type Fusion } from './fusions.ts';
import type { ValueType } from './opcodes.ts';

/** So far ahead is looked for the instruction that overwrites a slot. */
const HORIZON = 64;

const key = (codes: readonly number[]): string => codes.join(' ');

/** By the codes of their parts; those that save most come first. */
const BY_CODES = new Map<string, { readonly fusion: Fusion; readonly number: number }[]>();
FUSIONS.forEach((fusion, number) => {
  const at = key(fusion.rows.map((row) => row.code));
  BY_CODES.set(at, [...(BY_CODES.get(at) ?? []), { fusion, number }]);
});
for (const list of BY_CODES.values()) {
  const saved = ({ fusion }: { fusion: Fusion }): number =>
    fusion.dead.length + fusion.forwards.length;
  list.sort((x, y) => saved(y) - saved(x));
}
const LENGTHS = [...new Set(FUSIONS.map(({ rows }) => rows.length))].sort((x, y) => y - x);

/** Bytes of its slot that an instruction's result replaces. */
const written = (type: ValueType | undefined): number => (type === 'v128' ? 16 : 8);

/**
 * Whether nobody sees what instruction `from` puts into its slot: the block overwrites it before its end, and what reads it
 * before that is in `takers`.
 *
 * @param block the instructions of a block in order
 */
export function isDead(
  block: readonly FormOperands[],
  from: number,
  takers: ReadonlySet<number>,
): boolean {
  const { row, writes } = block[from] as FormOperands;
  const [slot] = writes;
  const end = Math.min(block.length - 1, from + HORIZON);
  for (let at = from + 1; at < end; at++) {
    const other = block[at] as FormOperands;
    if (other.reads.includes(slot as number) && !takers.has(at)) return false;
    if (other.writes.includes(slot as number)) {
      return written(other.row?.result) >= written(row?.result);
    }
  }
  return false;
}

/** Whether operand `field` of instruction `at` is what instruction `from` has put into its slot. */
export function isForwarded(
  block: readonly FormOperands[],
  from: number,
  at: number,
  field: 'b' | 'c' | 'd',
): boolean {
  const { a } = block[from] as FormOperands;
  if ((block[at] as FormOperands)[field] !== a) return false;
  const [slot] = (block[from] as FormOperands).writes;
  for (let i = from + 1; i < at; i++) {
    if ((block[i] as FormOperands).writes.includes(slot as number)) return false;
  }
  return true;
}

function fits({ dead, forwards }: Fusion, block: readonly FormOperands[], at: number): boolean {
  for (const { component, field, from } of forwards) {
    if (!isForwarded(block, at + from, at + component, field)) return false;
  }
  return dead.every((k) => {
    const takers = forwards.filter((f) => f.from === k);
    const places = new Set(takers.map((f) => at + f.component));
    if (!isDead(block, at + k, places)) return false;
    // A taker must not read the slot through another field as well.
    const [slot] = (block[at + k] as FormOperands).writes;
    return [...places].every((place) => {
      const { reads } = block[place] as FormOperands;
      const taken = takers.filter((f) => at + f.component === place).length;
      return reads.filter((read) => read === slot).length === taken;
    });
  });
}

/** Number of the longest fusion that begins at instruction `at` of a block; undefined if none does. */
export function fusionAt(block: readonly FormOperands[], at: number): number | undefined {
  for (const length of LENGTHS) {
    if (at + length > block.length) continue;
    const codes = block.slice(at, at + length).map(({ op }) => op);
    for (const { fusion, number } of BY_CODES.get(key(codes)) ?? []) {
      if (fits(fusion, block, at)) return number;
    }
  }
  return undefined;
}

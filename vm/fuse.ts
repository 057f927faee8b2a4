/** Finds the fusions of a block. */
import type { FormOperands } from './forms.ts';
import { FUSIONS, type Fusion } from './fusions.ts';
import type { Opcode, ValueType } from './opcodes.ts';

/** So far ahead is looked for the instruction that overwrites a slot. */
const HORIZON = 64;

/** By the code of their first part; the longest come first, and of one length those that save most. */
const BY_FIRST = new Map<number, { readonly fusion: Fusion; readonly number: number }[]>();
FUSIONS.forEach((fusion, number) => {
  const { code } = fusion.rows[0] as Opcode;
  BY_FIRST.set(code, [...(BY_FIRST.get(code) ?? []), { fusion, number }]);
});
for (const list of BY_FIRST.values()) {
  const saved = ({ fusion }: { fusion: Fusion }): number =>
    fusion.dead.length + fusion.forwards.length;
  list.sort((x, y) => y.fusion.rows.length - x.fusion.rows.length || saved(y) - saved(x));
}

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
  const candidates = BY_FIRST.get((block[at] as FormOperands).op) ?? [];
  return candidates.find(
    ({ fusion }) =>
      fusion.rows.every((row, k) => block[at + k]?.op === row.code) && fits(fusion, block, at),
  )?.number;
}

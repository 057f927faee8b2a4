/** Which scalar instruction says the opposite of another, and which says the same with its operands exchanged. */
import { BRANCH, BRANCH_IMM, BY_NAME, OPCODES, opcode } from '../opcodes.ts';

const OPPOSITES = 'eq ne lt_s ge_s lt_u ge_u gt_s le_s gt_u le_u'.split(' ');
const EXCHANGED: Readonly<Record<string, string>> = {
  ...Object.fromEntries('add mul and or xor min max eq ne'.split(' ').map((n) => [n, n])),
  lt_s: 'gt_s',
  lt_u: 'gt_u',
  le_s: 'ge_s',
  le_u: 'ge_u',
  gt_s: 'lt_s',
  gt_u: 'lt_u',
  ge_s: 'le_s',
  ge_u: 'le_u',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
};

const comparisons = new Set<number>();
const branches = new Map<number, number>();
const exchanged = new Map<number, number>();

for (const row of OPCODES) {
  const [type = '', operation = ''] = row.name.split('.');
  if (row.form === 'cmpBranch') comparisons.add(row.code - BRANCH);
  if (row.form !== 'binary' || !/^[if]\d\d$/.test(type)) continue;
  const other = BY_NAME.get(`${type}.${EXCHANGED[operation]}`);
  if (other) exchanged.set(row.code, other.code);
  // A float comparison with a NaN is false whichever way it is asked, so only eq and ne are opposites.
  const at = OPPOSITES.indexOf(operation);
  const opposite = at < 0 ? undefined : BY_NAME.get(`${type}.${OPPOSITES[at ^ 1]}`);
  if (!opposite) continue;
  branches.set(row.code + BRANCH, opposite.code + BRANCH);
  if (type === 'i32') branches.set(row.code + BRANCH_IMM, opposite.code + BRANCH_IMM);
}
branches.set(opcode('br_if'), opcode('br_unless'));
branches.set(opcode('br_unless'), opcode('br_if'));

/** Codes of the scalar comparisons that can fuse with a branch. */
export const COMPARISONS: ReadonlySet<number> = comparisons;
/** The branch that is taken exactly when this one isn't. */
export const OPPOSITE_BRANCH: ReadonlyMap<number, number> = branches;
/** f such that f(y, x) is this instruction of (x, y). Every NaN is canonical, so float add and the like commute. */
export const WITH_OPERANDS_EXCHANGED: ReadonlyMap<number, number> = exchanged;

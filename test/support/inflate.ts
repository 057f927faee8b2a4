/** Witnesses that say more than they need: the zero subtrees beside the path of the code leaf are given. */
import { CODE_DEPTH, LEAF_BYTES } from '../../vm/constants.ts';
import { HASH_BYTES, ZERO } from '../../vm/multiproof.ts';
import { CODE_BITMAP, HEADER_BYTES } from '../../vm/witness.ts';

/** The same step's witness with all siblings of its code leaf. It must have a code leaf. */
export function inflateCode(witness: Uint8Array): Uint8Array {
  const at = HEADER_BYTES + LEAF_BYTES;
  const bitmap = witness
    .subarray(at, at + CODE_BITMAP)
    .reduce((value, byte) => value * 256 + byte, 0);
  let from = at + CODE_BITMAP;
  const siblings: number[] = [];
  for (let height = 0; height < CODE_DEPTH; height++) {
    if ((bitmap >> height) & 1) {
      siblings.push(...witness.subarray(from, from + HASH_BYTES));
      from += HASH_BYTES;
    } else siblings.push(...(ZERO[height] as Uint8Array));
  }
  const all = 2 ** CODE_DEPTH - 1;
  const bytes = [all >> 16, (all >> 8) & 255, all & 255];
  return Uint8Array.of(
    ...witness.subarray(0, at),
    ...bytes,
    ...siblings,
    ...witness.subarray(from),
  );
}

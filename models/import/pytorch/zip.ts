/** Members of zip archives from strangers. */
import { unzipSync } from 'fflate';
import { malformed } from '../../compile/errors.ts';
import { ModelError } from '../../errors.ts';

/** Members of an archive at most. */
const MOST_MEMBERS = 100_000;

export const isZip = (file: Uint8Array): boolean =>
  file[0] === 0x50 && file[1] === 0x4b && file[2] === 3 && file[3] === 4;

/**
 * Members by path. Their directory is checked before anything is inflated: together they may be at most 20 times as long as
 * the archive, or 64 MiB. Weights hardly shrink, so this refuses bombs only.
 *
 * @throws ModelError BAD_NETWORK
 */
export function readZip(
  file: Uint8Array,
  wanted = (_path: string): boolean => true,
): Map<string, Uint8Array> {
  const limit = Math.max(20 * file.length, 2 ** 26);
  let members = 0;
  let total = 0;
  try {
    const found = unzipSync(file, {
      filter({ name, originalSize, size }) {
        if (++members > MOST_MEMBERS)
          malformed(`the archive has more than ${MOST_MEMBERS} members`);
        if (!wanted(name)) return false;
        total += Math.max(originalSize, size);
        if (total > limit) malformed(`the archive's members take more than ${limit} bytes`);
        return true;
      },
    });
    return new Map(Object.entries(found));
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError('BAD_NETWORK', 'the zip archive is damaged', { cause });
  }
}

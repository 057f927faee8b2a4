/** Planted faults: what a fuzzer is tested with. */

import { WORD_BYTES } from '../../vm/constants.ts';
import { opcode } from '../../vm/opcodes.ts';
import type { Image } from '../../vm/types.ts';

/** Changes images so that the machine executes the instruction `to` where the module says `from`. */
export function replaceOpcode(from: string, to: string): (image: Image) => Image {
  const [old, wrong] = [opcode(from), opcode(to)];
  return (image) => {
    const code = image.code.slice();
    const view = new DataView(code.buffer);
    for (let at = 0; at < code.length; at += WORD_BYTES) {
      if (view.getUint16(at, true) === old) view.setUint16(at, wrong, true);
    }
    return { ...image, code };
  };
}

import { lower } from '../vm/lower/index.ts';
import type { Image } from '../vm/types.ts';
import { checkKernelProfile, readModule, WasmError } from '../vm/wasm/index.ts';
import { ModelError } from './errors.ts';

const accepted = new WeakMap<Uint8Array, Image>();

/**
 * The image of a kernels file, once for each array: only what keeps the kernel profile (docs/kernels.md) is taken, because
 * only that gives the same bits natively and in the machine.
 *
 * Throws `ModelError` UNSUPPORTED_OPERATOR.
 */
export function readKernels(wasm: Uint8Array): Image {
  const known = accepted.get(wasm);
  if (known) return known;
  try {
    const module = readModule(wasm);
    checkKernelProfile(module);
    const image = lower(module);
    accepted.set(wasm, image);
    return image;
  } catch (cause) {
    if (!(cause instanceof WasmError)) throw cause;
    throw new ModelError('UNSUPPORTED_OPERATOR', `the kernels are refused: ${cause.message}`, {
      cause,
    });
  }
}

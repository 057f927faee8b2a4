/** The project's own WebAssembly; test/support/setup.ts has compiled it. */
import { compileWasm, readWasm } from '../../scripts/lib/models.ts';

let interpreter: WebAssembly.Module | undefined;

export function interpreterModule(): WebAssembly.Module {
  interpreter ??= compileWasm(readWasm('interpreter'));
  return interpreter;
}

export const kernelsWasm = (): Uint8Array => readWasm('kernels');

/** The project's own WebAssembly, compiled from its sources if that hasn't been done. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

function bytesOf(name: 'interpreter' | 'kernels'): Uint8Array {
  const path = `build/wasm/${name}.wasm`;
  if (!existsSync(path)) {
    execFileSync(process.execPath, ['scripts/run.mjs', 'scripts/build-wasm.ts', name]);
  }
  return new Uint8Array(readFileSync(path));
}

// The workers' types know no compilation from bytes, which Node has.
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
let interpreter: WebAssembly.Module | undefined;

export function interpreterModule(): WebAssembly.Module {
  interpreter ??= new Module(bytesOf('interpreter'));
  return interpreter;
}

export const kernelsWasm = (): Uint8Array => bytesOf('kernels');
export const compileModule = (bytes: Uint8Array): WebAssembly.Module => new Module(bytes);

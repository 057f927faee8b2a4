import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engines } from '../models/index.ts';
import { UserError } from './errors.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// The workers' types know no compilation from bytes, which Node has.
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;

function readWasm(name: 'interpreter' | 'kernels'): Uint8Array {
  const path = join(root, 'build', 'wasm', `${name}.wasm`);
  if (!existsSync(path)) {
    throw new UserError('NOT_BUILT', `${path} is missing; run npm run build in ${root}`);
  }
  return new Uint8Array(readFileSync(path));
}

/** The kernels and the interpreter that npm run build made, wherever the command is run. */
export function loadEngines(): Engines {
  const kernelsWasm = readWasm('kernels');
  return {
    kernels: new Module(kernelsWasm),
    kernelsWasm,
    interpreter: new Module(readWasm('interpreter')),
  };
}

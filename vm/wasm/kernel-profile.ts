import type { WasmModule } from '../types.ts';
import { WasmError } from './errors.ts';
import { OP } from './instructions.ts';

/**
 * Checks that functions of a module can be called as operators: they take i32 parameters only (addresses
 * and sizes) and return nothing, and the module has a memory, through which tensors come and go. No function asks
 * for the memory's size or grows it: a call in the machine starts with 65536 pages, a native one with fewer, so the
 * answers would differ. (The declared initial and maximum size don't matter.)
 *
 * @param operators names of the exports used; by default all exported functions
 * @throws WasmError with code `kernel-profile`
 */
export function checkKernelProfile(
  module: WasmModule,
  operators: readonly string[] = module.exports.map((e) => e.name),
): void {
  const refuse = (offset: number, message: string): never => {
    throw new WasmError('kernel-profile', offset, message);
  };
  if (!module.memory) {
    refuse(0, 'the module has no memory, so an operator could write no output: declare a memory');
  }
  for (const fn of module.functions) {
    const query = fn.body.find((i) => i.opcode === OP.memorySize || i.opcode === OP.memoryGrow);
    if (query) {
      refuse(
        query.offset,
        `${query.opcode === OP.memorySize ? 'memory.size' : 'memory.grow'} in a kernel: its result differs between hosts; use the addresses given`,
      );
    }
  }
  const exported = new Map(module.exports.map((e) => [e.name, e.functionIndex]));
  for (const name of operators) {
    const index = exported.get(name);
    const fn = index === undefined ? undefined : module.functions[index];
    if (!fn) {
      throw new WasmError(
        'kernel-profile',
        0,
        `the module exports no function "${name}": export it`,
      );
    }
    const offset = fn.body[0]?.offset ?? 0;
    const { params, results } = fn.type;
    const other = params.findIndex((type) => type !== 'i32');
    if (other >= 0) {
      refuse(
        offset,
        `operator "${name}" takes a ${params[other]} as parameter ${other}, operators take i32 only: pass it in memory`,
      );
    }
    if (results.length > 0) {
      refuse(
        offset,
        `operator "${name}" returns ${results.join(', ')}, operators return nothing: write the result to the output region`,
      );
    }
  }
}

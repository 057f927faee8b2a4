/**
 * The kernel profile: what a module must keep to so that its functions give the same bits natively, where one instance serves
 * many calls at addresses of the host's choice, and in the machine, where each call starts afresh. docs/kernels.md is its
 * specification; what no loader can see (accesses outside the operands, use of addresses as values) vm/sanitiser finds.
 */
import { PAGE_BYTES, REGION_BYTES } from '../../constants.ts';
import type { WasmModule } from '../../types.ts';
import { WasmError } from '../errors.ts';
import { describe, OP } from '../instructions.ts';
import { checkCalls } from './calls.ts';
import { checkDataFlow } from './data-flow.ts';
import { type Refuse, stackPointerOf } from './stack-pointer.ts';

export { KERNEL_LIMITS } from './limits.ts';
export { stackPointerOf } from './stack-pointer.ts';

const refuse: Refuse = (offset, message) => {
  throw new WasmError('kernel-profile', offset, message);
};

/** Instructions whose result or effect depends on the host or outlives the call. */
const REFUSED: ReadonlyMap<number, string> = new Map([
  [OP.memorySize, 'its result differs between hosts: use the addresses given'],
  [OP.memoryGrow, 'its result differs between hosts: use the addresses given'],
  [OP.memoryInit, 'passive segments stay dropped for the next call: use an active segment'],
  [OP.dataDrop, 'passive segments stay dropped for the next call: use an active segment'],
]);

/**
 * Checks that functions of a module can be called as operators, and that the whole module keeps the profile.
 *
 * @param operators names of the exports used; by default all exported functions
 * @throws WasmError with code `kernel-profile`
 */
export function checkKernelProfile(
  module: WasmModule,
  operators: readonly string[] = module.exports.map((e) => e.name),
): void {
  checkMemory(module);
  if (module.start !== undefined) {
    refuse(
      0,
      'the module has a start function, which a native instance runs once and the machine in every call: remove it',
    );
  }
  for (const fn of module.functions) {
    const bad = fn.body.find(({ opcode }) => REFUSED.has(opcode));
    if (bad) refuse(bad.offset, `${describe(bad.opcode)} in a kernel: ${REFUSED.get(bad.opcode)}`);
  }
  checkOperators(module, operators);
  const stackPointer = stackPointerOf(module, refuse);
  checkCalls(module, refuse);
  checkDataFlow(module, stackPointer?.index, refuse);
}

function checkMemory({ memory }: WasmModule): void {
  if (!memory) {
    refuse(0, 'the module has no memory, so an operator could write no output: declare a memory');
  }
  const bytes = (memory?.initial ?? 0) * PAGE_BYTES;
  if (bytes > REGION_BYTES) {
    refuse(
      0,
      `the memory starts with ${bytes} bytes; data and stack share a region of ${REGION_BYTES}: declare fewer pages`,
    );
  }
}

/** Operators take addresses and sizes, and return nothing. */
function checkOperators(module: WasmModule, operators: readonly string[]): void {
  const exported = new Map(module.exports.map((e) => [e.name, e.functionIndex]));
  for (const name of operators) {
    const index = exported.get(name);
    const fn =
      (index === undefined ? undefined : module.functions[index]) ??
      refuse(0, `the module exports no function "${name}": export it`);
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

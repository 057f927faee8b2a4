import { PAGE_BYTES } from '../../constants.ts';
import type { WasmModule } from '../../types.ts';

/** Ends the check with an error; `offset` is in the module. */
export type Refuse = (offset: number, message: string) => never;

export interface StackPointer {
  readonly index: number;
  /** Where the stack begins; it grows towards 0. */
  readonly initial: number;
}

/**
 * The one mutable global that a kernel may have: compilers of C keep the address of their stack in it. That every function
 * leaves it as found, the analysis of data flow checks; otherwise a native call would start where the one before has left it.
 */
export function stackPointerOf(module: WasmModule, refuse: Refuse): StackPointer | undefined {
  const mutable = module.globals.flatMap(({ mutable: is }, index) => (is ? [index] : []));
  const [index, another] = mutable;
  if (index === undefined) return undefined;
  if (another !== undefined) {
    refuse(
      0,
      `globals ${index} and ${another} are mutable and keep their values between native calls: a stack pointer is the only one that may be`,
    );
  }
  const { init, type } = module.globals[index]!;
  if (type !== 'i32') {
    refuse(
      0,
      `global ${index} is mutable and a ${type}: only a stack pointer, an i32, may be mutable`,
    );
  }
  const initial = new DataView(init.buffer, init.byteOffset).getUint32(0, true);
  const bytes = (module.memory?.initial ?? 0) * PAGE_BYTES;
  if (initial === 0 || initial > bytes) {
    refuse(
      0,
      `global ${index}, the stack pointer, starts at ${initial}: it must lie within the ${bytes} bytes that the memory starts with`,
    );
  }
  return { index, initial };
}

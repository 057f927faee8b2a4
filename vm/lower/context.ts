import type { FunctionType } from '../types.ts';
import type { Label } from './assembler.ts';

/** What a function may refer to. */
export interface ModuleContext {
  readonly types: readonly FunctionType[];
  readonly functions: readonly { readonly type: FunctionType; readonly start: Label }[];
  readonly tableLength: number;
  /** Pages. */
  readonly memoryMaximum: number;
  /** The words that a `call_indirect` of that type jumps into. */
  dispatch(type: FunctionType): Label;
  /** The routine of a bulk memory instruction. */
  routine(opcode: number, segment: number): Label;
  /** The global that says that a data segment has been dropped; undefined: nobody asks. */
  dropped(segment: number): number | undefined;
}

/** What the parts of the machine exchange: a validated module, a lowered image, a view of a state. */
import type { ValueType } from './opcodes.ts';

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** One decoded instruction. Numbers: plain opcodes as they are, 0xfc00 + n and 0xfd00 + n for the prefixed ones. */
export interface Instruction {
  readonly opcode: number;
  /** Offset in the module, for error messages. */
  readonly offset: number;
  /** block, loop, if: their type, parameters included. */
  readonly type?: FunctionType;
  /** Label depth, or index of a function, local, global, (call_indirect) type or data segment. */
  readonly index?: number;
  /** br_table: all labels; the last one is the default. */
  readonly labels?: readonly number[];
  /** Loads and stores: the constant offset, u32. */
  readonly memoryOffset?: number;
  readonly lane?: number;
  /** const: the 4, 8 or 16 bytes; shuffle: its 16 bytes. Little-endian. */
  readonly bytes?: Uint8Array;
}

export interface WasmFunction {
  readonly typeIndex: number;
  readonly type: FunctionType;
  /** Locals that aren't parameters. */
  readonly locals: readonly ValueType[];
  /** Ends with the function's own `end`. */
  readonly body: readonly Instruction[];
  /** From the name section or an export. */
  readonly name?: string;
}

/** A module that has passed validation and has no imports. */
export interface WasmModule {
  readonly bytes: Uint8Array;
  readonly types: readonly FunctionType[];
  readonly functions: readonly WasmFunction[];
  /** Number of entries and, for each, the function it holds (undefined: null). */
  readonly table: readonly (number | undefined)[];
  /** Pages; absent: no memory. */
  readonly memory?: { readonly initial: number; readonly maximum: number };
  /** `init` is the slot's 16 bytes. */
  readonly globals: readonly {
    readonly type: ValueType;
    readonly mutable: boolean;
    readonly init: Uint8Array;
  }[];
  /** Exported functions. */
  readonly exports: readonly { readonly name: string; readonly functionIndex: number }[];
  /** Exported globals. */
  readonly globalExports: readonly { readonly name: string; readonly globalIndex: number }[];
  readonly start?: number;
  /** Content of the linear memory from address 0 on, all active segments applied. */
  readonly data: Uint8Array;
  /** Content of each data segment that is passive; undefined: active, so dropped when a run starts. */
  readonly passive: readonly (Uint8Array | undefined)[];
}

/** A module lowered to code words: what a machine runs. */
export interface Image {
  /** Code words, 16 bytes each. */
  readonly code: Uint8Array;
  /** Content of memory region 0. */
  readonly data: Uint8Array;
  /** pc of the entry of each exported function. */
  readonly entries: ReadonlyMap<string, number>;
  /** Type of each exported function. */
  readonly signatures: ReadonlyMap<string, FunctionType>;
  /** Word ranges of the functions, ascending, end exclusive. */
  readonly functions: readonly {
    readonly name: string;
    readonly start: number;
    readonly end: number;
  }[];
  readonly memory: { readonly initial: number; readonly maximum: number };
  readonly wasm: Uint8Array;
}

/** Read access to a Merkle tree of 128-byte leaves. */
export interface TreeView {
  readonly depth: number;
  /** 128 bytes; not to be changed by the caller and valid until the machine moves on. */
  leaf(index: number): Uint8Array;
  /** Hash of the node at `height` (0: leaf hashes), or undefined for a subtree of zeros. */
  node(height: number, index: number): Uint8Array | undefined;
}

export type Status = 'running' | 'halted' | 'trapped';

/** Read access to one state: what a witness is built from. */
export interface StateView {
  readonly status: Status;
  /** Steps since the run's start. */
  readonly position: number;
  readonly pc: number;
  readonly fp: number;
  readonly pages: number;
  /** The 77, 33 or 1 bytes whose keccak256 is the state's hash. */
  preimage(): Uint8Array;
  readonly code: TreeView;
  readonly slots: TreeView;
  readonly memory: TreeView;
}

/** A 32-byte hash as 0x-prefixed lower-case hex, the form viem uses. */
export type Hash = `0x${string}`;

/**
 * A party's own execution of a claim, at both levels. Positions are safe integers.
 * Every method may replay; results are deterministic.
 */
export interface Trace {
  /** Number of graph steps N = L x T + 1. */
  readonly length: number;
  /** Graph state hashes at ascending positions 0..N; beyond the end the state absorbs. */
  graphHashes(positions: readonly number[]): Promise<Hash[]>;
  /** What `descend` needs for graph step g (the step from position g to g + 1). */
  descent(g: number): Promise<Descent>;
  /** The machine run of graph step g, when that step is a CALL. */
  machine(g: number): Promise<MachineTrace>;
}

/** The machine run of one operator call. */
export interface MachineTrace {
  /** Steps until the state is halted or trapped. */
  readonly length: number;
  /** Hash of the end state. */
  readonly end: Hash;
  /** Machine state hashes at ascending positions; at or beyond `length` the end state. */
  hashes(positions: readonly number[]): Promise<Hash[]>;
  /** The witness of the step from `position` to `position + 1`. */
  witness(position: number): Promise<Uint8Array>;
  /** The instruction that step executes, disassembled with its operands' values. */
  describe(position: number): Promise<StepDescription>;
}

export interface StepDescription {
  readonly pc: number;
  readonly fp: number;
  /** One line, as the disassembler prints it. */
  readonly text: string;
  /** Operand values read and the value written, as text. */
  readonly operands: readonly { readonly name: string; readonly value: string }[];
  /** Name of the function the instruction belongs to, where the image has names. */
  readonly kernel?: string;
}

/**
 * Calldata of `descend` for one graph step; which proofs are present depends on `kind`.
 * Proof bytes are multiproofs as in docs/machine.md (bitmap, then siblings).
 */
export interface Descent {
  readonly kind: 'call' | 'stopIf' | 'finish' | 'malformed' | 'absorb';
  /** Preimage of the graph state at position g (0x11 ..., 0x12 ..., 0x13). */
  readonly state: Uint8Array;
  /** The 128-byte instruction and its multiproof in the program tree; empty for finish and absorb. */
  readonly instruction: Uint8Array;
  readonly instructionProof: Uint8Array;
  /** Roots of the distinct slots the instruction names, ascending, and their joint multiproof. Finish and a true stopIf: then the outputs group's root, and in the proof the roots of the inputs group and of the rest. */
  readonly operandRoots: readonly Hash[];
  readonly operandProof: Uint8Array;
  /** stopIf: first leaf of the tested tensor and its multiproof. */
  readonly leaf: Uint8Array;
  readonly leafProof: Uint8Array;
  /** call: length of the machine run and the root it leaves in the output slot (ZERO if it trapped). */
  readonly steps: number;
  readonly outputRoot: Hash;
  readonly trapped: boolean;
}

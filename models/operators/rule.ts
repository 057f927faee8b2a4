import { DTYPES, type Dtype } from '../graph.ts';

/** Type of an operand: one dtype, or all whose elements have 1, 2, 4 or 8 bytes. */
export type OperandType = Dtype | 1 | 2 | 4 | 8;

/**
 * What one kernel asks of its operands. A rule must refuse whatever could make the kernel touch a byte outside of them,
 * for any content of its inputs: attributes come from whoever registers a model, contents from whoever asks.
 */
export interface Rule {
  /** Names of the u32 attributes, all of them. */
  readonly attributes: readonly string[];
  /** Those that may be 0. */
  readonly zeros?: readonly string[];
  /** What is wrong with attributes that are in range by themselves, if anything. */
  check?(attributes: readonly number[]): string | undefined;
  /** Type and element count of each input, then of the output. */
  operands(
    attributes: readonly number[],
  ): readonly (readonly [type: OperandType, elements: number])[];
  /** Bytes of scratch; none if absent. */
  scratch?(attributes: readonly number[]): number;
  /** Whether the call keeps a part of its output's content: it may read what it hasn't written. */
  updates?(attributes: readonly number[]): boolean;
  /** Instructions of the machine that a call takes, about; what calls are split by. 8 an output element if absent. */
  cost?(attributes: readonly number[]): number;
}

/** Rules by the name of the kernel's export. */
export type Rules = Readonly<Record<string, Rule>>;

/** Product of sizes that are attributes; beyond the safe integers it stays beyond them. */
export const product = (...sizes: readonly number[]): number => sizes.reduce((x, y) => x * y, 1);

/** Whether a tensor of `dtype` may be an operand of `type`. */
export function fits(dtype: Dtype, type: OperandType): boolean {
  return typeof type === 'number' ? DTYPES[dtype].bytes === type : dtype === type;
}

/** Bytes of one element. */
export const elementBytes = (type: OperandType): number =>
  typeof type === 'number' ? type : DTYPES[type].bytes;

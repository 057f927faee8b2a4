/**
 * A network as an importer reads it from a file, before shapes are known: nodes of named values. Importers of all formats
 * make this one form; docs/networks.md describes it. The vocabulary is ONNX's (operator names, attributes, meaning, by
 * opset); what ONNX cannot say has a name with a prefix, such as `tflite:CONV_2D`.
 */
import type { Dtype } from '../graph.ts';

/** A tensor's content: little-endian, row-major; `bool` is one byte, 0 or 1. */
export interface TensorData {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A tensor, or a list of values; an optional value is a list of none or one. */
export type ValueData = TensorData | readonly ValueData[];

/**
 * Value of an attribute. Integers are JavaScript numbers: an importer clamps what lies beyond the safe integers, since such
 * values are only used as bounds ("to the end").
 */
export type AttributeValue =
  | number
  | string
  | TensorData
  | Network
  | readonly number[]
  | readonly string[]
  | readonly TensorData[]
  | readonly Network[];

export interface Node {
  /** `Conv`, or with a prefix for operators outside ONNX's standard domain: `tflite:CONV_2D`, `ai.onnx.ml:Scaler`. */
  readonly op: string;
  /** Version of the operator set that says what the node means; 1 for prefixes of our own. */
  readonly opset: number;
  /** As the file names it; for messages. */
  readonly name: string;
  /** Names of values; '' for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A dimension: a size, or the name of one that is known only when the network is compiled. */
export type Dimension = number | string;

export interface NetworkInput {
  readonly name: string;
  readonly dtype: Dtype;
  /** Absent if the file doesn't tell the rank. */
  readonly shape?: readonly Dimension[];
  /** A list of tensors of this type instead of one (ONNX's sequences); `optional`: or nothing. */
  readonly kind?: 'sequence' | 'optional';
}

export interface Network {
  readonly name: string;
  readonly inputs: readonly NetworkInput[];
  /** Names of the values that are its results. */
  readonly outputs: readonly string[];
  /** Weights and other constants by name. */
  readonly constants: ReadonlyMap<string, TensorData>;
  /** In an order in which every value is made before it is used. A subgraph may use values of the graph around it. */
  readonly nodes: readonly Node[];
}

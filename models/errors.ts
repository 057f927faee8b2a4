/** What a `ModelError` is about; callers tell them apart by it. */
export type ModelErrorCode =
  /** The model file isn't one, is damaged, or isn't in the one canonical form. */
  | 'BAD_BUNDLE'
  /** The graph breaks a rule of docs/protocol.md. */
  | 'BAD_GRAPH'
  /** The file of a network is damaged, or the network contradicts itself. */
  | 'BAD_NETWORK'
  /** Something must be known when a network is compiled and isn't: a dimension, or the content of an input. */
  | 'NOT_STATIC'
  /** The kernels don't have what the graph calls, or its shapes don't fit the kernel. */
  | 'UNSUPPORTED_OPERATOR'
  /** An input's number of bytes isn't what its slot's dtype and shape say, or inputs are missing. */
  | 'BAD_INPUT'
  /** The number of iterations isn't between 1 and the model's maximum. */
  | 'BAD_ITERATIONS'
  /** The tensors don't fit the memory there is. */
  | 'OUT_OF_MEMORY'
  /** A kernel trapped natively, which checked shapes rule out: the kernels are not the ones they claim to be. */
  | 'KERNEL_TRAP'
  /** The files at hand don't give the roots that are registered. */
  | 'REGISTRATION_MISMATCH'
  /** A position, step or slot that doesn't exist or isn't of the kind asked for. */
  | 'OUT_OF_RANGE';

/** Every error of `models/` that its caller can do something about. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * `frame`: a function needs more slots than an operand field can name. `code-size`: the image has too many words. `globals`: none
 * is left for the data segments that can be dropped.
 */
export type LoweringErrorCode = 'frame' | 'code-size' | 'globals';

/** A valid module that doesn't fit the machine. */
export class LoweringError extends Error {
  override readonly name = 'LoweringError';
  readonly code: LoweringErrorCode;

  constructor(code: LoweringErrorCode, message: string) {
    super(`${message} (${code})`);
    this.code = code;
  }
}

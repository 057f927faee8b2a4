/** `frame`: a function needs more slots than an operand field can name. `code-size`: the image has too many words. */
export type LoweringErrorCode = 'frame' | 'code-size';

/** A valid module that doesn't fit the machine. */
export class LoweringError extends Error {
  override readonly name = 'LoweringError';
  readonly code: LoweringErrorCode;

  constructor(code: LoweringErrorCode, message: string) {
    super(`${message} (${code})`);
    this.code = code;
  }
}

import { ModelError, type ModelErrorCode } from '../models/index.ts';

/** Something that the user can put right: the message says what happened, with which value, and what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Exit codes: what the user gave can't be used, or a check of `verify` failed. */
export const USER_ERROR = 1;
/** A fault of this program. */
export const INTERNAL_ERROR = 2;

/** Model errors that no file and no option can cause. */
const OURS: ReadonlySet<ModelErrorCode> = new Set(['KERNEL_TRAP', 'OUT_OF_RANGE']);

export interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof UserError || (error instanceof ModelError && !OURS.has(error.code))) {
    return { exitCode: USER_ERROR, code: error.code, message: error.message };
  }
  const { message = String(error), stack } = (error ?? {}) as Partial<Error>;
  const text = `${message}. This is a fault of pinpoint, not of your file${stack ? `\n${stack}` : ''}`;
  return { exitCode: INTERNAL_ERROR, code: 'INTERNAL', message: text };
}

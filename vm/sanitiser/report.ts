/** What a kernel did that its operands don't allow. */
export type SanitiserCode =
  /** An access outside every operand, or across the end of one. */
  | 'outside'
  /** A write to an input, the attributes or the static data. */
  | 'read-only'
  /** A read of scratch, stack or output that this call has not written. */
  | 'unwritten'
  /** The call ended without having written all of its output. */
  | 'incomplete'
  | 'trap'
  /** More steps than the call was given. */
  | 'endless'
  /** Other bits at other addresses, with other bytes around, or in a second call of the same instance. */
  | 'depends-on-place';

export interface SanitiserReport {
  readonly code: SanitiserCode;
  readonly kernel: string;
  /** One sentence: what, where, which operand. */
  readonly message: string;
  /** Steps before the one at fault. */
  readonly position?: number;
  readonly pc?: number;
  /** The instruction at fault, disassembled, and the function that it is of. */
  readonly instruction?: string;
  readonly function?: string;
  readonly address?: number;
  /** Bytes of the access. */
  readonly width?: number;
  /** Memory region of the access. */
  readonly region?: number;
}

export class SanitiserError extends Error {
  readonly code: SanitiserCode;
  readonly report: SanitiserReport;

  constructor(report: SanitiserReport) {
    const { instruction, kernel, message, position } = report;
    super(
      `kernel ${kernel}: ${message}${instruction === undefined ? '' : ` (step ${position}: ${instruction}, in ${report.function})`}`,
    );
    this.name = 'SanitiserError';
    this.code = report.code;
    this.report = report;
  }
}

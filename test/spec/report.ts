/** What came out, as a table and as JSON. */
import type { FileResult } from './commands.ts';

const MAX_FAILURES = 20;

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** By reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((x, y) => x + y, 0);

export function totalsOf(results: readonly FileResult[]): Totals {
  const reasons: Record<string, number> = {};
  for (const { skipped } of results) {
    for (const [reason, n] of skipped) reasons[reason] = (reasons[reason] ?? 0) + n;
  }
  return {
    passed: sum(results.map((r) => r.passed)),
    failed: sum(results.map((r) => r.failures.length)),
    skipped: sum(Object.values(reasons)),
    reasons,
  };
}

/** One line for each file, then what failed and why things were skipped. */
export function table(results: readonly FileResult[]): string {
  const width = Math.max(4, ...results.map(({ name }) => name.length));
  const row = (name: string, passed: string, failed: string, skipped: string): string =>
    `${name.padEnd(width)}  ${passed.padStart(7)}  ${failed.padStart(6)}  ${skipped}`.trimEnd();
  const lines = [row('file', 'passed', 'failed', 'skipped')];
  for (const { name, passed, failures, skipped } of results) {
    const reasons = [...skipped].map(([reason, n]) => `${n} ${reason}`).join(', ');
    lines.push(row(name, String(passed), String(failures.length), reasons));
  }
  for (const { name, failures } of results) {
    for (const { line, message } of failures.slice(0, MAX_FAILURES)) {
      lines.push(`FAILED ${name}.wast:${line}: ${message}`);
    }
    if (failures.length > MAX_FAILURES) {
      lines.push(`FAILED ${name}.wast: ${failures.length - MAX_FAILURES} more`);
    }
  }
  const { reasons } = totalsOf(results);
  const skipped = Object.entries(reasons).map(([reason, n]) => `${n} ${reason}`);
  if (skipped.length > 0) lines.push(`skipped: ${skipped.join(', ')}`);
  return lines.join('\n');
}

/** The last line, which scripts/ci-summary.ts adds up. */
export const summary = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

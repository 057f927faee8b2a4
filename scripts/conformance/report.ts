import type { Result } from './try.ts';

interface Row {
  passed: number;
  failed: number;
  skipped: number;
  frozen: number;
}

/** Counts by operator, by name. */
export function rowsOf(results: readonly Result[]): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { frozen, operator, outcome } of results) {
    const row = rows.get(operator) ?? { passed: 0, failed: 0, skipped: 0, frozen: 0 };
    row[outcome]++;
    if (outcome === 'passed' && frozen.length > 0) row.frozen++;
    rows.set(operator, row);
  }
  return new Map([...rows].sort(([x], [y]) => x.localeCompare(y)));
}

/** How many cases were skipped for each reason. */
export function reasonsOf(results: readonly Result[]): Map<string, number> {
  const reasons = new Map<string, number>();
  for (const { outcome, reason = '' } of results) {
    if (outcome === 'skipped') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return reasons;
}

const countOf = (results: readonly Result[], outcome: Result['outcome']): number =>
  results.filter((result) => result.outcome === outcome).length;

export const summary = (results: readonly Result[]): string =>
  `${countOf(results, 'passed')} passed, ${countOf(results, 'failed')} failed, ${countOf(results, 'skipped')} skipped`;

/** What is printed at the end. */
export function text(results: readonly Result[]): string {
  const lines = [...rowsOf(results)].map(
    ([operator, { failed, passed, skipped }]) =>
      `${operator.padEnd(28)}${String(passed).padStart(7)}${String(failed).padStart(8)}${String(skipped).padStart(9)}`,
  );
  return [
    `${'operator'.padEnd(28)} passed  failed  skipped`,
    ...lines,
    '',
    ...[...reasonsOf(results)].map(([reason, n]) => `skipped, ${reason}: ${n}`),
    ...facts(results),
    summary(results),
  ].join('\n');
}

/** What the figures mean. */
function facts(results: readonly Result[]): string[] {
  const passed = results.filter(({ outcome }) => outcome === 'passed');
  const frozen = passed.filter(({ frozen }) => frozen.length > 0);
  const folded = passed.filter(({ runs }) => !runs);
  const calls = passed.reduce((sum, one) => sum + one.calls, 0);
  const steps = passed.reduce((sum, one) => sum + one.steps, 0);
  return [
    `passed with inputs frozen to their values: ${frozen.length}`,
    `passed with no input left at run time, so computed when compiled: ${folded.length}`,
    `kernel calls that gave the same bytes natively and in the machine: ${calls} (${steps} instructions)`,
  ];
}

/** docs/conformance-onnx.md. */
export function document(results: readonly Result[], command: string): string {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const skipped = results.filter(({ outcome }) => outcome === 'skipped');
  const rows = [...rowsOf(results)].map(
    ([operator, { failed, frozen, passed, skipped }]) =>
      `| ${operator} | ${passed} | ${failed} | ${skipped} | ${frozen} |`,
  );
  return [
    '# ONNX conformance',
    '',
    `Written by \`${command}\`: ${results.length} operator cases of ONNX (Debian package libonnx-testdata), each compiled, run natively and compared with`,
    'the expected outputs (integers bit for bit, floats within 0.001 relative or 1e-7), and every kernel call run in the machine and compared with the native',
    'result bit for bit.',
    '',
    `**${summary(results)}.**`,
    '',
    ...facts(results).map((fact) => `- ${fact}`),
    ...[...reasonsOf(results)].map(([reason, n]) => `- skipped, ${reason}: ${n}`),
    '',
    "Frozen: an input that decides shapes must be known when a network is compiled; the case is then compiled with the input's value as a constant.",
    '',
    '| operator | passed | failed | skipped | of the passed, frozen |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '## Skipped',
    '',
    ...skipped.map(({ name, reason }) => `- ${name}: ${reason}`),
    '',
    ...(failed.length > 0 ? ['## Failures', ''] : []),
    ...failed.map(({ name, reason }) => `- ${name}: ${reason?.split('\n')[0]}`),
    ...(failed.length > 0 ? [''] : []),
  ].join('\n');
}

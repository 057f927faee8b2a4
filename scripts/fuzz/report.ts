/** What a fuzzing run found, as data and as a table. */
import type { ArbiterReport } from '../lib/arbiter-batch.ts';
import { OPCODE_COUNT } from './coverage.ts';
import type { LoaderReport } from './loader.ts';
import type { Failure, ModuleFuzzer } from './modules.ts';
import type { ThirdEngine } from './third-engine.ts';

export interface Report {
  readonly seconds: number;
  readonly seed: number;
  readonly modules: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly traps: Readonly<Record<string, number>>;
  readonly undecided: number;
  readonly instructions: number;
  readonly sampledSteps: number;
  readonly arbiter?: {
    readonly given: number;
    readonly executed: number;
    readonly failed: number;
    readonly seconds: number;
  };
  readonly mismatches: Readonly<Record<string, number>>;
  readonly thirdEngine: boolean;
  readonly thirdEngineRestarts: number;
  readonly opcodes: {
    readonly all: number;
    readonly executed: number;
    readonly sampled: number;
    readonly contract: number;
    readonly notExecuted: readonly string[];
  };
  readonly loader?: LoaderReport;
  readonly failures: readonly Failure[];
  /** Modules, the loader's included. */
  readonly passed: number;
  readonly failed: number;
}

export function reportOf({
  fuzzer,
  loader,
  arbiter,
  third,
  seconds,
  seed,
}: {
  readonly fuzzer: ModuleFuzzer;
  readonly loader: LoaderReport | undefined;
  readonly arbiter: ArbiterReport | undefined;
  readonly third: ThirdEngine | undefined;
  readonly seconds: number;
  readonly seed: number;
}): Report {
  const { coverage, failures } = fuzzer;
  const mismatches: Record<string, number> = {
    V8: 0,
    JavaScriptCore: 0,
    step: 0,
    arbiter: 0,
    decoder: 0,
    crash: 0,
  };
  for (const { judge } of failures) mismatches[judge] = (mismatches[judge] ?? 0) + 1;
  const failedModules = new Set(failures.map(({ source, seed: of }) => `${source} ${of}`)).size;
  const failed = failedModules + (loader?.failures.length ?? 0);
  return {
    seconds: Math.round(seconds),
    seed,
    modules: fuzzer.modules,
    refused: Object.fromEntries(fuzzer.refused),
    calls: fuzzer.calls,
    ends: fuzzer.ends,
    traps: Object.fromEntries(fuzzer.traps),
    undecided: fuzzer.undecided,
    instructions: fuzzer.instructions,
    sampledSteps: fuzzer.sampled,
    ...(arbiter
      ? {
          arbiter: {
            given: arbiter.added,
            executed: arbiter.executed,
            failed: arbiter.failed,
            seconds: Math.round(arbiter.seconds),
          },
        }
      : {}),
    mismatches,
    thirdEngine: third !== undefined,
    thirdEngineRestarts: third?.restarts ?? 0,
    opcodes: {
      all: OPCODE_COUNT,
      executed: coverage.count(coverage.executed),
      sampled: coverage.count(coverage.sampled),
      contract: coverage.count(coverage.contract),
      notExecuted: coverage.missing(coverage.executed),
    },
    ...(loader ? { loader } : {}),
    failures,
    passed: Math.max(0, fuzzer.total + (loader?.modules ?? 0) - failed),
    failed,
  };
}

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';

export function printReport(report: Report): void {
  const { opcodes, loader, arbiter, mismatches } = report;
  const rows: [string, string | number][] = [
    ['seconds', report.seconds],
    ['modules', list(report.modules)],
    ['refused modules', list(report.refused)],
    ['calls', report.calls],
    ['ends', list(report.ends)],
    ['traps', list(report.traps)],
    ['undecided (stack or patience of an engine)', report.undecided],
    ['instructions executed', report.instructions],
    ['steps verified', report.sampledSteps],
    [
      'steps given to the contract',
      arbiter ? `${arbiter.given}, executed ${arbiter.executed} in ${arbiter.seconds} s` : 'none',
    ],
    ['opcodes executed', `${opcodes.executed} of ${opcodes.all}`],
    ['opcodes among verified steps', `${opcodes.sampled} of ${opcodes.all}`],
    ['opcodes among the steps of the contract', `${opcodes.contract} of ${opcodes.all}`],
    ['not executed', opcodes.notExecuted.slice(0, 12).join(' ') || 'none'],
    ['V8 and machine differ', mismatches.V8 ?? 0],
    [
      'JavaScriptCore and machine differ',
      report.thirdEngine ? (mismatches.JavaScriptCore ?? 0) : 'not run',
    ],
    ['steps that their witness does not prove', mismatches.step ?? 0],
    ['steps that the contract decides otherwise', arbiter ? arbiter.failed : 'not run'],
    ['bodies that decode and encode otherwise', mismatches.decoder ?? 0],
    ['crashes', mismatches.crash ?? 0],
  ];
  if (loader) {
    rows.push(
      ['loader: modules', loader.modules],
      [
        'loader: accepted, lowered, refused by the lowering',
        `${loader.accepted}, ${loader.lowered}, ${loader.unlowerable}`,
      ],
      ['loader: valid but restricted', loader.restricted],
      ['loader: invalid', loader.invalid],
      ['loader: slowest', `${loader.slowestMs} ms for ${loader.slowestBytes} bytes`],
      ['loader: failures', loader.failures.length],
    );
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${value}`);
  for (const { judge, source, seed, text, path, instructions } of report.failures.slice(0, 20)) {
    const kept = path ? `; kept as ${path}.wasm, ${instructions} instructions` : '';
    console.log(`FAILED ${source} ${seed}: ${judge}: ${text}${kept}`);
  }
  for (const { what, bytes } of loader?.failures ?? [])
    console.log(`FAILED loader: ${what}; bytes ${bytes}`);
  console.log(`${report.passed} passed, ${report.failed} failed`);
}

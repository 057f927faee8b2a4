/** Figures of the gas tests: their form in test/vectors/gas.json, and how they are read from what forge prints. */
import type { AttentionGas, GasFigures, MoveGas, Step } from '../../economics/gas.ts';

/** Bytes, and the tokens of EIP-7623: four for a byte, one for a zero byte. */
export interface Calldata {
  readonly bytes: number;
  readonly tokens: number;
}

/** A game from its challenge to its last instruction, and both ways in which it may end. */
export interface Dispute {
  readonly challenger: number;
  readonly submitter: number;
  readonly timeout: number;
  /** Without the machine's step. */
  readonly prove: number;
}

export const DISPUTES = ['short', 'long'] as const;

/** Transactions about a claim of 1,000 runs. */
export interface Batch {
  readonly commitment?: number;
  readonly claim: number;
  readonly finalize: number;
}

export const BATCHES = ['requests', 'committed', 'pairs'] as const;

export interface Deployed {
  /** Of the code at its address. */
  readonly bytes: number;
  /** Of its creation. */
  readonly gas: number;
}

export interface Figures extends GasFigures {
  /** As `dearestStep`, in trees as deep as a digit classifier's. */
  readonly dearestMnistStep: Step;
  /** By k, of the dearest move of its kind. */
  readonly calldata: Readonly<Record<string, Readonly<Record<string, Calldata>>>>;
  /** By k: 8 operators and 88,051 instructions, 2^20 operators and 2^40 instructions. */
  readonly disputes: Readonly<Record<(typeof DISPUTES)[number], Readonly<Record<string, Dispute>>>>;
  /** Requests on the chain, the same under an offer that anyone may claim under, and requests by HTTP. */
  readonly batches: Readonly<Record<(typeof BATCHES)[number], Batch>>;
  readonly request: number;
  /** Of 40 bytes, without a callback. */
  readonly deliver: number;
  readonly deployment: Readonly<Record<string, Deployed>>;
}

/** What one test printed: "name: number" lines, by name. */
interface Printed {
  readonly suite: string;
  readonly test: string;
  readonly figures: ReadonlyMap<string, number>;
}

/** Tests in what `forge test -vv` prints. Of a name that a test prints more than once the largest number counts. */
export function readTests(text: string): Printed[] {
  const tests: Printed[] = [];
  let suite = '';
  let figures: Map<string, number> | undefined;
  for (const line of text.split('\n')) {
    const [, begun] = /^Ran .*:(\w+)$/.exec(line) ?? [];
    if (begun) suite = begun;
    const [, test] = /^\[PASS\] (\w+)\(/.exec(line) ?? [];
    if (test) {
      figures = new Map();
      tests.push({ suite, test, figures });
    }
    const [, name, value] = /^ +(\w[^:]*): (\d+)$/.exec(line) ?? [];
    if (name && value) figures?.set(name, Math.max(figures.get(name) ?? 0, Number(value)));
  }
  return tests;
}

function figure({ figures, test }: Printed, name: string): number {
  const found = figures.get(name);
  if (found === undefined) throw new Error(`${test} printed no "${name}"`);
  return found;
}

/** Of the moves that a test printed with their calldata. */
const movesOf = (test: Printed): [string, Calldata][] =>
  [...test.figures.keys()]
    .filter((name) => test.figures.has(`${name}, bytes`))
    .map((name) => [
      name,
      { bytes: figure(test, `${name}, bytes`), tokens: figure(test, `${name}, tokens`) },
    ]);

/** Everything that the tests print; not the deployment and the machine's steps. */
export function readFigures(
  text: string,
): Omit<Figures, 'deployment' | 'dearestStep' | 'dearestMnistStep'> {
  const tests = readTests(text);
  const of = (suite: string, pattern: RegExp): Printed[] => {
    const found = tests.filter((one) => one.suite === suite && pattern.test(one.test));
    if (found.length === 0) throw new Error(`forge printed no figures of ${suite}:\n${text}`);
    return found;
  };
  const byK = <T>(list: readonly Printed[], read: (test: Printed) => T): Record<string, T> =>
    Object.fromEntries(list.map((test) => [figure(test, 'k'), read(test)]));
  const one = (suite: string, pattern: RegExp): Printed => of(suite, pattern)[0]!;

  const games = of('MoveGasTest', /^testGasAtK/);
  // A run in the middle of 1,000 costs more to challenge than a single one.
  const batched = one('GasTest', /^testABatch/);
  const moves = byK(games, (test) =>
    Object.fromEntries(
      [...movesOf(test).map(([name]) => name), 'gameOfChallenger', 'gameOfSubmitter'].map(
        (name) => [name, Math.max(figure(test, name), batched.figures.get(name) ?? 0)],
      ),
    ),
  );
  const dispute = (test: Printed): Dispute => ({
    challenger: figure(test, "challenger's moves"),
    submitter: figure(test, "submitter's moves"),
    timeout: figure(test, 'timeout'),
    prove: figure(test, 'prove, arbiter excluded'),
  });
  const batch = (pattern: RegExp, finalize: string): Batch => {
    const test = one('BatchGasTest', pattern);
    const commitment = test.figures.get('commitment');
    return {
      ...(commitment === undefined ? {} : { commitment }),
      claim: figure(test, 'claim'),
      finalize: figure(test, finalize),
    };
  };
  const calldata = byK(games, (test) => Object.fromEntries(movesOf(test)));
  const round = one('AttentionGasTest', /^testGasOfARound/);
  return {
    moves: moves as unknown as Record<string, MoveGas>,
    calldata,
    proveTokens: Math.max(
      ...Object.values(calldata).map((of) => of.proveWithoutWitness?.tokens ?? 0),
    ),
    attention: Object.fromEntries(
      movesOf(round).map(([name]) => [name, figure(round, name)]),
    ) as unknown as AttentionGas,
    disputes: {
      short: byK(of('GasTest', /^testAShortGame/), dispute),
      long: byK(of('GasTest', /^testALongGame/), dispute),
    },
    batches: {
      requests: batch(/^testRequestsOnTheChain/, 'finalizeAndSettle'),
      committed: batch(/^testTheCommitment/, 'finalizeAndSettle'),
      pairs: batch(/^testRequestsOffTheChain/, 'finalize'),
    },
    request: figure(one('BatchGasTest', /^testWhatARequestCosts/), 'request'),
    deliver: figure(one('BatchGasTest', /^testADelivery/), 'deliver'),
  };
}

/** Largest figures of the table by form in docs/opcodes.md: of a step in shallow trees, and in full ones. */
export function dearestSteps(page: string): { mnist: Step; full: Step } {
  const row = page.split('\n').find((line) => /^\| all +\|/.test(line));
  if (!row) throw new Error('docs/opcodes.md has no table of gas');
  const cells = row.split('|').map((cell) => Number(cell.replaceAll(' ', '')));
  const [mnistExecution, mnist, execution, transaction] = cells.slice(-5) as [
    number,
    number,
    number,
    number,
  ];
  return {
    mnist: { execution: mnistExecution, transaction: mnist },
    full: { execution, transaction },
  };
}

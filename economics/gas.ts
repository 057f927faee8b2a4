/** What moves cost in gas: measured by contracts/test/Gas.t.sol, MoveGas.t.sol and AttentionGas.t.sol, kept in test/vectors/gas.json. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const FILE = join(root, 'test/vectors/gas.json');

/** Gas of a transaction with the move; of a move that is made often, the dearest. */
export interface MoveGas {
  readonly claim: number;
  readonly challenge: number;
  readonly dissect: number;
  readonly select: number;
  readonly descend: number;
  /** With a witness of one word. */
  readonly proveWithoutWitness: number;
  readonly concede: number;
  readonly timeout: number;
  readonly settle: number;
  readonly finalize: number;
  readonly demandInput: number;
  /** With 16 KiB. */
  readonly showInput: number;
  /** All moves of one side in a game about 10^9 steps of the machine. */
  readonly gameOfChallenger: number;
  readonly gameOfSubmitter: number;
}

export interface AttentionGas {
  readonly openPool: number;
  readonly enroll: number;
  readonly announce: number;
  readonly draw: number;
  readonly respond: number;
  readonly decline: number;
  readonly reveal: number;
  readonly judgeRight: number;
  readonly judgeSilent: number;
  readonly close: number;
  readonly unstake: number;
}

export interface GasFigures {
  /** By the number of parts of a dissection. */
  readonly moves: Readonly<Record<string, MoveGas>>;
  readonly attention: AttentionGas;
  /** A transaction with the dearest step of the machine (docs/opcodes.md). */
  readonly dearestStep: number;
}

export function readGas(): GasFigures {
  return JSON.parse(readFileSync(FILE, 'utf8')) as GasFigures;
}

export function movesAt(gas: GasFigures, k: number): MoveGas {
  const moves = gas.moves[k];
  if (!moves) {
    const known = Object.keys(gas.moves).join(', ');
    throw new Error(`no gas figures for k = ${k}; test/vectors/gas.json has k = ${known}`);
  }
  return moves;
}

/** `prove` with the dearest step there is: a transaction is paid for once. */
export const dearestProve = (gas: GasFigures, moves: MoveGas): number =>
  moves.proveWithoutWitness - 21_000 + gas.dearestStep;

/** The largest figure of the last column of the table by form in docs/opcodes.md. */
export function dearestStepOf(page: string): number {
  const figures = page
    .split('\n')
    .filter((line) => /^\| .*\d \|$/.test(line))
    .map((line) => Number(line.split('|').at(-2)!.replaceAll(' ', '')));
  if (figures.length === 0) throw new Error('docs/opcodes.md has no table of gas');
  return Math.max(...figures);
}

/**
 * Figures in what `forge test -vv` prints: "name: gas" lines, those after "k: N" for this k, those of moves before any k (claims of
 * many runs) for every k. Of a move measured more than once the dearest counts; only a k for which every move was measured.
 */
export function parseForge(text: string): Pick<GasFigures, 'moves' | 'attention'> {
  const moves: Record<string, Record<string, number>> = {};
  const attention: Record<string, number> = {};
  const any: Record<string, number> = {};
  let suite = any;
  let into = any;
  for (const line of text.split('\n')) {
    const [, test] = /^Ran .*:(\w+)$/.exec(line) ?? [];
    if (test) suite = test.startsWith('Attention') ? attention : any;
    if (test || line.startsWith('[PASS]')) into = suite;
    const [, name, value] = /^ +(\w+): (\d+)$/.exec(line) ?? [];
    if (!name || !value || name === 'rounds') continue;
    if (name === 'k') into = moves[value] ??= {};
    else into[name] = Math.max(into[name] ?? 0, Number(value));
  }
  for (const [k, figures] of Object.entries(moves)) {
    if (!('settle' in figures)) delete moves[k];
    for (const name of Object.keys(figures)) {
      figures[name] = Math.max(figures[name] as number, any[name] ?? 0);
    }
  }
  if (Object.keys(moves).length === 0 || Object.keys(attention).length === 0) {
    throw new Error(`forge printed no figures:\n${text}`);
  }
  return { moves, attention } as unknown as Pick<GasFigures, 'moves' | 'attention'>;
}

/** Runs forge and writes test/vectors/gas.json. */
export async function measureGas(): Promise<GasFigures> {
  const child = spawn(
    join(root, 'node_modules/.bin/forge'),
    ['test', '--match-contract', '^(Gas|MoveGas|AttentionGas)Test$', '-vv'],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) =>
      reject(new Error(`could not run forge: ${error.message}; run \`npm ci\` first`)),
    );
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`forge failed (${code}):\n${text}`);
  const page = readFileSync(join(root, 'docs/opcodes.md'), 'utf8');
  const figures = { ...parseForge(text), dearestStep: dearestStepOf(page) };
  writeFileSync(FILE, `${JSON.stringify(figures, null, 2)}\n`);
  return figures;
}

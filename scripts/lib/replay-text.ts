/** A replayed claim as text. */
import { formatEther, zeroAddress } from 'viem';
import type {
  Act,
  Payment,
  Replay,
  ReplayDemand,
  ReplayGame,
  ReplayMove,
} from '../../chain/replay.ts';

const number = (n: number): string => n.toLocaleString('en-US').replaceAll(',', ' ');
const time = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
const ether = (wei: bigint): string => `${formatEther(wei)} ETH`;
const words = (text: string): string => text.replaceAll('_', ' ');
const plural = (n: number, what: string): string => `${number(n)} ${what}${n === 1 ? '' : 's'}`;

/** Columns as wide as their widest cell; numbers to the right. */
function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? number(cell) : cell)),
  );
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => (row[column] as string).length)),
  );
  return cells.map((row, i) =>
    row
      .map((cell, column) => {
        const isNumber = typeof rows[Math.max(i, 1)]?.[column] === 'number';
        const width = widths[column] as number;
        return isNumber ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

const segment = ({ hi, level, lo }: ReplayMove): string => {
  const what = level === 'graph' ? 'operators' : 'instructions';
  return `${what} ${number(lo)} to ${number(hi)}`;
};

function note({ answerOf, kept, part, side, by }: ReplayMove): string {
  const notes = [
    part === undefined ? '' : `part ${part}`,
    kept ? 'kept for other games' : '',
    answerOf === undefined ? '' : `answer of game ${answerOf}`,
    side === 'anyone' ? `by ${by}` : '',
  ];
  return notes.filter(Boolean).join(', ');
}

const move = (one: ReplayMove): (string | number)[] => [
  one.kind,
  one.side,
  segment(one),
  one.took,
  one.clocks.submitter,
  one.clocks.challenger,
  one.gasUsed,
  one.block,
  one.txHash,
  note(one),
];
const HEADER = ['move', 'by', 'segment after it', 'took s', 'submitter s', 'challenger s'];

function outcome({ disputed, next, status }: ReplayGame, now: number): string[] {
  const lines: string[] = [];
  if (disputed) {
    const { graphStep, machineStep } = disputed;
    const instruction = machineStep === undefined ? '' : `, instruction ${number(machineStep)}`;
    lines.push(`It came down to operator ${number(graphStep)}${instruction}.`);
  }
  if (next) {
    const { deadline, turn } = next;
    lines.push(
      deadline <= now
        ? `The ${turn}'s clock ran out at ${time(deadline)}: anybody can end the game with \`timeout\`.`
        : `The ${turn} is to move before ${time(deadline)}.`,
    );
  }
  if (status === 'moot')
    lines.push('Its claim fell otherwise: anybody can pay it out with `settle`.');
  return lines;
}

function game(one: ReplayGame, now: number): string[] {
  const { challenger, id, moves, number: n, repaid, run, status } = one;
  const gas = moves.reduce((total, { gasUsed }) => total + gasUsed, 0);
  const rows = table([[...HEADER, 'gas', 'block', 'transaction', ''], ...moves.map(move)]);
  return [
    '',
    `Game ${n} about run ${run}: ${words(status)}`,
    `  ${id}`,
    `  challenger ${challenger}, whose moves ${repaid ? 'are' : "aren't"} sure to be repaid; ${plural(moves.length, 'move')}, ${number(gas)} gas`,
    ...rows.map((row) => `  ${row}`),
    ...outcome(one, now).map((line) => `  ${line}`),
  ];
}

const act = ({ at, block, by, gasUsed, txHash }: Act): string =>
  `by ${by}, block ${number(block)}, ${time(at)}, ${number(gasUsed)} gas, ${txHash}`;

function demand(one: ReplayDemand): string[] {
  const { deadline, ended, id, kind, made, node, run, status } = one;
  const what =
    kind === 'request' ? `the request of run ${run}` : `part ${node} of the inputs of run ${run}`;
  return [
    '',
    `Demand for ${what}: ${status}`,
    `  ${id}`,
    `  made ${act(made)}`,
    ended ? `  ended ${act(ended)}` : `  to be answered before ${time(deadline)}`,
  ];
}

const CAUSES: Readonly<Record<string, string>> = {
  Resolved: 'the end of',
  Fallen: 'felling the claim,',
  Settled: 'the settling of',
  Finalized: 'the claim being final',
  DemandSettled: 'the end of',
  RequestShown: 'answering',
  InputShown: 'answering',
};

function payment({ account, cause, of, wei }: Payment): string[] {
  const part = of === undefined ? '' : typeof of === 'number' ? ` game ${of}` : ` demand ${of}`;
  return [account, ether(wei), `for ${CAUSES[cause] ?? cause}${part}`];
}

/** Lines of a claim. `now`: Unix seconds of the chain. */
export function replayText(claim: Replay, now: number): string {
  const { burned, demands, felledBy, games, gas, leftAside, payments, setAside, source } = claim;
  const why =
    felledBy === undefined
      ? ''
      : felledBy === 'request'
        ? ', by a request that cannot be run'
        : `, by ${typeof felledBy === 'number' ? 'game' : 'demand'} ${felledBy}`;
  const runs =
    source === zeroAddress
      ? plural(claim.runs, 'run')
      : `${plural(claim.runs, 'run')}, requests ${claim.first} and on of contract ${source}`;
  const lines = [
    `Claim ${claim.id}: ${claim.status}${why}`,
    `  submitter ${claim.submitter}, ${runs}, offer ${claim.offer}`,
    `  made ${act(claim.made)}`,
    `  challenges ${claim.windowEnds <= now ? 'were' : 'are'} accepted before ${time(claim.windowEnds)}; ${plural(games.length, 'game')}, ${plural(demands.length, 'demand')}`,
    ...games.flatMap((one) => game(one, now)),
    ...demands.flatMap(demand),
    '',
    'Where the money went',
    ...table(payments.map(payment)).map((line) => `  ${line}`),
  ];
  if (payments.length === 0) lines.push('  nowhere yet: bonds are locked');
  if (burned > 0n) lines.push(`  burned: ${ether(burned)}`);
  if (setAside > 0n) {
    lines.push(
      `  set aside for games that weren't decided: ${ether(setAside)}, left ${ether(leftAside)}`,
    );
  }
  lines.push('', 'Gas of these transactions, by sender');
  const senders = gas.map(({ account, gasUsed }) => [account, gasUsed, '']);
  lines.push(...table(senders).map((line) => `  ${line}`));
  return lines.join('\n');
}

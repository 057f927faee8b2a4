import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeDemandRequest, encodeFinalize, encodeShowRequest } from '../../chain/calls.ts';
import { leafOf } from '../../chain/claim.ts';
import { DEFAULT_PARAMETERS, type Deployment, deployPinpoint } from '../../chain/deploy.ts';
import { pinpointAbi } from '../../chain/generated/abi.ts';
import { claimOfGame, eventsOfClaim, type LogSource, readRanges } from '../../chain/logs.ts';
import { encodeSettle } from '../../chain/moves.ts';
import { type Replay, replay } from '../../chain/replay.ts';
import { DEFAULT_TERMS } from '../../chain/terms.ts';
import type { Model } from '../../models/index.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import { type Anvil, startAnvil } from '../../scripts/lib/anvil.ts';
import {
  type Arena,
  arenaOf,
  type Claimed,
  challenge,
  claim,
  claimBatch,
  gamesOf,
  offer,
  type Played,
  play,
  register,
  requestFor,
  send,
} from '../../scripts/lib/dispute.ts';
import { loadDigitClassifier } from '../../scripts/lib/models.ts';
import { falseChallenger, instructionLie } from '../../strategy/adversaries.ts';
import { honestChallenger } from '../../strategy/challenger.ts';
import { honestParty } from '../../strategy/party.ts';

const run = promisify(execFile);
const K = Number(DEFAULT_PARAMETERS.k);
const { challengeBond, claimBond, repayment } = DEFAULT_TERMS;
const inputs = [readDigits('test').image(0).slice()];
let anvil: Anvil;
let arena: Arena;
let deployment: Deployment;
let model: Model;
/** A lie with two challengers, and the game that one of them won. */
let lie: { claim: Claimed; won: Played };
/** A true claim with two games, the second of which repeats the answers of the first; then a demand. */
let truth: { claim: Claimed; first: Played; second: Played };

const wallet = (index: number) => anvil.wallet(index);
const address = (index: number) => wallet(index).account.address;

beforeAll(async () => {
  anvil = await startAnvil();
  deployment = await deployPinpoint(wallet(0), anvil.client);
  arena = arenaOf(anvil, deployment, DEFAULT_PARAMETERS.k);
  model = await loadDigitClassifier();
  await register(arena, wallet(0), model);
  await offer(arena, wallet(0), model);
  lie = await playLie();
  truth = await playTruth();
});
afterAll(() => anvil?.stop());

async function playLie() {
  const { end, player } = await instructionLie(model, inputs, K);
  const target = await claim(arena, wallet(1), model, inputs, end);
  await challenge(arena, wallet(4), target);
  const trace = await model.trace(inputs);
  const won = await play(
    arena,
    target,
    { wallet: wallet(1), player },
    { wallet: wallet(2), player: honestChallenger(trace, K) },
  );
  return { claim: target, won };
}

async function playTruth() {
  const { end, player } = await honestParty(model, inputs, K);
  const request = requestFor(address(1), model, inputs);
  const target = await claimBatch(arena, wallet(1), model, [request], [end]);
  const submitter = { wallet: wallet(1), player };
  const games = [2, 3].map((index) => ({ wallet: wallet(index), player: falseChallenger() }));
  const [one, two] = games as [(typeof games)[0], (typeof games)[0]];
  const first = await play(arena, target, submitter, one, { request, keep: true });
  const second = await play(arena, target, submitter, two, { request });
  const hash = target.runs[0]?.requestHash as `0x${string}`;
  const demand = encodeDemandRequest(target.claim, hash, leafOf(target, 0));
  await send(arena, wallet(3), demand, challengeBond, arena.demands);
  const shown = encodeShowRequest(target.claim, 0, request);
  await send(arena, wallet(1), shown, 0n, arena.demands);
  return { claim: target, first, second };
}

const source = async (): Promise<LogSource> => ({
  client: anvil.client,
  pinpoint: deployment.address,
  demands: deployment.demands,
  from: 0n,
  to: await anvil.client.getBlockNumber(),
});

async function told(id: `0x${string}`): Promise<Replay> {
  const found = replay(await eventsOfClaim(await source(), id), id);
  if (!found) throw new Error(`claim ${id} isn't told`);
  return found;
}

const paidTo = ({ payments }: Replay, index: number): bigint =>
  payments
    .filter(({ account }) => account === address(index))
    .reduce((sum, { wei }) => sum + wei, 0n);

describe('a lie', () => {
  test('is told with every move, its price and where the segment went', async () => {
    const claim = await told(lie.claim.id);
    expect(claim).toMatchObject({ status: 'fallen', felledBy: 1, submitter: address(1), runs: 1 });
    expect(claim.games.map(({ status }) => status)).toEqual(['moot', 'challenger_won']);
    const game = claim.games[1];
    const { moves } = lie.won;
    expect(game?.moves.map(({ gasUsed, kind }) => ({ gasUsed, kind }))).toEqual(
      moves.map(({ gasUsed, kind }) => ({ gasUsed, kind })),
    );
    const { hi, lo } = lie.won.game;
    expect(game?.moves.at(-1)).toMatchObject({ kind: 'prove', side: 'challenger', lo, hi });
    expect(game?.disputed).toEqual({ graphStep: lie.won.game.graphStep, machineStep: lo });
    const sides = game?.moves.map(({ side }) => side);
    expect(sides?.slice(0, 4)).toEqual(['challenger', 'submitter', 'challenger', 'submitter']);
  });

  test('is told with where the money went, to the last wei', async () => {
    const before = await told(lie.claim.id);
    expect(before.leftAside).toBe(repayment * 30n);
    const { games } = await gamesOf(arena, lie.claim.id);
    const [moot] = [...games.values()];
    await send(arena, wallet(5), encodeSettle(lie.claim.claim, moot as never, K));
    const claim = await told(lie.claim.id);
    expect(claim.games[0]?.status).toBe('settled');
    expect(paidTo(claim, 4)).toBe(challengeBond + 4n * repayment);
    expect(claim.leftAside).toBe(0n);
    const paid = claim.payments.reduce((sum, { wei }) => sum + wei, 0n);
    expect(paid + claim.burned).toBe(claimBond + 2n * challengeBond);
  });
});

describe('a true claim', () => {
  test('is told with the answers that were repeated, and those they repeat', async () => {
    const claim = await told(truth.claim.id);
    expect(claim).toMatchObject({ status: 'open' });
    const [first, second] = claim.games;
    expect([first?.status, second?.status]).toEqual(['submitter_won', 'submitter_won']);
    const kept = first?.moves.filter((move) => move.kept).length;
    const repeats = second?.moves.filter(({ kind }) => kind === 'repeat') ?? [];
    expect(kept).toBeGreaterThan(2);
    expect(repeats).toHaveLength(kept ?? 0);
    for (const move of repeats) expect(move).toMatchObject({ side: 'challenger', answerOf: 0 });
    const segments = ({ moves }: Replay['games'][number]) => moves.map(({ hi, lo }) => [lo, hi]);
    expect(segments(second as never)).toEqual(segments(first as never));
  });

  test('is told with demands and who was paid for the answer', async () => {
    const claim = await told(truth.claim.id);
    expect(claim.demands).toMatchObject([
      {
        ...{ kind: 'request', run: 0, status: 'answered' },
        made: { by: address(3) },
        ended: { by: address(1) },
      },
    ]);
    // Two challenge bonds of games won, and the demand's.
    expect(paidTo(claim, 1)).toBe(3n * challengeBond);
  });

  test('is final in the end', async () => {
    await anvil.test.increaseTime({ seconds: DEFAULT_TERMS.window + 1 });
    await send(arena, wallet(5), encodeFinalize(truth.claim.claim));
    const claim = await told(truth.claim.id);
    expect(claim.status).toBe('finalized');
    expect(claim.burned).toBe(0n);
    expect(paidTo(claim, 1)).toBe(3n * challengeBond + claimBond);
  });
});

test('events tell the states that the contract holds, repeated answers included', async () => {
  const { games } = await gamesOf(arena, truth.claim.id);
  for (const { gameId, status } of games.values()) {
    const stored = await anvil.client.readContract({
      ...{ address: arena.address, abi: pinpointAbi, functionName: 'getGame', args: [gameId] },
    });
    expect([status, stored.status]).toEqual(['submitter_won', 2]);
  }
});

test('a game leads to its claim', async () => {
  const { gameId } = lie.won.game;
  expect(await claimOfGame(await source(), gameId)).toBe(lie.claim.id);
  expect(await claimOfGame(await source(), lie.claim.id)).toBeUndefined();
});

describe('ranges', () => {
  /** An endpoint with a log in every block that answers for at most `most` blocks. */
  const endpoint =
    (most: bigint, asked: [bigint, bigint][]) => async (from: bigint, to: bigint) => {
      asked.push([from, to]);
      if (to - from + 1n > most) throw new Error(`query exceeds max block range ${most}`);
      return Array.from({ length: Number(to - from + 1n) }, (_, i) => from + BigInt(i));
    };

  test.each([1n, 2n, 7n, 100n, 1000n])(
    'that an endpoint refuses above %s are split',
    async (most) => {
      const asked: [bigint, bigint][] = [];
      const blocks = await readRanges(endpoint(most, asked), 5n, 260n);
      expect(blocks).toEqual(Array.from({ length: 256 }, (_, i) => 5n + BigInt(i)));
      expect(asked.length).toBeLessThan(3 * Math.ceil(256 / Number(most)) + 10);
    },
  );

  test('other failures are not', async () => {
    const fails = async () => {
      throw new Error('connection refused');
    };
    await expect(readRanges(fails, 0n, 100n)).rejects.toThrow('connection refused');
  });
});

describe('the command', () => {
  const command = (...args: string[]) =>
    run(process.execPath, ['scripts/replay.ts', '--rpc', anvil.url, ...args]);
  const fails = async (...args: string[]): Promise<{ code: number; stderr: string }> =>
    command(...args).then(
      () => ({ code: 0, stderr: '' }),
      (error) => error,
    );
  const at = () => ['--contract', deployment.address];

  test('tells a game as text, and all claims of a transaction as JSON', async () => {
    const { stdout } = await command(...at(), '--game', lie.won.game.gameId);
    expect(stdout).toContain(`Claim ${lie.claim.id}: fallen, by game 1`);
    expect(stdout).toContain('Game 1 about run 0: challenger won');
    expect(stdout).toContain(
      `instruction ${lie.won.game.lo.toLocaleString('en-US').replaceAll(',', ' ')}`,
    );
    const { made } = await told(truth.claim.id);
    const json = await command(...at(), '--tx', made.txHash, '--json');
    const { claims } = JSON.parse(json.stdout) as { claims: { id: string; games: unknown[] }[] };
    expect(claims.map(({ id }) => id)).toEqual([truth.claim.id]);
    expect(claims[0]?.games).toHaveLength(2);
  });

  test.each([
    ['an id that is none', ['--claim', '0x12'], '64 hexadecimal digits'],
    ['a claim that is not there', ['--claim', `0x${'ab'.repeat(32)}`], 'there is no claim 0xabab'],
    ['a game that is not there', ['--game', `0x${'ab'.repeat(32)}`], 'there is no game 0xabab'],
    ['a transaction that is not there', ['--tx', `0x${'ab'.repeat(32)}`], 'no transaction 0xabab'],
    ['blocks that are not there', ['--from', '999999'], "the chain's newest is"],
  ])('says what is wrong with %s', async (_, args, text) => {
    const { code, stderr } = await fails(...at(), ...args);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
    expect(stderr).not.toContain('    at ');
  });

  test('says what is wrong with a contract that is none or another', async () => {
    const none = await fails('--contract', address(9));
    expect(none.stderr).toContain('there is no contract at');
    const other = await fails('--contract', deployment.registry);
    expect(other.stderr).toContain("isn't Pinpoint");
    const silent = await run(process.execPath, [
      'scripts/replay.ts',
      ...['--rpc', 'http://127.0.0.1:9/a-key', ...at()],
    ]).catch((error) => error as { stderr: string });
    expect(silent.stderr).toContain("doesn't answer");
    expect(silent.stderr).not.toContain('a-key');
  });
});

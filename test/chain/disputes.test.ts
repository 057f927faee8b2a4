import { encodeFunctionData } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gameStateHash } from '../../chain/commit.ts';
import { DEFAULT_PARAMETERS, deployPinpoint } from '../../chain/deploy.ts';
import { pinpointAbi } from '../../chain/generated/abi.ts';
import { encodeMove, encodeSettle, gameStateOf } from '../../chain/moves.ts';
import { DEFAULT_TERMS } from '../../chain/terms.ts';
import type { Model } from '../../models/index.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import { type Anvil, startAnvil } from '../../scripts/lib/anvil.ts';
import {
  type Arena,
  arenaOf,
  burned,
  challenge,
  claim,
  claimBatch,
  contextOf,
  gamesOf,
  offer,
  play,
  register,
  requestFor,
  send,
} from '../../scripts/lib/dispute.ts';
import { loadDigitClassifier } from '../../scripts/lib/models.ts';
import {
  ADVERSARIES,
  activationLie,
  falseChallenger,
  instructionLie,
  silentChallenger,
} from '../../strategy/adversaries.ts';
import { honestChallenger } from '../../strategy/challenger.ts';
import { honestParty } from '../../strategy/party.ts';

let anvil: Anvil;
let arena: Arena;
let model: Model;
const digits = readDigits('test');
const inputs = [digits.image(0).slice()];
const K = Number(DEFAULT_PARAMETERS.k);
const { challengeBond, claimBond, repayment } = DEFAULT_TERMS;

beforeAll(async () => {
  anvil = await startAnvil();
  arena = arenaOf(anvil, await deployPinpoint(anvil.wallet(0), anvil.client), DEFAULT_PARAMETERS.k);
  model = await loadDigitClassifier();
  await register(arena, anvil.wallet(0), model);
  await offer(arena, anvil.wallet(0), model);
});
afterAll(() => anvil?.stop());

/** Wei that the contract owes an account. */
const owed = (index: number): Promise<bigint> =>
  anvil.client.readContract({
    address: arena.address,
    abi: pinpointAbi,
    functionName: 'withdrawable',
    args: [anvil.wallet(index).account.address],
  });

const claimState = (claimId: `0x${string}`) =>
  anvil.client.readContract({
    address: arena.address,
    abi: pinpointAbi,
    functionName: 'getClaim',
    args: [claimId],
  });

async function challengerAgainst(party: (typeof ADVERSARIES)[string]) {
  const { end, player } = await party(model, inputs, K);
  const target = await claim(arena, anvil.wallet(1), model, inputs, end);
  const trace = await model.trace(inputs);
  const before = { burned: await burned(arena), owed: await owed(2) };
  const played = await play(
    arena,
    target,
    { wallet: anvil.wallet(1), player },
    { wallet: anvil.wallet(2), player: honestChallenger(trace, K) },
  );
  return { before, played, target };
}

describe('a lying submitter loses to an honest challenger', () => {
  const lies = [
    ...Object.entries(ADVERSARIES),
    ...[0, 1, 2, 3, 4, 5].map(
      (step) => [`activation of operator ${step}`, activationLie(step)] as const,
    ),
  ];
  test.each(lies)('%s', async (_, party) => {
    const { before, played, target } = await challengerAgainst(party);
    expect(played.game.status).toBe('challenger_won');
    expect((await claimState(target.id)).status).toBe(3);
    expect((await burned(arena)) - before.burned).toBe(claimBond / 2n);
    expect((await owed(2)) - before.owed).toBeGreaterThan(challengeBond);
  });

  test('a false instruction is found down to the one step, which the contract executes', async () => {
    const { played } = await challengerAgainst(ADVERSARIES.instruction as never);
    expect(played.game.level).toBe(1);
    expect(played.game.hi - played.game.lo).toBe(1);
    const honest = await (await model.trace(inputs)).machine(played.game.graphStep as number);
    const step = await honest.describe(played.game.lo);
    expect(step.text).toContain('f32x4.add');
    expect(played.refused).toEqual([]);
    // Executed by the contract, on the challenger's witness.
    expect(played.moves.at(-1)).toMatchObject({ kind: 'prove', by: 'challenger' });
  });
});

describe('an honest submitter wins against', () => {
  test.each([
    ['a challenger without a case', falseChallenger()],
    ['a challenger that stops answering', silentChallenger()],
  ])('%s', async (_, player) => {
    const { end, player: honest } = await honestParty(model, inputs, K);
    const target = await claim(arena, anvil.wallet(1), model, inputs, end);
    const before = await owed(1);
    const played = await play(
      arena,
      target,
      { wallet: anvil.wallet(1), player: honest },
      { wallet: anvil.wallet(3), player },
    );
    expect(played.game.status).toBe('submitter_won');
    expect((await owed(1)) - before).toBeGreaterThan(0n);
  });

  test('a challenger that concedes keeps a part', async () => {
    const { end, player } = await honestParty(model, inputs, K);
    const target = await claim(arena, anvil.wallet(1), model, inputs, end);
    const before = await owed(3);
    const trace = await model.trace(inputs);
    const played = await play(
      arena,
      target,
      { wallet: anvil.wallet(1), player },
      { wallet: anvil.wallet(3), player: honestChallenger(trace, K) },
    );
    expect(played.moves.map(({ kind }) => kind)).toEqual(['challenge', 'dissect', 'concede']);
    expect((await owed(3)) - before).toBe(challengeBond / 2n);
  });
});

test('the last step of a true claim is proven on chain', async () => {
  const { end, player } = await honestParty(model, inputs, K);
  const target = await claim(arena, anvil.wallet(1), model, inputs, end);
  const played = await play(
    arena,
    target,
    { wallet: anvil.wallet(1), player },
    { wallet: anvil.wallet(3), player: falseChallenger() },
  );
  expect(played.moves.at(-1)?.kind).toBe('prove');
  expect(played.moves.reduce((sum, { gasUsed }) => sum + gasUsed, 0)).toBeLessThan(1_100_000);
});

test('events tell the state that the contract holds', async () => {
  const { end, player } = await honestParty(model, inputs, K);
  const target = await claim(arena, anvil.wallet(1), model, inputs, end);
  let compared = 0;
  const watching = {
    role: 'submitter' as const,
    async next(game: Parameters<typeof player.next>[0]) {
      const stored = await anvil.client.readContract({
        address: arena.address,
        abi: pinpointAbi,
        functionName: 'getGame',
        args: [game.gameId],
      });
      expect(stored.state).toBe(gameStateHash(gameStateOf(game as never, K)));
      compared++;
      return player.next(game);
    },
  };
  await play(
    arena,
    target,
    { wallet: anvil.wallet(1), player: watching },
    { wallet: anvil.wallet(3), player: falseChallenger() },
  );
  expect(compared).toBeGreaterThan(3);
});

test('one wrong end among many fells a claim of a batch', async () => {
  const images = [0, 1, 2, 3, 4].map((index) => [digits.image(index).slice()]);
  const parties = await Promise.all(
    images.map((image, i) => (i === 3 ? instructionLie : honestParty)(model, image, K)),
  );
  const account = anvil.wallet(1).account.address;
  const requests = images.map((image) => requestFor(account, model, image));
  const ends = parties.map(({ end }) => end);
  const target = await claimBatch(arena, anvil.wallet(1), model, requests, ends);
  const trace = await model.trace(images[3] as Uint8Array[]);
  const { game } = await play(
    arena,
    target,
    { wallet: anvil.wallet(1), player: (parties[3] as (typeof parties)[number]).player },
    { wallet: anvil.wallet(2), player: honestChallenger(trace, K) },
    { index: 3, request: requests[3] as (typeof requests)[number] },
  );
  expect(game).toMatchObject({ status: 'challenger_won', index: 3 });
  expect((await claimState(target.id)).status).toBe(3);
});

describe('several games of one claim', () => {
  test('an answer kept once serves a second game, without the submitter', async () => {
    const { end, player } = await honestParty(model, inputs, K);
    const target = await claim(arena, anvil.wallet(1), model, inputs, end);
    const submitter = { wallet: anvil.wallet(1), player };
    const one = { wallet: anvil.wallet(2), player: falseChallenger() };
    const first = await play(arena, target, submitter, one, { keep: true });
    const silent = { wallet: anvil.wallet(1), player: { ...player, next: unexpected } };
    const two = { wallet: anvil.wallet(3), player: falseChallenger() };
    // The last step is proven, not answered: the submitter is needed for that alone.
    const answered = first.moves.filter(({ kind }) => kind === 'dissect' || kind === 'descend');
    const second = await play(arena, target, silent, two).catch((error: Error) => error);
    expect(second).toBeInstanceOf(Error);
    const { games } = await gamesOf(arena, target.id);
    const [, game] = [...games.values()];
    expect(game).toMatchObject({ level: 1, turn: 0, status: 'open' });
    expect((game?.hi ?? 0) - (game?.lo ?? 0)).toBe(1);
    expect(answered.length).toBeGreaterThan(2);
    const prove = await player.next(game as never);
    const data = encodeMove(game as never, prove, contextOf(arena, target));
    await send(arena, anvil.wallet(1), data);
    expect((await claimState(target.id)).open).toBe(0);
  });

  test('a game that another makes moot gives its bond back and repays its moves', async () => {
    const { end, player } = await instructionLie(model, inputs, K);
    const target = await claim(arena, anvil.wallet(1), model, inputs, end);
    await challenge(arena, anvil.wallet(4), target);
    const trace = await model.trace(inputs);
    await play(
      arena,
      target,
      { wallet: anvil.wallet(1), player },
      { wallet: anvil.wallet(2), player: honestChallenger(trace, K) },
    );
    const { games } = await gamesOf(arena, target.id);
    const [moot] = [...games.values()];
    expect(moot).toMatchObject({ status: 'open', repaid: true });
    const before = await owed(4);
    await send(arena, anvil.wallet(5), encodeSettle(target.claim, moot as never, K));
    expect((await owed(4)) - before).toBe(challengeBond + 4n * repayment);
  });
});

async function unexpected(): Promise<never> {
  throw new Error('the submitter was asked');
}

test('what is owed can be withdrawn, once', async () => {
  const data = encodeFunctionData({ abi: pinpointAbi, functionName: 'withdraw' });
  expect(await owed(2)).toBeGreaterThan(0n);
  await send(arena, anvil.wallet(2), data);
  expect(await owed(2)).toBe(0n);
  await expect(send(arena, anvil.wallet(2), data)).rejects.toThrow();
});

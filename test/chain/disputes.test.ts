import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gameStateHash } from '../../chain/commit.ts';
import { DEFAULT_PARAMETERS, deployPinpoint } from '../../chain/deploy.ts';
import { pinpointAbi } from '../../chain/generated/abi.ts';
import { gameStateOf } from '../../chain/moves.ts';
import type { Model } from '../../models/index.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import { type Anvil, startAnvil } from '../../scripts/lib/anvil.ts';
import { type Arena, claim, play, read, register, send } from '../../scripts/lib/dispute.ts';
import { loadDigitClassifier } from '../../scripts/lib/models.ts';
import {
  ADVERSARIES,
  activationLie,
  falseChallenger,
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

beforeAll(async () => {
  anvil = await startAnvil();
  const deployment = await deployPinpoint(anvil.wallet(0), anvil.client);
  arena = { anvil, address: deployment.address, k: K };
  model = await loadDigitClassifier();
  await register(arena, anvil.wallet(0), model);
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

async function challengerAgainst(party: (typeof ADVERSARIES)[string]) {
  const { end, player } = await party(model, inputs, K);
  const target = await claim(arena, anvil.wallet(1), model, inputs, end);
  const trace = await model.trace(inputs);
  const before = { burned: await read(arena, 'burned'), owed: await owed(2) };
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
    const state = await anvil.client.readContract({
      address: arena.address,
      abi: pinpointAbi,
      functionName: 'getClaim',
      args: [target.claimId],
    });
    expect(state.status).toBe(3);
    const bond = DEFAULT_PARAMETERS.claimBond;
    expect((await read(arena, 'burned')) - before.burned).toBe(bond / 2n);
    expect((await owed(2)) - before.owed).toBeGreaterThan(DEFAULT_PARAMETERS.challengeBond);
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
    expect((await owed(3)) - before).toBe(DEFAULT_PARAMETERS.challengeBond / 2n);
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
  expect(played.moves.reduce((sum, { gasUsed }) => sum + gasUsed, 0)).toBeLessThan(3_000_000);
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

test('what is owed can be withdrawn, once', async () => {
  const { encodeFunctionData } = await import('viem');
  const data = encodeFunctionData({ abi: pinpointAbi, functionName: 'withdraw' });
  expect(await owed(2)).toBeGreaterThan(0n);
  await send(arena, anvil.wallet(2), data);
  expect(await owed(2)).toBe(0n);
  await expect(send(arena, anvil.wallet(2), data)).rejects.toThrow();
});

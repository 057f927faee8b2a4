import { encodeFunctionData, type Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_PARAMETERS, deployPinpoint } from '../../chain/deploy.ts';
import { explainRefusal } from '../../chain/errors.ts';
import { applyEvent, type ChainGame, replayGame } from '../../chain/game.ts';
import { pinpointAbi } from '../../chain/generated/abi.ts';
import { encodeMove, encodeTimeout, gameStateOf } from '../../chain/moves.ts';
import type { Model } from '../../models/index.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import { type Anvil, startAnvil } from '../../scripts/lib/anvil.ts';
import {
  type Arena,
  type Claim,
  challenge,
  claim,
  eventsOf,
  register,
  send,
} from '../../scripts/lib/dispute.ts';
import { loadDigitClassifier } from '../../scripts/lib/models.ts';
import { falseChallenger } from '../../strategy/adversaries.ts';
import { honestParty } from '../../strategy/party.ts';
import type { Move, Player } from '../../strategy/types.ts';

let anvil: Anvil;
let arena: Arena;
let model: Model;
let end: Hex;
let submitter: Player;
const K = Number(DEFAULT_PARAMETERS.k);
const { challengeBond, claimBond } = DEFAULT_PARAMETERS;
const image = readDigits('test').image(0).slice();
const SUBMITTER = 1;
const CHALLENGER = 2;
const STRANGER = 3;

beforeAll(async () => {
  anvil = await startAnvil();
  const { address } = await deployPinpoint(anvil.wallet(0), anvil.client);
  arena = { anvil, address, k: K };
  model = await loadDigitClassifier();
  await register(arena, anvil.wallet(0), model);
  ({ end, player: submitter } = await honestParty(model, [image], K));
});
afterAll(() => anvil?.stop());

/** Name of the error that a call is refused with; the message must be more than the name. */
async function refusal(data: Hex, from: number, value = 0n): Promise<string> {
  try {
    await send(arena, anvil.wallet(from), data, value);
  } catch (error) {
    const found = explainRefusal(error);
    if (!found) throw error;
    expect(found.message.length).toBeGreaterThan(found.name.length + 10);
    return found.name;
  }
  return 'accepted';
}

const made = (): Promise<Claim> => claim(arena, anvil.wallet(SUBMITTER), model, [image], end);
type Function = Parameters<typeof encodeFunctionData>[0]['functionName'];
const call = (functionName: string, ...args: readonly unknown[]): Hex =>
  encodeFunctionData({ abi: pinpointAbi, functionName: functionName as Function, args } as never);

async function opened(): Promise<ChainGame> {
  const target = await made();
  const receipt = await challenge(arena, anvil.wallet(CHALLENGER), target);
  const { timestamp } = await anvil.client.getBlock({ blockNumber: receipt.blockNumber });
  const events = eventsOf(receipt).map(({ args, eventName: name }) => ({
    name,
    args: args as Record<string, unknown>,
    timestamp: Number(timestamp),
  }));
  return replayGame(events) as ChainGame;
}

/** Plays a game on until `stop` holds. */
async function playUntil(stop: (game: ChainGame) => boolean): Promise<ChainGame> {
  let game = await opened();
  const other = falseChallenger();
  while (!stop(game)) {
    const [index, player] = game.turn === 0 ? [SUBMITTER, submitter] : [CHALLENGER, other];
    const move = (await player.next(game)) as Move;
    const receipt = await send(arena, anvil.wallet(index), encodeMove(game, move, K));
    const { timestamp } = await anvil.client.getBlock({ blockNumber: receipt.blockNumber });
    for (const { args, eventName: name } of eventsOf(receipt)) {
      const event = { name, args: args as Record<string, unknown>, timestamp: Number(timestamp) };
      game = applyEvent(game, event) as ChainGame;
    }
  }
  return game;
}

describe('claims', () => {
  const request = () => ({
    requester: anvil.wallet(SUBMITTER).account.address,
    nonce: 1n << 40n,
    model: model.id,
    iterations: 1,
    inputsRoot: `0x${'11'.repeat(32)}` as Hex,
    fee: 0n,
    deadline: 0n,
  });
  test.each([
    ['without a bond', {}, 0n, 'WrongBond'],
    ['of an unknown model', { model: `0x${'22'.repeat(32)}` }, claimBond, 'UnknownModel'],
    ['of no iterations', { iterations: 0 }, claimBond, 'IterationsOutOfRange'],
    ['of too many iterations', { iterations: 2 }, claimBond, 'IterationsOutOfRange'],
    ['with a fee', { fee: 1n }, claimBond, 'FeeNotSupported'],
  ])('%s', async (_, change, value, error) => {
    const data = call('claim', { ...request(), ...change }, end, '0x');
    expect(await refusal(data, SUBMITTER, value)).toBe(error);
  });

  test('with an input that the request does not bind', async () => {
    const data = call('claim', request(), end, '0x0102');
    expect(await refusal(data, SUBMITTER, claimBond)).toBe('InputMismatch');
  });

  test('twice', async () => {
    const data = call('claim', request(), end, '0x');
    expect(await refusal(data, SUBMITTER, claimBond)).toBe('accepted');
    expect(await refusal(data, SUBMITTER, claimBond)).toBe('ClaimExists');
  });

  test('a model twice', async () => {
    expect(await refusal(call('register', model.registration), 0)).toBe('ModelExists');
  });
});

describe('challenges', () => {
  test('without a bond, of one’s own claim, of no claim', async () => {
    const target = await made();
    const data = call('challenge', target.request, target.submitter, end);
    expect(await refusal(data, CHALLENGER, challengeBond - 1n)).toBe('WrongBond');
    expect(await refusal(data, SUBMITTER, challengeBond)).toBe('SelfChallenge');
    const other = call('challenge', target.request, target.submitter, model.id);
    expect(await refusal(other, CHALLENGER, challengeBond)).toBe('ClaimNotOpen');
    expect(await refusal(call('finalize', target.claimId), STRANGER)).toBe('WindowOpen');
  });
});

describe('moves', () => {
  test('out of turn, by others, with another state', async () => {
    const game = await opened();
    const move = await submitter.next(game);
    const data = encodeMove(game, move, K);
    expect(await refusal(data, STRANGER)).toBe('NotThePlayer');
    expect(await refusal(data, CHALLENGER)).toBe('NotThePlayer');
    const forged = encodeMove({ ...game, hi: game.hi - 1 }, move, K);
    expect(await refusal(forged, SUBMITTER)).toBe('GameStateMismatch');
    const early = call('select', gameStateOf(game, K), 0, game.loHash, game.hiHash, []);
    expect(await refusal(early, CHALLENGER)).toBe('NotYourTurn');
    const short = encodeMove(game, { kind: 'dissect', hashes: [end] }, K);
    expect(await refusal(short, SUBMITTER)).toBe('WrongHashCount');
    expect(await refusal(encodeTimeout(game.gameId), STRANGER)).toBe('ClockRunning');
    expect(await refusal(call('concede', game.gameId), STRANGER)).toBe('NotThePlayer');
    const proof = encodeMove(game, { kind: 'prove', witness: new Uint8Array(1) }, K);
    expect(await refusal(proof, SUBMITTER)).toBe('WrongLevel');
    expect(await refusal(data, SUBMITTER)).toBe('accepted');
    expect(await refusal(data, SUBMITTER)).toBe('GameStateMismatch');
  });

  test('a part that is not in the dissection', async () => {
    const game = await playUntil(({ turn }) => turn === 1);
    const lied = { ...game, dissection: [...game.dissection] };
    lied.dissection[2] = end;
    const state = { ...gameStateOf(game, K) };
    const data = encodeMove(lied, { kind: 'select', part: 2 }, K);
    const decodedWithTrueState = call(
      'select',
      state,
      2,
      game.dissection[1],
      end,
      Array.from({ length: 6 }, () => end),
    );
    expect(await refusal(data, CHALLENGER)).toBe('GameStateMismatch');
    const error = await refusal(decodedWithTrueState, CHALLENGER);
    expect(['WrongSiblingCount', 'DissectionMismatch']).toContain(error);
    const beyond = call('select', state, 40, game.loHash, game.hiHash, []);
    expect(await refusal(beyond, CHALLENGER)).toBe('PartOutOfRange');
  });

  test('a witness with a wrong path, cut short, or too long', async () => {
    const game = await playUntil(
      ({ hi, level, lo, turn }) => level === 1 && turn === 0 && hi - lo === 1,
    );
    const move = await submitter.next(game);
    if (move.kind !== 'prove') throw new Error(`the submitter would ${move.kind}`);
    const prove = (witness: Uint8Array) =>
      refusal(encodeMove(game, { kind: 'prove', witness }, K), SUBMITTER);
    const flipped = move.witness.slice();
    const last = flipped.length - 1;
    flipped[last] = (flipped[last] as number) ^ 1;
    expect(await prove(flipped)).not.toBe('accepted');
    expect(await prove(move.witness.subarray(0, last))).not.toBe('accepted');
    const longer = new Uint8Array(move.witness.length + 1);
    longer.set(move.witness);
    expect(await prove(longer)).not.toBe('accepted');
    expect(await prove(move.witness)).toBe('accepted');
    expect(await prove(move.witness)).toBe('GameNotOpen');
  });
});

// Last: it moves the chain's clock.
test('after the window and after the clock', async () => {
  const target = await made();
  const game = await opened();
  const data = encodeMove(game, await submitter.next(game), K);
  const { clock, window } = DEFAULT_PARAMETERS;
  await anvil.test.increaseTime({ seconds: Math.max(Number(window), Number(clock)) + 1 });
  await anvil.test.mine({ blocks: 1 });
  const late = call('challenge', target.request, target.submitter, end);
  expect(await refusal(late, CHALLENGER, challengeBond)).toBe('WindowClosed');
  expect(await refusal(data, SUBMITTER)).toBe('ClockRanOut');
  expect(await refusal(call('finalize', game.claimId), STRANGER)).toBe('GamesOpen');
  expect(await refusal(encodeTimeout(game.gameId), STRANGER)).toBe('accepted');
  expect(await refusal(call('finalize', game.claimId), STRANGER)).toBe('ClaimNotOpen');
  expect(await refusal(call('finalize', target.claimId), STRANGER)).toBe('accepted');
});

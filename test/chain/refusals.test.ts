import { encodeFunctionData, type Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  encodeChallenge,
  encodeClaim,
  encodeClaimBatch,
  encodeConvict,
  encodeDemandInput,
  encodeDemandRequest,
  encodeFell,
  encodeFinalize,
  encodeOffer,
  encodeRegister,
  encodeSettleDemand,
  encodeShowInput,
  encodeShowRequest,
} from '../../chain/calls.ts';
import { leafOf } from '../../chain/claim.ts';
import { demandId, requestHash } from '../../chain/commit.ts';
import { DEFAULT_PARAMETERS, deployPinpoint } from '../../chain/deploy.ts';
import { explainRefusal } from '../../chain/errors.ts';
import { answerFor, applyEvent, type ChainGame, replayGames } from '../../chain/game.ts';
import { pinpointAbi } from '../../chain/generated/abi.ts';
import { inputPart } from '../../chain/inputs.ts';
import {
  encodeMove,
  encodeRepeatAnswer,
  encodeSettle,
  encodeTimeout,
  gameStateOf,
  type MoveContext,
} from '../../chain/moves.ts';
import { DEFAULT_TERMS } from '../../chain/terms.ts';
import type { Request } from '../../chain/types.ts';
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
  contextOf,
  eventsOf,
  offer,
  offerOf,
  register,
  requestFor,
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
const { challengeBond, claimBond } = DEFAULT_TERMS;
const image = readDigits('test').image(0).slice();
const SUBMITTER = 1;
const CHALLENGER = 2;
const STRANGER = 3;

beforeAll(async () => {
  anvil = await startAnvil();
  arena = arenaOf(anvil, await deployPinpoint(anvil.wallet(0), anvil.client), DEFAULT_PARAMETERS.k);
  model = await loadDigitClassifier();
  await register(arena, anvil.wallet(0), model);
  await offer(arena, anvil.wallet(0), model);
  ({ end, player: submitter } = await honestParty(model, [image], K));
});
afterAll(() => anvil?.stop());

/** Name of the error that a call is refused with; the message must be more than the name. */
async function refusal(
  data: Hex,
  from: number,
  value = 0n,
  to: Hex = arena.address,
): Promise<string> {
  try {
    await send(arena, anvil.wallet(from), data, value, to);
  } catch (error) {
    const found = explainRefusal(error);
    if (!found) throw error;
    expect(found.message.length).toBeGreaterThan(found.name.length + 10);
    return found.name;
  }
  return 'accepted';
}

/** The request of a claim about one run. */
function requestOf({ runs: [run] }: Claimed): Request {
  if (!run?.request) throw new Error('the claim told no request');
  return run.request;
}
const account = (index: number) => anvil.wallet(index).account.address;
const made = (): Promise<Claimed> => claim(arena, anvil.wallet(SUBMITTER), model, [image], end);
const other = (): Hex => `0x${'22'.repeat(32)}`;

interface Opened {
  readonly game: ChainGame;
  readonly target: Claimed;
  readonly context: MoveContext;
}

async function opened(by = CHALLENGER, about?: Claimed): Promise<Opened> {
  const target = about ?? (await made());
  const receipt = await challenge(arena, anvil.wallet(by), target);
  const { timestamp } = await anvil.client.getBlock({ blockNumber: receipt.blockNumber });
  const events = eventsOf(receipt).map(({ args, eventName: name }) => ({
    name,
    args: args as Record<string, unknown>,
    timestamp: Number(timestamp),
  }));
  const [game] = [...replayGames(events).games.values()];
  return { game: game as ChainGame, target, context: contextOf(arena, target) };
}

/** Plays a game on until `stop` holds. */
async function playUntil(stop: (game: ChainGame) => boolean): Promise<Opened> {
  let { game, ...rest } = await opened();
  const challenger = falseChallenger();
  while (!stop(game)) {
    const [index, player] = game.turn === 0 ? [SUBMITTER, submitter] : [CHALLENGER, challenger];
    const move = (await player.next(game)) as Move;
    const data = encodeMove(game, move, rest.context);
    const receipt = await send(arena, anvil.wallet(index), data);
    const { timestamp } = await anvil.client.getBlock({ blockNumber: receipt.blockNumber });
    for (const { args, eventName: name } of eventsOf(receipt)) {
      const event = { name, args: args as Record<string, unknown>, timestamp: Number(timestamp) };
      game = applyEvent(game, event) as ChainGame;
    }
  }
  return { game, ...rest };
}

describe('models and offers', () => {
  const registry = () => arena.registry;
  test('a model twice, an offer twice, an offer of nothing', async () => {
    const { registration } = model;
    expect(await refusal(encodeRegister(registration), 0, 0n, registry())).toBe('ModelExists');
    const again = encodeOffer(model.id, DEFAULT_TERMS);
    expect(await refusal(again, 0, 0n, registry())).toBe('OfferExists');
    const unknown = encodeOffer(other(), DEFAULT_TERMS);
    expect(await refusal(unknown, 0, 0n, registry())).toBe('UnknownModel');
  });

  test.each([
    ['a window too short', { window: 3599 }, 'InvalidTerm'],
    ['a clock too short', { clock: 60 }, 'InvalidTerm'],
    ['a challenge bond that does not pay a game', { challengeBond: 10n ** 17n }, 'InvalidTerm'],
    ['a claim bond that repays nobody', { claimBond: 10n ** 17n }, 'InvalidTerm'],
    ['a part of a gwei', { claimBond: 10n ** 18n + 1n }, 'NotInGwei'],
  ])('an offer with %s', async (_, change, error) => {
    const data = encodeOffer(model.id, { ...DEFAULT_TERMS, ...change });
    expect(await refusal(data, 0, 0n, registry())).toBe(error);
  });
});

describe('claims', () => {
  const request = () => ({
    ...requestFor(account(SUBMITTER), model, []),
    inputsRoot: `0x${'11'.repeat(32)}` as Hex,
  });
  const encode = (change: object, input: Hex = '0x') =>
    encodeClaim(offerOf(arena, model), { ...request(), ...change }, end, input);

  test.each([
    ['without a bond', {}, 0n, 'WrongBond'],
    ['of another model', { model: other() }, claimBond, 'IllFormedRequest'],
    ['of no iterations', { iterations: 0 }, claimBond, 'IllFormedRequest'],
    ['of too many iterations', { iterations: 2 }, claimBond, 'IllFormedRequest'],
    ['with a fee that nothing holds', { fee: 1n }, claimBond, 'IllFormedRequest'],
  ])('%s', async (_, change, value, error) => {
    expect(await refusal(encode(change), SUBMITTER, value)).toBe(error);
  });

  test('under an offer that nobody made', async () => {
    const data = encodeClaim(other(), request(), end, '0x');
    expect(await refusal(data, SUBMITTER, claimBond)).toBe('UnknownOffer');
  });

  test('with an input that the request does not bind', async () => {
    expect(await refusal(encode({}, '0x0102'), SUBMITTER, claimBond)).toBe('InputMismatch');
  });

  test('twice', async () => {
    const data = encode({});
    expect(await refusal(data, SUBMITTER, claimBond)).toBe('accepted');
    expect(await refusal(data, SUBMITTER, claimBond)).toBe('ClaimExists');
  });

  test('of no runs, of more than are allowed, of ends without requests', async () => {
    const id = offerOf(arena, model);
    const batch = (requests: number, ends: number) =>
      encodeClaimBatch(id, Array(requests).fill(other()), Array(ends).fill(end));
    expect(await refusal(batch(0, 0), SUBMITTER, claimBond)).toBe('BatchSizeOutOfRange');
    expect(await refusal(batch(4097, 4097), SUBMITTER, claimBond)).toBe('BatchSizeOutOfRange');
    expect(await refusal(batch(2, 3), SUBMITTER, claimBond)).toBe('LengthMismatch');
  });
});

describe('challenges', () => {
  test('without a bond, of one’s own claim, of no claim, of another end, with another model', async () => {
    const target = await made();
    const { claim: made_ } = target;
    const request = requestOf(target);
    const leaf = leafOf(target, 0);
    const { registration } = model;
    const data = encodeChallenge(made_, registration, request, leaf, 0);
    expect(await refusal(data, CHALLENGER, challengeBond - 1n)).toBe('WrongBond');
    expect(await refusal(data, SUBMITTER, challengeBond)).toBe('SelfChallenge');
    const none = encodeChallenge({ ...made_, root: other() }, registration, request, leaf, 0);
    expect(await refusal(none, CHALLENGER, challengeBond)).toBe('ClaimNotOpen');
    const ended = encodeChallenge(made_, registration, request, { ...leaf, end: other() }, 0);
    expect(await refusal(ended, CHALLENGER, challengeBond)).toBe('NotInClaim');
    const changed = { ...registration, programRoot: other() };
    const programmed = encodeChallenge(made_, changed, request, leaf, 0);
    expect(await refusal(programmed, CHALLENGER, challengeBond)).toBe('NotTheModel');
    expect(await refusal(encodeConvict(made_, request, leaf), CHALLENGER)).toBe(
      'WellFormedRequest',
    );
    expect(await refusal(encodeFinalize(made_), STRANGER)).toBe('WindowOpen');
  });

  test('a request that cannot be run convicts the claim that has it', async () => {
    const good = requestFor(account(SUBMITTER), model, [image]);
    const bad = { ...requestFor(account(SUBMITTER), model, [image]), iterations: 2 };
    const target = await claimBatch(arena, anvil.wallet(SUBMITTER), model, [good, bad], [end, end]);
    const convict = encodeConvict(target.claim, bad, leafOf(target, 1));
    expect(await refusal(convict, SUBMITTER)).toBe('SelfChallenge');
    expect(await refusal(convict, STRANGER)).toBe('accepted');
    expect(await refusal(convict, STRANGER)).toBe('ClaimNotOpen');
  });
});

describe('moves', () => {
  test('out of turn, by others, with another state', async () => {
    const { context, game, target } = await opened();
    const move = await submitter.next(game);
    const data = encodeMove(game, move, context);
    expect(await refusal(data, STRANGER)).toBe('NotThePlayer');
    expect(await refusal(data, CHALLENGER)).toBe('NotThePlayer');
    const forged = encodeMove({ ...game, hi: game.hi - 1 }, move, context);
    expect(await refusal(forged, SUBMITTER)).toBe('GameStateMismatch');
    const early = call('select', gameStateOf(game, K), 0, game.loHash, game.hiHash, []);
    expect(await refusal(early, CHALLENGER)).toBe('NotYourTurn');
    const short = encodeMove(game, { kind: 'dissect', hashes: [end] }, context);
    expect(await refusal(short, SUBMITTER)).toBe('WrongHashCount');
    expect(await refusal(encodeTimeout(target.claim, game, K), STRANGER)).toBe('ClockRunning');
    expect(await refusal(encodeMove(game, { kind: 'concede' }, context), STRANGER)).toBe(
      'NotThePlayer',
    );
    expect(await refusal(encodeSettle(target.claim, game, K), STRANGER)).toBe('NotMoot');
    const proof = encodeMove(game, { kind: 'prove', witness: new Uint8Array(1) }, context);
    expect(await refusal(proof, SUBMITTER)).toBe('WrongLevel');
    expect(await refusal(data, SUBMITTER)).toBe('accepted');
    expect(await refusal(data, SUBMITTER)).toBe('GameStateMismatch');
  });

  test('an answer that was not kept, or another than was given', async () => {
    const { context, game, target } = await opened();
    const data = encodeMove(game, await submitter.next(game), context);
    await send(arena, anvil.wallet(SUBMITTER), data);
    const { game: second } = await opened(STRANGER, target);
    expect(answerFor(second, new Map())).toBeUndefined();
    const forged = { ...second, turn: 1 as const, dissection: [end] };
    const repeat = encodeRepeatAnswer(second, forged, K);
    expect(await refusal(repeat, STRANGER)).toBe('NoSuchAnswer');
    const kept = encodeMove(second, await submitter.next(second), { ...context, keep: true });
    await send(arena, anvil.wallet(SUBMITTER), kept);
    const { game: third } = await opened(CHALLENGER, target);
    const other = encodeRepeatAnswer(third, { ...third, turn: 1, dissection: [end] }, K);
    expect(await refusal(other, STRANGER)).toBe('NoSuchAnswer');
  });

  test('a part that is not in the dissection', async () => {
    const { context, game } = await playUntil(({ turn }) => turn === 1);
    const lied = { ...game, dissection: [...game.dissection] };
    lied.dissection[2] = end;
    const state = { ...gameStateOf(game, K) };
    const data = encodeMove(lied, { kind: 'select', part: 2 }, context);
    const withTrueState = (siblings: number) =>
      call('select', state, 2, game.dissection[1], end, Array(siblings).fill(end));
    expect(await refusal(data, CHALLENGER)).toBe('GameStateMismatch');
    expect(await refusal(withTrueState(6), CHALLENGER)).toBe('WrongSiblingCount');
    expect(await refusal(withTrueState(5), CHALLENGER)).toBe('DissectionMismatch');
    const beyond = call('select', state, 40, game.loHash, game.hiHash, []);
    expect(await refusal(beyond, CHALLENGER)).toBe('PartOutOfRange');
  });

  test('a witness with a wrong path, cut short, or too long', async () => {
    const { context, game } = await playUntil(
      ({ hi, level, lo, turn }) => level === 1 && turn === 0 && hi - lo === 1,
    );
    const move = await submitter.next(game);
    if (move.kind !== 'prove') throw new Error(`the submitter would ${move.kind}`);
    const prove = (witness: Uint8Array, change: Partial<MoveContext> = {}) =>
      refusal(encodeMove(game, { kind: 'prove', witness }, { ...context, ...change }), SUBMITTER);
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

describe('demands', () => {
  const at = () => ({ chainId: BigInt(anvil.chain.id), contract: arena.address });
  const ask = (data: Hex, from: number, value = 0n) => refusal(data, from, value, arena.demands);

  test('for a request: answered once, by its preimage only', async () => {
    const request = requestFor(account(SUBMITTER), model, [image]);
    const target = await claimBatch(arena, anvil.wallet(SUBMITTER), model, [request], [end]);
    const hash = requestHash({ ...at(), ...request });
    const data = encodeDemandRequest(target.claim, hash, leafOf(target, 0));
    expect(await ask(data, CHALLENGER)).toBe('WrongDemandBond');
    expect(await ask(data, SUBMITTER, challengeBond)).toBe('OwnClaim');
    expect(await ask(data, CHALLENGER, challengeBond)).toBe('accepted');
    expect(await ask(data, CHALLENGER, challengeBond)).toBe('DemandExists');
    const id = demandId({
      ...{ ...at(), contract: arena.demands, claim: target.id },
      ...{ kind: 0, index: 0, wanted: hash, node: 0 },
    });
    expect(await ask(encodeFell(target.claim, id), CHALLENGER)).toBe('DemandPending');
    expect(await ask(encodeSettleDemand(target.claim, id), CHALLENGER)).toBe('NotMoot');
    const wrong = encodeShowRequest(target.claim, 0, { ...request, nonce: 77n });
    expect(await ask(wrong, SUBMITTER)).toBe('DemandNotOpen');
    const right = encodeShowRequest(target.claim, 0, request);
    expect(await ask(right, SUBMITTER)).toBe('accepted');
    expect(await ask(right, SUBMITTER)).toBe('DemandNotOpen');
  });

  test.each([
    ['the first part', 0],
    ['a part that is all zeros', 1],
    ['a part of an input slot that has no tensor', (5 << 14) + 3],
    ['the very last part', 2 ** 28 - 1],
  ])('for inputs: %s', async (_, node) => {
    const target = await made();
    const request = requestOf(target);
    const data = encodeDemandInput(target.claim, request, leafOf(target, 0), node);
    expect(await ask(data, CHALLENGER, challengeBond)).toBe('accepted');
    const { inputsRoot } = request;
    const part = inputPart([image], node);
    const show = (change: object) =>
      encodeShowInput(target.claim, 0, inputsRoot, { ...part, ...change });
    const content = part.content.slice();
    content[0] = (content[0] as number) ^ 1;
    expect(await ask(show({ content }), SUBMITTER)).toBe('ContentMismatch');
    expect(await ask(show({ content: new Uint8Array() }), SUBMITTER)).toBe('WrongContentLength');
    const siblings = part.siblings.slice(1);
    expect(await ask(show({ siblings }), SUBMITTER)).toBe('WrongSiblingCount');
    expect(await ask(show({}), SUBMITTER)).toBe('accepted');
  });

  test('for a part beyond all inputs', async () => {
    const target = await made();
    const request = requestOf(target);
    const data = encodeDemandInput(target.claim, request, leafOf(target, 0), 2 ** 28);
    expect(await ask(data, CHALLENGER, challengeBond)).toBe('NodeOutOfRange');
    expect(() => inputPart([image], 2 ** 28)).toThrow('2^28');
  });
});

// Last: it moves the chain's clock.
test('after the window and after the clock', async () => {
  const target = await made();
  const { context, game, target: disputed } = await opened();
  const asked = await made();
  const run = requestOf(target);
  const demanded = encodeDemandInput(asked.claim, requestOf(asked), leafOf(asked, 0), 0);
  await send(arena, anvil.wallet(CHALLENGER), demanded, challengeBond, arena.demands);
  const data = encodeMove(game, await submitter.next(game), context);
  const { clock, window } = DEFAULT_TERMS;
  await anvil.test.increaseTime({ seconds: Math.max(window, clock) + 1 });
  await anvil.test.mine({ blocks: 1 });
  const late = encodeChallenge(target.claim, model.registration, run, leafOf(target, 0), 0);
  expect(await refusal(late, CHALLENGER, challengeBond)).toBe('WindowClosed');
  const tooLate = encodeDemandInput(target.claim, run, leafOf(target, 0), 0);
  expect(await refusal(tooLate, CHALLENGER, challengeBond, arena.demands)).toBe('TooLateToDemand');
  expect(await refusal(data, SUBMITTER)).toBe('ClockRanOut');
  expect(await refusal(encodeFinalize(disputed.claim), STRANGER)).toBe('GamesOpen');
  const timeout = encodeTimeout(disputed.claim, game, K);
  expect(await refusal(encodeTimeout(target.claim, game, K), STRANGER)).toBe('ClaimMismatch');
  expect(await refusal(timeout, STRANGER)).toBe('accepted');
  expect(await refusal(encodeFinalize(disputed.claim), STRANGER)).toBe('ClaimNotOpen');
  expect(await refusal(encodeFinalize(target.claim), STRANGER)).toBe('accepted');
  const { inputsRoot } = requestOf(asked);
  const overdue = encodeShowInput(asked.claim, 0, inputsRoot, inputPart([image], 0));
  expect(await refusal(overdue, SUBMITTER, 0n, arena.demands)).toBe('DemandOverdue');
  const id = demandId({
    ...{ chainId: BigInt(anvil.chain.id), contract: arena.demands, claim: asked.id },
    ...{ kind: 1, index: 0, wanted: inputsRoot, node: 0 },
  });
  expect(await refusal(encodeFell(asked.claim, id), STRANGER, 0n, arena.demands)).toBe('accepted');
  expect(await refusal(encodeFinalize(asked.claim), STRANGER)).toBe('ClaimNotOpen');
});

type Function = Parameters<typeof encodeFunctionData>[0]['functionName'];
const call = (functionName: string, ...args: readonly unknown[]): Hex =>
  encodeFunctionData({ abi: pinpointAbi, functionName: functionName as Function, args } as never);

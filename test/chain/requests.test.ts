import {
  type Address,
  encodeDeployData,
  encodeFunctionData,
  parseEther,
  parseEventLogs,
  toHex,
} from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimId } from '../../chain/commit.ts';
import { DEFAULT_PARAMETERS, type Deployment, deployPinpoint } from '../../chain/deploy.ts';
import { digitBountyAbi, requestsAbi } from '../../chain/generated/abi.ts';
import { bytecode } from '../../chain/generated/bytecode.ts';
import {
  commitmentHash,
  encodeAnswer,
  encodeCommit,
  encodeDeliver,
  encodeFinalizeAndSettle,
  encodeReopen,
} from '../../chain/requests.ts';
import { DEFAULT_TERMS } from '../../chain/terms.ts';
import type { Request } from '../../chain/types.ts';
import type { Model } from '../../models/index.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import type { Hash } from '../../models/types.ts';
import { type Anvil, startAnvil } from '../../scripts/lib/anvil.ts';
import {
  type Arena,
  arenaOf,
  type Claimed,
  offer,
  offerOf,
  play,
  register,
  send,
} from '../../scripts/lib/dispute.ts';
import { loadDigitClassifier } from '../../scripts/lib/models.ts';
import { activationLie } from '../../strategy/adversaries.ts';
import { honestChallenger } from '../../strategy/challenger.ts';
import { honestParty } from '../../strategy/party.ts';

const [OWNER, LIAR, CHALLENGER, HONEST, PLAYER] = [0, 1, 2, 3, 4];
const SALT: Hash = `0x${'5a'.repeat(32)}`;
const BOUNTY = parseEther('3');
const FEE = parseEther('0.01');
const digits = readDigits('test');
const picture = digits.image(0).slice();
const K = Number(DEFAULT_PARAMETERS.k);

let anvil: Anvil;
let arena: Arena;
let deployment: Deployment;
let model: Model;
let offered: Hash;
let bounty: Address;

beforeAll(async () => {
  anvil = await startAnvil();
  deployment = await deployPinpoint(anvil.wallet(OWNER), anvil.client);
  arena = arenaOf(anvil, deployment, DEFAULT_PARAMETERS.k);
  model = await loadDigitClassifier();
  await register(arena, anvil.wallet(OWNER), model);
  await offer(arena, anvil.wallet(OWNER), model);
  offered = offerOf(arena, model);
  const wallet = anvil.wallet(OWNER);
  const args = [deployment.requests, offered, BigInt(digits.label(0))] as const;
  const data = encodeDeployData({ abi: digitBountyAbi, bytecode: bytecode.DigitBounty, args });
  const hash = await wallet.sendTransaction({ data, value: BOUNTY });
  const receipt = await anvil.client.waitForTransactionReceipt({ hash });
  bounty = receipt.contractAddress as Address;
});
afterAll(() => anvil?.stop());

const pass = async (seconds: number) => {
  await anvil.test.increaseTime({ seconds });
  await anvil.test.mine({ blocks: 1 });
};

/** Commits to an end of request 0 and claims it a block later. */
async function answer(by: number, end: Hash, request: Request): Promise<Claimed> {
  const wallet = anvil.wallet(by);
  const submitter = wallet.account.address;
  const { requests } = deployment;
  const source = requests;
  const claim = { offer: offered, submitter, source, first: 0n, count: 1, root: end };
  const chainId = BigInt(anvil.chain.id);
  const commitment = commitmentHash({ chainId, contract: requests, ...claim, salt: SALT });
  await send(arena, wallet, encodeCommit(commitment), 0n, requests);
  await anvil.test.mine({ blocks: 1 });
  const data = encodeAnswer(offered, 0n, [end], SALT);
  const receipt = await send(arena, wallet, data, DEFAULT_TERMS.claimBond, requests);
  const id = claimId({ chainId, contract: arena.address, ...claim });
  return {
    ...{ id, claim, status: 'open', windowEnds: 0, demands: [], model },
    runs: [{ requestHash: id, end, request, input: toHex(picture) }],
    gasUsed: Number(receipt.gasUsed),
  };
}

const read = <T>(functionName: 'bounty' | 'collectable' | 'isFinal', ...args: unknown[]) =>
  anvil.client.readContract({
    ...{ address: bounty, abi: digitBountyAbi, functionName, args: args as never },
  }) as Promise<T>;

test('a contract that asks for a digit acts on the answer only when it is final and true', async () => {
  const player = anvil.wallet(PLAYER);
  const enter = encodeFunctionData({
    abi: digitBountyAbi,
    functionName: 'enter',
    args: [toHex(picture)],
  });
  const entered = await send(arena, player, enter, FEE, bounty);
  const [asked] = parseEventLogs({ abi: requestsAbi, logs: entered.logs, eventName: 'Requested' });
  const request = asked?.args.request as unknown as Request;
  const [entry] = parseEventLogs({
    abi: digitBountyAbi,
    logs: entered.logs,
    eventName: 'Entered',
  });
  const id = entry?.args.id;

  // A liar answers first, is challenged, and loses.
  const liar = await activationLie(0)(model, [picture], K);
  const lie = await answer(LIAR, liar.end, request);
  const { game } = await play(
    arena,
    lie,
    { wallet: anvil.wallet(LIAR), player: liar.player },
    {
      wallet: anvil.wallet(CHALLENGER),
      player: honestChallenger(await model.trace([picture]), K),
    },
  );
  expect(game.status).toBe('challenger_won');
  expect(await read('isFinal', id)).toBe(false);
  expect(await read('bounty')).toBe(BOUNTY);

  // The request can be claimed again; the truth survives its window.
  await send(arena, player, encodeReopen(lie.claim, 0, 1), 0n, deployment.requests);
  const { end } = await honestParty(model, [picture], K);
  const truth = await answer(HONEST, end, request);
  const { outputs } = await model.run([picture]);
  const leaf = { index: 0, end, siblings: [] };
  const deliver = encodeDeliver(truth.claim, leaf, request, { outputs, slot: 1 });
  await expect(send(arena, player, deliver, 0n, deployment.requests)).rejects.toThrow();
  await pass(DEFAULT_TERMS.window);
  await send(arena, player, encodeFinalizeAndSettle(truth.claim), 0n, deployment.requests);
  await send(arena, player, deliver, 0n, deployment.requests);

  expect(await read('isFinal', id)).toBe(true);
  expect(await read('bounty')).toBe(0n);
  expect(await read('collectable', player.account.address)).toBe(BOUNTY);
  const paid = await anvil.client.readContract({
    ...{ address: deployment.requests, abi: requestsAbi, functionName: 'withdrawable' },
    args: ['0x0000000000000000000000000000000000000000', anvil.wallet(HONEST).account.address],
  });
  expect(paid).toBe(FEE);
  // Once.
  await expect(send(arena, player, deliver, 0n, deployment.requests)).rejects.toThrow();
});

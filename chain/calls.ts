/** Calls that aren't moves of a game: models, offers, claims, demands, money. */
import { bytesToHex, encodeFunctionData, type Hex } from 'viem';
import type { Registration } from '../models/commit.ts';
import type { Hash } from '../models/types.ts';
import { demandsAbi, pinpointAbi, registryAbi } from './generated/abi.ts';
import type { InputPart } from './inputs.ts';
import type { Claim, Leaf, Request, Terms } from './types.ts';

// Registry.

export const encodeRegister = (registration: Registration): Hex =>
  encodeFunctionData({ abi: registryAbi, functionName: 'register', args: [registration] });

export const encodeOffer = (model: Hash, terms: Terms): Hex =>
  encodeFunctionData({ abi: registryAbi, functionName: 'offer', args: [model, terms] });

// Pinpoint.

/** `input`: content of input slot 0, at most 16 KiB, if the request has no other; or 0x. */
export const encodeClaim = (offer: Hash, request: Request, end: Hash, input: Hex): Hex =>
  encodeFunctionData({
    abi: pinpointAbi,
    functionName: 'claim',
    args: [offer, request, end, input],
  });

export const encodeClaimBatch = (
  offer: Hash,
  requestHashes: readonly Hash[],
  ends: readonly Hash[],
): Hex =>
  encodeFunctionData({
    abi: pinpointAbi,
    functionName: 'claimBatch',
    args: [offer, requestHashes, ends],
  });

/** `number`: one that none of the sender's games about this claim has. */
export const encodeChallenge = (
  claim: Claim,
  registration: Registration,
  request: Request,
  leaf: Leaf,
  number: number,
): Hex =>
  encodeFunctionData({
    abi: pinpointAbi,
    functionName: 'challenge',
    args: [claim, registration, request, leaf, number],
  });

/** Fells a claim about a request that can't be run. */
export const encodeConvict = (claim: Claim, request: Request, leaf: Leaf): Hex =>
  encodeFunctionData({ abi: pinpointAbi, functionName: 'convict', args: [claim, request, leaf] });

export const encodeFinalize = (claim: Claim): Hex =>
  encodeFunctionData({ abi: pinpointAbi, functionName: 'finalize', args: [claim] });

/** The same in Pinpoint and Demands, each of which holds what it owes. */
export const encodeWithdraw = (): Hex =>
  encodeFunctionData({ abi: pinpointAbi, functionName: 'withdraw' });

// Demands.

export const encodeDemandRequest = (claim: Claim, requestHash: Hash, leaf: Leaf): Hex =>
  encodeFunctionData({
    abi: demandsAbi,
    functionName: 'demandRequest',
    args: [claim, requestHash, leaf],
  });

/** `node`: bytes 16,384 x node and on of the inputs group. */
export const encodeDemandInput = (claim: Claim, request: Request, leaf: Leaf, node: number): Hex =>
  encodeFunctionData({
    abi: demandsAbi,
    functionName: 'demandInput',
    args: [claim, request, leaf, node],
  });

export const encodeShowRequest = (claim: Claim, index: number, request: Request): Hex =>
  encodeFunctionData({
    abi: demandsAbi,
    functionName: 'showRequest',
    args: [claim, index, request],
  });

export const encodeShowInput = (
  claim: Claim,
  index: number,
  inputsRoot: Hash,
  { content, node, siblings }: InputPart,
): Hex =>
  encodeFunctionData({
    abi: demandsAbi,
    functionName: 'showInput',
    args: [claim, index, node, inputsRoot, bytesToHex(content), siblings],
  });

/** Fells a claim, a demand about which nobody has answered in time. */
export const encodeFell = (claim: Claim, demandId: Hash): Hex =>
  encodeFunctionData({ abi: demandsAbi, functionName: 'fell', args: [claim, demandId] });

export const encodeSettleDemand = (claim: Claim, demandId: Hash): Hex =>
  encodeFunctionData({ abi: demandsAbi, functionName: 'settleDemand', args: [claim, demandId] });

/** Requests made and paid on the chain: calls of the Requests contract, and proofs of outputs. docs/consumers.md */
import { bytesToHex, encodeFunctionData, encodePacked, type Hex, keccak256 } from 'viem';
import { tensorRoot, toHash } from '../models/hash.ts';
import { createSlotTree, GROUP_HEIGHT } from '../models/slots.ts';
import type { Hash } from '../models/types.ts';
import { requestsAbi } from './generated/abi.ts';
import type { At, Claim, Leaf, Request } from './types.ts';

const abi = requestsAbi;

/** What is published before a claim, so that nobody can copy its ends. `contract`: Requests. */
export function commitmentHash({
  chainId,
  contract,
  offer,
  submitter,
  first,
  count,
  root,
  salt,
}: At & Omit<Claim, 'source'> & { readonly salt: Hash }): Hash {
  return keccak256(
    encodePacked(
      [
        'uint8',
        'uint256',
        'address',
        'bytes32',
        'address',
        'uint64',
        'uint32',
        'bytes32',
        'bytes32',
      ],
      [0x2b, chainId, contract, offer, submitter, first, count, root, salt],
    ),
  );
}

export const encodeCommit = (commitment: Hash): Hex =>
  encodeFunctionData({ abi, functionName: 'commit', args: [commitment] });

/** Claims the ends of an offer's requests `first` and on. `salt`: the commitment's. */
export const encodeAnswer = (offer: Hash, first: bigint, ends: readonly Hash[], salt: Hash): Hex =>
  encodeFunctionData({ abi, functionName: 'claimBatch', args: [offer, first, ends, salt] });

export const encodeFinalizeAndSettle = (claim: Claim): Hex =>
  encodeFunctionData({ abi, functionName: 'finalizeAndSettle', args: [claim] });

export const encodeReopen = (claim: Claim, index: number, count: number): Hex =>
  encodeFunctionData({ abi, functionName: 'reopen', args: [claim, index, count] });

/** Brings a final run's output to whoever asked. `outputs`: of the run, ascending; `slot`: which is delivered. */
export function encodeDeliver(
  claim: Claim,
  leaf: Leaf,
  request: Request,
  { outputs, slot, data = '0x' }: { outputs: readonly Uint8Array[]; slot: number; data?: Hex },
): Hex {
  const output = outputs[slot];
  if (!output) throw new RangeError(`output ${slot} of a run with ${outputs.length}`);
  const args = [
    claim,
    leaf,
    request,
    bytesToHex(output),
    outputSiblings(outputs, slot),
    data,
  ] as const;
  return encodeFunctionData({ abi, functionName: 'deliver', args });
}

/** Path of output `slot` to the outputs group's root, tensor i in output slot i. */
export function outputSiblings(outputs: readonly Uint8Array[], slot: number): Hash[] {
  const tree = createSlotTree();
  outputs.forEach((output, i) => {
    tree.set(i, tensorRoot(output));
  });
  return Array.from({ length: GROUP_HEIGHT }, (_, height) =>
    toHash(tree.node(height, (slot >> height) ^ 1)),
  );
}

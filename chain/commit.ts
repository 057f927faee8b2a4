/** Commitments of claims and games (docs/protocol.md, "Preimages"); contracts/src/Commit.sol computes the same. */
import { type Address, encodePacked, type Hex, keccak256 } from 'viem';
import { runningPreimage } from '../models/commit.ts';
import { fromHash, keccak256 as hashBytes, node, toHash } from '../models/hash.ts';
import type { Hash } from '../models/types.ts';

/** What a run is asked for, with the contract that it is asked of. */
export interface RequestFields {
  readonly chainId: bigint;
  readonly contract: Address;
  readonly requester: Address;
  readonly nonce: bigint;
  readonly model: Hash;
  /** T */
  readonly iterations: number;
  readonly inputsRoot: Hash;
  readonly fee: bigint;
  readonly deadline: bigint;
}

interface Deployment {
  readonly chainId: bigint;
  readonly contract: Address;
}

export function requestHash(request: RequestFields): Hash {
  const { chainId, contract, requester, nonce, model, iterations } = request;
  const { inputsRoot, fee, deadline } = request;
  return keccak256(
    encodePacked(
      [
        'uint8',
        'uint256',
        'address',
        'address',
        'uint64',
        'bytes32',
        'uint32',
        'bytes32',
        'uint128',
        'uint64',
      ],
      [0x23, chainId, contract, requester, nonce, model, iterations, inputsRoot, fee, deadline],
    ),
  );
}

export function claimId({
  chainId,
  contract,
  request,
  submitter,
  end,
}: Deployment & {
  readonly request: Hash;
  readonly submitter: Address;
  readonly end: Hash;
}): Hash {
  return keccak256(
    encodePacked(
      ['uint8', 'uint256', 'address', 'bytes32', 'address', 'bytes32'],
      [0x24, chainId, contract, request, submitter, end],
    ),
  );
}

/** `number`: games of the claim opened before it. */
export function gameId({
  chainId,
  contract,
  claim,
  challenger,
  number,
}: Deployment & {
  readonly claim: Hash;
  readonly challenger: Address;
  readonly number: number;
}): Hash {
  return keccak256(
    encodePacked(
      ['uint8', 'uint256', 'address', 'bytes32', 'address', 'uint32'],
      [0x25, chainId, contract, claim, challenger, number],
    ),
  );
}

/** The game's state as calldata carries it. */
export interface GameState {
  readonly id: Hash;
  readonly level: 0 | 1;
  readonly turn: 0 | 1;
  readonly lo: bigint;
  readonly hi: bigint;
  readonly loHash: Hash;
  readonly hiHash: Hash;
  readonly dissection: Hash;
  readonly codeRoot: Hash;
}

export function gameStateHash(game: GameState): Hash {
  const { id, level, turn, lo, hi, loHash, hiHash, dissection, codeRoot } = game;
  return keccak256(
    encodePacked(
      [
        'uint8',
        'bytes32',
        'uint8',
        'uint8',
        'uint64',
        'uint64',
        'bytes32',
        'bytes32',
        'bytes32',
        'bytes32',
      ],
      [0x26, id, level, turn, lo, hi, loHash, hiHash, dissection, codeRoot],
    ),
  );
}

/** Hash of the graph state that a request's run starts from. */
export function startHash(
  model: { readonly outputsRoot: Hash; readonly rest: Hash },
  inputsRoot: Hash,
): Hash {
  const inputs = node(fromHash(inputsRoot), fromHash(model.outputsRoot));
  return toHash(hashBytes(runningPreimage(0, node(inputs, fromHash(model.rest)))));
}

const EMPTY: Hash = `0x${'00'.repeat(32)}`;
const pair = (left: Hash, right: Hash): Hash => keccak256(`${left}${right.slice(2)}` as Hex);

/** The tree over a dissection's p end hashes, lowest level first; missing leaves are 0, the depth is ceil(log2(k)). */
function dissectionLevels(ends: readonly Hash[], k: number): Hash[][] {
  const depth = Math.ceil(Math.log2(k));
  if (ends.length > k) throw new RangeError(`${ends.length} hashes in a dissection of ${k}`);
  const levels = [Array.from({ length: 2 ** depth }, (_, i) => ends[i] ?? EMPTY)];
  for (let height = 0; height < depth; height++) {
    const below = levels[height] as Hash[];
    levels.push(
      Array.from({ length: below.length / 2 }, (_, i) =>
        pair(below[2 * i] as Hash, below[2 * i + 1] as Hash),
      ),
    );
  }
  return levels;
}

export function dissectionRoot(ends: readonly Hash[], k: number): Hash {
  return (dissectionLevels(ends, k).at(-1) as Hash[])[0] as Hash;
}

/** What `select` needs to prove a part's two ends (part 0: its one): level by level, within a level from the left. */
export function partSiblings(ends: readonly Hash[], part: number, k: number): Hash[] {
  const siblings: Hash[] = [];
  let low = Math.max(0, part - 1);
  let high = part;
  for (const level of dissectionLevels(ends, k).slice(0, -1)) {
    if (low === high) siblings.push(level[high ^ 1] as Hash);
    else if (low >> 1 !== high >> 1) siblings.push(level[low ^ 1] as Hash, level[high ^ 1] as Hash);
    low >>= 1;
    high >>= 1;
  }
  return siblings;
}

/** Commitments of offers, claims and games (docs/protocol.md, "Preimages"); contracts/src/Commit.sol computes the same. */
import { type Address, concat, encodePacked, type Hex, keccak256, numberToHex, pad } from 'viem';
import { runningPreimage } from '../models/commit.ts';
import { fromHash, keccak256 as hashBytes, node, toHash } from '../models/hash.ts';
import type { Hash } from '../models/types.ts';
import type { At, Claim, GameState, Request, Terms } from './types.ts';

/** Id of an offer; `contract` is the registry. */
export function offerId({
  chainId,
  contract,
  model,
  terms,
}: At & { readonly model: Hash; readonly terms: Terms }): Hash {
  const { claimBond, challengeBond, clock, commitDelay, descentIncrement } = terms;
  const { fee, increment, repayment, submitter, token, window } = terms;
  return keccak256(
    encodePacked(
      [
        ...(['uint8', 'uint256', 'address', 'bytes32', 'address', 'address', 'uint128'] as const),
        ...(['uint24', 'uint24', 'uint24', 'uint24', 'uint24'] as const),
        ...(['uint96', 'uint96', 'uint96'] as const),
      ],
      [
        ...([0x27, chainId, contract, model, submitter, token, fee] as const),
        ...([window, clock, increment, descentIncrement, commitDelay] as const),
        ...([claimBond, challengeBond, repayment] as const),
      ],
    ),
  );
}

/** `contract`: Pinpoint, which claims about it are made to. */
export function requestHash({ chainId, contract, ...request }: At & Request): Hash {
  const { requester, nonce, model, iterations, inputsRoot, fee, deadline } = request;
  return keccak256(
    encodePacked(
      [
        ...(['uint8', 'uint256', 'address', 'address', 'uint64'] as const),
        ...(['bytes32', 'uint32', 'bytes32', 'uint128', 'uint64'] as const),
      ],
      [0x23, chainId, contract, requester, nonce, model, iterations, inputsRoot, fee, deadline],
    ),
  );
}

/** A claim's leaf for a request that no contract holds. */
export const leafHash = (request: Hash, end: Hash): Hash =>
  keccak256(encodePacked(['uint8', 'bytes32', 'bytes32'], [0x28, request, end]));

/** `contract`: Pinpoint. */
export function claimId({ chainId, contract, ...claim }: At & Claim): Hash {
  const { offer, submitter, source, first, count, root } = claim;
  return keccak256(
    encodePacked(
      [
        ...(['uint8', 'uint256', 'address', 'bytes32', 'address', 'address'] as const),
        ...(['uint64', 'uint32', 'bytes32'] as const),
      ],
      [0x24, chainId, contract, offer, submitter, source, first, count, root],
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
}: At & {
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

/** Each field in a word of its own. */
const words = (...fields: readonly (Hex | number | bigint)[]): Hex =>
  concat(
    fields.map((field) =>
      typeof field === 'string' ? pad(field, { size: 32 }) : numberToHex(field, { size: 32 }),
    ),
  );

const positionFields = (game: Omit<GameState, 'challenger' | 'number'>) =>
  [
    ...([game.iterations, game.level, game.turn, game.lo, game.hi] as const),
    ...([game.loHash, game.hiHash, game.dissection, game.code] as const),
  ] as const;

export const gameStateHash = (game: GameState): Hash =>
  keccak256(words(0x26, game.claimId, game.challenger, game.number, ...positionFields(game)));

/** What an answer depends on and changes: answers kept at a position serve every game of the claim that comes to it. */
export const positionHash = (game: Omit<GameState, 'challenger' | 'number'>): Hash =>
  keccak256(words(0x2a, game.claimId, ...positionFields(game)));

/** `contract`: Demands. `kind` 0: `wanted` is a request's hash; 1: the root of its inputs. */
export function demandId({
  chainId,
  contract,
  claim,
  kind,
  index,
  wanted,
  node: number,
}: At & {
  readonly claim: Hash;
  readonly kind: 0 | 1;
  readonly index: number;
  readonly wanted: Hash;
  readonly node: number;
}): Hash {
  return keccak256(
    encodePacked(
      ['uint8', 'uint256', 'address', 'bytes32', 'uint8', 'uint32', 'bytes32', 'uint32'],
      [0x29, chainId, contract, claim, kind, index, wanted, number],
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

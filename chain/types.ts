/** What calls and events carry, as contracts/src/Types.sol has it. */
import type { Address } from 'viem';
import type { Hash } from '../models/types.ts';

/** Where something was committed to: ids bind chain and contract. */
export interface At {
  readonly chainId: bigint;
  readonly contract: Address;
}

/** What claims about a model under an offer are judged and paid by. Seconds and wei. */
export interface Terms {
  /** The only account that may claim; 0: anyone. */
  readonly submitter: Address;
  /** ERC-20 token of fees; 0: the chain's own coin. */
  readonly token: Address;
  readonly fee: bigint;
  readonly window: number;
  readonly clock: number;
  readonly increment: number;
  readonly descentIncrement: number;
  readonly commitDelay: number;
  readonly claimBond: bigint;
  readonly challengeBond: bigint;
  readonly repayment: bigint;
}

/** What a run is asked for. */
export interface Request {
  readonly requester: Address;
  readonly nonce: bigint;
  readonly model: Hash;
  /** T */
  readonly iterations: number;
  readonly inputsRoot: Hash;
  readonly fee: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
}

/** Preimage of a claim's id: the ends of `count` runs. */
export interface Claim {
  readonly offer: Hash;
  readonly submitter: Address;
  /** 0: leaves bind request and end. Else the contract that holds requests `first` and on. */
  readonly source: Address;
  readonly first: bigint;
  readonly count: number;
  readonly root: Hash;
}

/** One run of a claim. */
export interface Leaf {
  readonly index: number;
  readonly end: Hash;
  /** From the leaf up. */
  readonly siblings: readonly Hash[];
}

/** A game's state as calldata carries it; the order of the fields is the preimage's. */
export interface GameState {
  readonly claimId: Hash;
  readonly challenger: Address;
  readonly number: number;
  readonly iterations: number;
  readonly level: 0 | 1;
  readonly turn: 0 | 1;
  readonly lo: bigint;
  readonly hi: bigint;
  readonly loHash: Hash;
  readonly hiHash: Hash;
  readonly dissection: Hash;
  readonly code: Hash;
}

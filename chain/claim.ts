/** Claims and demands about them, rebuilt from the contracts' events. */
import { type Address, type Hex, zeroAddress } from 'viem';
import type { Hash } from '../models/types.ts';
import { leafHash } from './commit.ts';
import type { GameEvent } from './game.ts';
import { batchSiblings } from './trees.ts';
import type { Claim, Leaf, Request } from './types.ts';

export type ClaimStatus = 'open' | 'finalized' | 'fallen';

/** One run of a claim, as far as the events tell it. */
export interface ClaimRun {
  readonly requestHash: Hash;
  readonly end: Hash;
  /** Its preimage, where it was published with the claim or shown on demand. */
  readonly request?: Request;
  /** Content of input slot 0, which the contract checked against the request; empty if it is elsewhere. */
  readonly input: Hex;
}

export type DemandStatus = 'open' | 'answered' | 'unanswered' | 'settled';

/** A demand for withheld data. */
export interface Demand {
  readonly id: Hash;
  readonly demander: Address;
  /** Of a leaf's request, or of a part of its inputs. */
  readonly kind: 'request' | 'input';
  readonly index: number;
  /** Hash of the request, or root of the inputs. */
  readonly wanted: Hash;
  readonly node: number;
  /** Unix seconds from which it is too late to answer. */
  readonly deadline: number;
  readonly status: DemandStatus;
}

/** A claim as its events tell it. */
export interface ChainClaim {
  readonly id: Hash;
  readonly claim: Claim;
  readonly status: ClaimStatus;
  /** Unix seconds; challenges are accepted before it. */
  readonly windowEnds: number;
  /** Empty for claims whose requests a contract holds: that contract's events tell them. */
  readonly runs: readonly ClaimRun[];
  readonly demands: readonly Demand[];
}

interface Made {
  readonly claimId: Hash;
  readonly claim: Claim;
  readonly windowEnds: number;
}

type Arguments = Readonly<Record<string, unknown>>;

function runsOf(name: string, args: Arguments): ClaimRun[] | undefined {
  if (name === 'ClaimedRun') {
    const { end, input, request, requestHash } = args as unknown as Required<ClaimRun>;
    return [{ requestHash, end, request, input }];
  }
  if (name !== 'ClaimedRuns') return undefined;
  const { ends, requestHashes } = args as { ends: readonly Hash[]; requestHashes: readonly Hash[] };
  return requestHashes.map((requestHash, i) => ({
    requestHash,
    end: ends[i] as Hash,
    input: '0x',
  }));
}

function demanded(args: Arguments): Demand {
  return {
    id: args.demandId as Hash,
    demander: args.demander as Address,
    kind: Number(args.kind) === 0 ? 'request' : 'input',
    index: Number(args.index),
    wanted: args.wanted as Hash,
    node: Number(args.node),
    deadline: Number(args.deadline),
    status: 'open',
  };
}

const statusAfter = (name: string, args: Arguments): DemandStatus | undefined => {
  if (name === 'RequestShown' || name === 'InputShown') return 'answered';
  if (name === 'DemandSettled') return args.felled ? 'unanswered' : 'settled';
  return undefined;
};

/** The claim that events of its own and of the demands about it, ascending, tell; undefined if it isn't among them. */
export function replayClaim(events: readonly GameEvent[]): ChainClaim | undefined {
  let made: Pick<ChainClaim, 'id' | 'claim' | 'windowEnds'> | undefined;
  let status: ClaimStatus = 'open';
  let runs: ClaimRun[] = [];
  const demands = new Map<Hash, Demand>();
  for (const { args, name } of events) {
    if (name === 'Claimed') {
      const { claim, claimId: id, windowEnds } = args as unknown as Made;
      made = { id, claim, windowEnds: Number(windowEnds) };
    } else if (name === 'Fallen') status = 'fallen';
    else if (name === 'Finalized') status = 'finalized';
    else if (name === 'Demanded') demands.set(args.demandId as Hash, demanded(args));
    runs = runsOf(name, args) ?? runs;
    const after = statusAfter(name, args);
    const demand = after && demands.get(args.demandId as Hash);
    if (!after || !demand) continue;
    demands.set(demand.id, { ...demand, status: after });
    if (name !== 'RequestShown') continue;
    runs = runs.map((run, i) =>
      i === demand.index ? { ...run, request: args.request as Request } : run,
    );
  }
  return made && { ...made, status, runs, demands: [...demands.values()] };
}

/**
 * One run of a claim with its path, for `challenge` and demands.
 *
 * @throws RangeError if the claim has no such run (that of a contract's requests has none here: they are in that contract's events)
 */
export function leafOf({ claim, id, runs }: ChainClaim, index: number): Leaf {
  const run = runs[index];
  if (!run) {
    throw new RangeError(`run ${index} of claim ${id}: its events tell ${runs.length}`);
  }
  // A contract's requests are told by their place, so their ends are the leaves.
  const held = claim.source !== zeroAddress;
  const leaves = runs.map(({ end, requestHash }) => (held ? end : leafHash(requestHash, end)));
  return { index, end: run.end, siblings: batchSiblings(leaves, index) };
}

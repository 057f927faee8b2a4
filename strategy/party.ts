import type { Model } from '../models/index.ts';
import type { Hash } from '../models/types.ts';
import { honestSubmitter } from './submitter.ts';
import type { Player } from './types.ts';

/** What a submitter claims for a run, and who answers for it in a game. */
export interface Answer {
  /** Hash of graph state N: the claim. */
  readonly end: Hash;
  readonly player: Player;
}

/**
 * A submitter's way to answer for a run. The same arguments give the same answer, so a dispute goes on after
 * a restart by asking again. `k`: parts of a dissection.
 */
export type Party = (model: Model, inputs: Uint8Array[], k: number) => Promise<Answer>;

/** Runs the model and claims what comes out. */
export const honestParty: Party = async (model, inputs, k) => {
  const trace = await model.trace(inputs);
  const [end] = await trace.graphHashes([trace.length]);
  if (end === undefined) throw new Error(`the trace of model ${model.id} has no end`);
  return { end, player: honestSubmitter(trace, k) };
};

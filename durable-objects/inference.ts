import { eq } from 'drizzle-orm';
import { bytesToHex } from 'viem';
import { encodeClaim } from '../chain/calls.ts';
import { PART_BYTES } from '../chain/inputs.ts';
import type { Request } from '../chain/types.ts';
import { inputsRoot } from '../models/commit.ts';
import { ModelError } from '../models/errors.ts';
import type { Hash } from '../models/types.ts';
import type { Party } from '../strategy/party.ts';
import { findModel } from '../workers/agent/models.ts';
import { messageOf, openChain, revertReason } from '../workers/chain.ts';
import { claimOf, offerIdOf, offerOf, parametersOf } from '../workers/contract.ts';
import { openDatabase } from '../workers/db/client.ts';
import { claims, inferences } from '../workers/db/schema.ts';
import { signerOf } from '../workers/env.ts';
import { announce } from '../workers/webhooks/events.ts';
import { AgentObject } from './agent-object.ts';
import { decode, encode } from './codec.ts';
import {
  type InferenceEffect,
  type InferenceEvent,
  type InferenceState,
  initialInference,
  nextLook,
  reduceInference,
} from './inference.reducer.ts';
import { settle } from './reducer.ts';

type Row = typeof inferences.$inferSelect;

/** One inference, from the request over HTTP to the claim on chain: see inference.reducer.ts. */
export abstract class InferenceObject extends AgentObject {
  /** Who answers for a run; `adversary`: the name that the inference was asked with. */
  protected abstract partyOf(adversary: string | null): Party;

  protected override async look(now: number): Promise<void> {
    const id = this.read<string>('id');
    const row = id && (await this.#row(id));
    if (!row) return;
    // The deadline stands while the model runs: should this object be cut off, it comes back.
    this.lookAt(now, this.settings.pollMs);
    const apply = (event: InferenceEvent) => this.#apply(event, row.id);
    if (row.claimId) {
      const db = openDatabase(this.env.DB);
      const seen = await db.query.claims.findFirst({ where: eq(claims.id, row.claimId) });
      const event = { type: 'seen', onChain: seen !== undefined } as const;
      await settle<InferenceEvent, InferenceEffect>(event, apply, (e) => this.#perform(e, row.id));
    }
    const tick = { type: 'tick' } as const;
    await settle<InferenceEvent, InferenceEffect>(tick, apply, (e) => this.#perform(e, row.id));
    const next = nextLook(this.#load(row.id), now, this.settings.pollMs);
    if (next === undefined) this.setDeadline('look', undefined);
    else this.lookAt(now, next - now);
  }

  async #row(id: string): Promise<Row | undefined> {
    return openDatabase(this.env.DB).query.inferences.findFirst({ where: eq(inferences.id, id) });
  }

  #load(id: string): InferenceState {
    return this.read<InferenceState>('state') ?? initialInference(id);
  }

  #apply(event: InferenceEvent, id: string): readonly InferenceEffect[] {
    const { state, effects } = reduceInference(this.#load(id), event, Date.now());
    this.write('state', state);
    return effects;
  }

  async #perform(effect: InferenceEffect, id: string): Promise<InferenceEvent | undefined> {
    if (effect.kind === 'run') return this.#run(id);
    if (effect.kind === 'report') return this.#report(id, effect);
    const signer = signerOf(this.env, this.settings);
    const { want, jobId } = effect;
    if (effect.kind === 'check') {
      return { type: 'outcome', want, outcome: await signer.outcome(jobId) };
    }
    const row = await this.#row(id);
    if (!row?.request || !row.end || !row.offer) {
      throw new Error(`inference ${id} has no result to claim`);
    }
    const request = decode<Request>(row.request);
    const offer = row.offer as Hash;
    try {
      // Fails until the offer is on the chain, which it is put on together with the model.
      const { terms } = await offerOf(openChain(this.settings).client, this.settings, offer);
      const input = await this.#input(row);
      // What is longer can't be checked by the contract: whoever needs it demands it.
      const published = input.length > PART_BYTES ? '0x' : bytesToHex(input);
      const data = encodeClaim(offer, request, row.end as Hash, published);
      const call = { to: this.settings.contract, data, value: terms.claimBond };
      await signer.submit({ id: jobId, ...call });
      return { type: 'submitted', want };
    } catch (error) {
      return { type: 'failed', want, error: revertReason(error) ?? messageOf(error) };
    }
  }

  async #input({ inputKey }: Row): Promise<Uint8Array> {
    const file = await this.env.BUCKET.get(inputKey);
    if (!file) throw new Error(`the bucket has lost ${inputKey}`);
    return new Uint8Array(await file.arrayBuffer());
  }

  /** Runs the model; what a claim is made of is stored before anybody hears of it. */
  async #run(id: string): Promise<InferenceEvent> {
    try {
      const row = await this.#row(id);
      if (!row) return { type: 'runFailed', error: 'the inference was deleted', permanent: true };
      const model = await findModel(this.env, row.model);
      if (!model) {
        const error = `model ${row.model} is no longer held here`;
        return { type: 'runFailed', error, permanent: true };
      }
      const inputs = [await this.#input(row)];
      const { client } = openChain(this.settings);
      const { k, registry } = await parametersOf(client, this.settings);
      const { outputs } = await model.run(inputs);
      const { end } = await this.partyOf(row.adversary)(model, inputs, k);
      const request: Request = {
        requester: this.settings.address,
        nonce: await nonceOf(id),
        model: model.id,
        iterations: model.registration.maxIterations,
        inputsRoot: inputsRoot(inputs),
        fee: 0n,
        deadline: 0n,
      };
      const offer = offerIdOf(this.settings, registry, model.id);
      const { id: claimId } = claimOf(this.settings, offer, request, this.settings.address, end);
      const key = `outputs/${id}`;
      for (const [i, output] of outputs.entries()) await this.env.BUCKET.put(`${key}/${i}`, output);
      const result = { outputs: key, end, claimId, offer, request: encode(request) };
      const set = { ...result, updatedAt: Date.now() };
      await openDatabase(this.env.DB).update(inferences).set(set).where(eq(inferences.id, id));
      return { type: 'ran', claimId };
    } catch (error) {
      // What the files at hand can't do now they can't do later; an endpoint may come back.
      const permanent = error instanceof ModelError;
      return { type: 'runFailed', error: (error as Error).message, permanent };
    }
  }

  async #report(
    id: string,
    { status, error }: Extract<InferenceEffect, { kind: 'report' }>,
  ): Promise<undefined> {
    const db = openDatabase(this.env.DB);
    const now = Date.now();
    const set = { status, error: error ?? null, updatedAt: now };
    const [row] = await db.update(inferences).set(set).where(eq(inferences.id, id)).returning();
    if (status !== 'claimed' && status !== 'failed') return undefined;
    const data = { inference: id, claim: row?.claimId ?? null, error: error ?? null };
    const key = `${id}:${status}`;
    await announce(db, this.env.WEBHOOKS, { event: `inference.${status}`, key, data }, now);
    return undefined;
  }
}

/** A nonce that is this inference's alone, and the same after a restart: 63 bits of its id's hash. */
async function nonceOf(id: string): Promise<bigint> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id));
  return new DataView(hash).getBigUint64(0) >> 1n;
}

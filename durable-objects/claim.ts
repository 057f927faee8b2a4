import { eq } from 'drizzle-orm';
import { hexToBytes } from 'viem';
import { honestParty } from '../strategy/party.ts';
import { findModel } from '../workers/agent/models.ts';
import { openChain } from '../workers/chain.ts';
import {
  type ClaimRecord,
  encodeChallenge,
  encodeFinalize,
  encodeWithdraw,
  parametersOf,
  payableTo,
} from '../workers/contract.ts';
import { openDatabase } from '../workers/db/client.ts';
import { loadClaim } from '../workers/db/projection.ts';
import { claims } from '../workers/db/schema.ts';
import { signerOf } from '../workers/env.ts';
import { AgentObject } from './agent-object.ts';
import {
  type ClaimEffect,
  type ClaimEvent,
  type ClaimState,
  initialClaim,
  nextLook,
  reduceClaim,
} from './claim.reducer.ts';
import { settle } from './reducer.ts';

/** One claim as this agent sees it: see claim.reducer.ts. */
export abstract class ClaimObject extends AgentObject {
  /** Whether this agent checks the claims of others and challenges wrong ones. */
  protected abstract readonly verifies: boolean;

  /** A model was uploaded: a claim that couldn't be checked may be checkable now. */
  async reconsider(): Promise<void> {
    this.write('again', true);
    await this.poke();
  }

  protected override async look(now: number): Promise<void> {
    const id = this.read<string>('id');
    if (id === undefined) return;
    const chain = openChain(this.settings);
    const db = openDatabase(this.env.DB);
    const parameters = await parametersOf(chain.client, this.settings);
    const claim = await loadClaim(db, id, parameters);
    // Taken away by a reorganisation: the watcher wakes this object should it come back.
    if (!claim) return;
    const at = Math.max(now, await chain.now());
    const apply = (event: ClaimEvent) => this.#apply(event, at);
    if (this.read('again')) {
      apply({ type: 'again' });
      this.erase('again');
    }
    const first = { type: 'chain', ...(await this.#facts(claim)) } as const;
    await settle<ClaimEvent, ClaimEffect>(first, apply, (effect) => this.#perform(effect, claim));
    const state = this.#load();
    await this.#publish(claim, state);
    const next = nextLook(state, at, this.settings.pollMs);
    if (next !== undefined) this.lookAt(now, next - at);
  }

  #load(): ClaimState {
    return this.read<ClaimState>('state') ?? initialClaim;
  }

  #apply(event: ClaimEvent, now: number): readonly ClaimEffect[] {
    const { state, effects } = reduceClaim(this.#load(), event, now);
    this.write('state', state);
    return effects;
  }

  async #facts(claim: ClaimRecord): Promise<Omit<Extract<ClaimEvent, { type: 'chain' }>, 'type'>> {
    const { address } = this.settings;
    const same = (other: string) => other.toLowerCase() === address.toLowerCase();
    const mine = same(claim.submitter);
    const challenged = claim.games.some((game) => same(game.challenger));
    const { client } = openChain(this.settings);
    // Only those who put money into the claim can be owed any.
    const involved = claim.status !== 'open' && (mine || challenged);
    const payable = involved ? await payableTo(client, this.settings, address) : 0n;
    return {
      role: mine ? 'submitter' : this.verifies ? 'challenger' : 'watcher',
      facts: {
        ...{ claimId: claim.id, status: claim.status, end: claim.end, challenged, payable },
        windowEnds: claim.windowEnds * 1000,
        openGames: claim.games.filter((game) => game.status === 'open').length,
      },
    };
  }

  async #perform(effect: ClaimEffect, claim: ClaimRecord): Promise<ClaimEvent | undefined> {
    if (effect.kind === 'run') return this.#run(claim);
    const signer = signerOf(this.env, this.settings);
    const { want, jobId } = effect;
    if (effect.kind === 'check') {
      return { type: 'outcome', want, outcome: await signer.outcome(jobId) };
    }
    const { challengeBond } = await parametersOf(openChain(this.settings).client, this.settings);
    const calls = {
      challenge: () => ({ data: encodeChallenge(claim), value: challengeBond }),
      finalize: () => ({ data: encodeFinalize(claim), value: 0n }),
      withdraw: () => ({ data: encodeWithdraw(), value: 0n }),
    };
    const { contract: to } = this.settings;
    await signer.submit({ id: jobId, to, ...calls[effect.action]() });
    return { type: 'submitted', want };
  }

  /** Runs the model on the input that the chain has, and nothing that the submitter says. */
  async #run({ request, input }: ClaimRecord): Promise<ClaimEvent> {
    try {
      const model = await findModel(this.env, request.model);
      if (!model) return { type: 'unable', reason: `model ${request.model} is not held here` };
      const { length, maxIterations } = model.registration;
      if (request.iterations !== maxIterations) {
        const reason = `${request.iterations} iterations of ${maxIterations} asked for`;
        return { type: 'unable', reason: `${reason}: this verifier runs all or none` };
      }
      const trace = await model.trace([hexToBytes(input)]);
      if (trace.length !== length * request.iterations + 1) {
        throw new Error(
          `the trace has ${trace.length} steps, not ${length} x ${maxIterations} + 1`,
        );
      }
      const { k } = await parametersOf(openChain(this.settings).client, this.settings);
      const { end } = await honestParty(model, [hexToBytes(input)], k);
      return { type: 'ran', end };
    } catch (error) {
      if ((error as { code?: string }).code === 'BAD_INPUT') {
        return { type: 'unable', reason: (error as Error).message };
      }
      return { type: 'runFailed', error: (error as Error).message };
    }
  }

  async #publish({ id }: ClaimRecord, { role, check, pursuit }: ClaimState): Promise<void> {
    if (role !== 'challenger') return;
    const reason =
      check.kind === 'unable'
        ? check.reason
        : check.kind === 'differs'
          ? `this agent's end is ${check.end}`
          : check.kind === 'pending'
            ? check.error
            : undefined;
    const verdictReason = pursuit?.lastError ?? reason ?? null;
    const db = openDatabase(this.env.DB);
    await db.update(claims).set({ verdict: check.kind, verdictReason }).where(eq(claims.id, id));
  }
}

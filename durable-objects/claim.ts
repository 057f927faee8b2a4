import { eq } from 'drizzle-orm';
import { type Hex, hexToBytes, isAddressEqual, zeroAddress } from 'viem';
import {
  encodeChallenge,
  encodeFinalize,
  encodeShowInput,
  encodeShowRequest,
  encodeWithdraw,
} from '../chain/calls.ts';
import { type Demand, leafOf } from '../chain/claim.ts';
import { inputPart } from '../chain/inputs.ts';
import type { Request } from '../chain/types.ts';
import { honestParty } from '../strategy/party.ts';
import { findModel } from '../workers/agent/models.ts';
import { openChain } from '../workers/chain.ts';
import { type ClaimRecord, offerOf, parametersOf, payableTo } from '../workers/contract.ts';
import { openDatabase } from '../workers/db/client.ts';
import { loadClaim } from '../workers/db/projection.ts';
import { claims, inferences } from '../workers/db/schema.ts';
import { signerOf } from '../workers/env.ts';
import { AgentObject } from './agent-object.ts';
import {
  type ClaimAction,
  type ClaimEffect,
  type ClaimEvent,
  type ClaimFacts,
  type ClaimState,
  initialClaim,
  nextLook,
  reduceClaim,
} from './claim.reducer.ts';
import { decode } from './codec.ts';
import { settle } from './reducer.ts';

interface Call {
  readonly data: Hex;
  readonly to: Hex;
  readonly value: bigint;
}

const NOTHING = { pinpoint: 0n, demands: 0n };

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
    const claim = await loadClaim(db, id);
    // Taken away by a reorganisation: the watcher wakes this object should it come back.
    if (!claim) return;
    const at = Math.max(now, await chain.now());
    const apply = (event: ClaimEvent) => this.#apply(event, at);
    if (this.read('again')) {
      apply({ type: 'again' });
      this.erase('again');
    }
    const first = { type: 'chain', ...(await this.#facts(claim, at)) } as const;
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

  async #facts(
    record: ClaimRecord,
    now: number,
  ): Promise<{ readonly role: ClaimState['role']; readonly facts: ClaimFacts }> {
    const { address } = this.settings;
    const { claim, demands, games, id, runs, status, windowEnds } = record;
    const mine = isAddressEqual(claim.submitter, address);
    const challenged = games.some((game) => isAddressEqual(game.challenger, address));
    const { client } = openChain(this.settings);
    // Only those who put money into the claim can be owed any.
    const involved = status !== 'open' && (mine || challenged);
    const payable = involved ? await payableTo(client, this.settings, address) : NOTHING;
    const open = demands.filter((demand) => demand.status === 'open');
    return {
      role: mine ? 'submitter' : this.verifies ? 'challenger' : 'watcher',
      facts: {
        ...{ claimId: id, status, challenged, payable, runs: claim.count },
        known: runs.filter(({ request }) => request !== undefined).length,
        windowEnds: windowEnds * 1000,
        open: games.filter((game) => game.status === 'open').length + open.length,
        demands: open
          .filter(({ deadline }) => now < deadline * 1000)
          .sort((x, y) => x.deadline - y.deadline)
          .map((demand) => demand.id),
      },
    };
  }

  async #perform(effect: ClaimEffect, record: ClaimRecord): Promise<ClaimEvent | undefined> {
    if (effect.kind === 'run') return this.#run(record, effect.index);
    const signer = signerOf(this.env, this.settings);
    const { want, jobId } = effect;
    if (effect.kind === 'check') {
      return { type: 'outcome', want, outcome: await signer.outcome(jobId) };
    }
    try {
      await signer.submit({ id: jobId, ...(await this.#call(effect.action, record)) });
      return { type: 'submitted', want };
    } catch (error) {
      console.error(`claim ${record.id}: ${effect.action.kind}`, error);
      return { type: 'failed', want, error: (error as Error).message };
    }
  }

  async #call(action: ClaimAction, record: ClaimRecord): Promise<Call> {
    const { client } = openChain(this.settings);
    const { contract: to } = this.settings;
    const { demands } = await parametersOf(client, this.settings);
    switch (action.kind) {
      case 'challenge': {
        const { index } = action;
        const { terms } = await offerOf(client, this.settings, record.claim.offer);
        const request = record.runs[index]?.request as Request;
        const model = await findModel(this.env, request.model);
        if (!model) throw new Error(`model ${request.model} is no longer held here`);
        const leaf = leafOf(record, index);
        const number = record.games.length;
        const data = encodeChallenge(record.claim, model.registration, request, leaf, number);
        return { to, data, value: terms.challengeBond };
      }
      case 'answer': {
        const demand = record.demands.find(({ id }) => id === action.demandId);
        if (!demand) throw new Error(`demand ${action.demandId} is gone`);
        return { to: demands, data: await this.#answer(record, demand), value: 0n };
      }
      case 'finalize':
        return { to, data: encodeFinalize(record.claim), value: 0n };
      case 'withdraw':
        return { to, data: encodeWithdraw(), value: 0n };
      case 'withdrawDemands':
        return { to: demands, data: encodeWithdraw(), value: 0n };
    }
  }

  /** What a demand asks for, from what this agent kept when it claimed. */
  async #answer({ claim, id, runs }: ClaimRecord, demand: Demand): Promise<Hex> {
    const { index, kind, node, wanted } = demand;
    const db = openDatabase(this.env.DB);
    const asked = await db.query.inferences.findFirst({ where: eq(inferences.claimId, id) });
    if (kind === 'request') {
      const kept = asked?.request ? decode<Request>(asked.request) : undefined;
      const request = runs[index]?.request ?? kept;
      if (!request) throw new Error(`the request of run ${index} of claim ${id} isn't kept here`);
      return encodeShowRequest(claim, index, request);
    }
    const published = runs[index]?.input ?? '0x';
    const file = asked && published === '0x' ? await this.env.BUCKET.get(asked.inputKey) : null;
    if (published === '0x' && !file) {
      throw new Error(`the input of run ${index} of claim ${id} isn't kept here`);
    }
    const input = file ? new Uint8Array(await file.arrayBuffer()) : hexToBytes(published);
    return encodeShowInput(claim, index, wanted, inputPart([input], node));
  }

  /** Runs the model on the input that the chain has, and nothing that the submitter says. */
  async #run({ claim, runs }: ClaimRecord, index: number): Promise<ClaimEvent> {
    const unable = (reason: string) => ({ type: 'unable', index, reason }) as const;
    const run = runs[index];
    if (!run && claim.source !== zeroAddress) {
      return unable(`contract ${claim.source} holds the requests: this agent doesn't read it`);
    }
    if (!run?.request) return unable(`the request of run ${index} was not published`);
    const { end, input, request } = run;
    try {
      const model = await findModel(this.env, request.model);
      if (!model) return unable(`model ${request.model} is not held here`);
      const { length, maxIterations } = model.registration;
      if (request.iterations !== maxIterations) {
        const reason = `${request.iterations} iterations of ${maxIterations} asked for`;
        return unable(`${reason}: this verifier runs all or none`);
      }
      const trace = await model.trace([hexToBytes(input)]);
      if (trace.length !== length * request.iterations + 1) {
        throw new Error(
          `the trace has ${trace.length} steps, not ${length} x ${maxIterations} + 1`,
        );
      }
      const { k } = await parametersOf(openChain(this.settings).client, this.settings);
      const own = (await honestParty(model, [hexToBytes(input)], k)).end;
      return { type: 'ran', index, end: own, agrees: own === end };
    } catch (error) {
      if ((error as { code?: string }).code === 'BAD_INPUT') {
        return unable((error as Error).message);
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
          ? `this agent's end of run ${check.index} is ${check.end}`
          : check.kind === 'pending'
            ? check.error
            : undefined;
    const verdictReason = pursuit?.lastError ?? reason ?? null;
    const db = openDatabase(this.env.DB);
    await db.update(claims).set({ verdict: check.kind, verdictReason }).where(eq(claims.id, id));
  }
}

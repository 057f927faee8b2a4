import { eq } from 'drizzle-orm';
import { type Hex, hexToBytes } from 'viem';
import { answerFor } from '../chain/game.ts';
import { encodeMove, encodeRepeatAnswer, encodeSettle, encodeTimeout } from '../chain/moves.ts';
import type { Hash, Trace } from '../models/types.ts';
import { honestChallenger } from '../strategy/challenger.ts';
import type { Party } from '../strategy/party.ts';
import type { Player } from '../strategy/types.ts';
import { findModel } from '../workers/agent/models.ts';
import { openChain } from '../workers/chain.ts';
import {
  type ClaimRecord,
  type GameRecord,
  type Parameters,
  parametersOf,
} from '../workers/contract.ts';
import { openDatabase } from '../workers/db/client.ts';
import { loadDispute } from '../workers/db/projection.ts';
import { disputes, inferences } from '../workers/db/schema.ts';
import { signerOf } from '../workers/env.ts';
import { AgentObject } from './agent-object.ts';
import {
  type DisputeEffect,
  type DisputeEvent,
  type DisputeState,
  initialDispute,
  nextLook,
  reduceDispute,
} from './dispute.reducer.ts';
import { gameFacts } from './game-facts.ts';
import { settle } from './reducer.ts';

/** The disputed instruction, as this agent's own honest run has it, beside what the submitter said it leads to. */
export interface DisputedInstruction {
  readonly position: number;
  readonly graphStep: number | null;
  readonly pc: number;
  readonly fp: number;
  readonly text: string;
  readonly kernel: string | null;
  readonly operands: readonly { readonly name: string; readonly value: string }[];
  /** State after it: the submitter's hash and this agent's. */
  readonly claimed: Hash;
  readonly computed: Hash;
}

interface Game {
  readonly record: GameRecord;
  readonly claim: ClaimRecord;
  readonly parameters: Parameters;
}

/** One game as this agent plays or watches it: see dispute.reducer.ts. */
export abstract class DisputeObject extends AgentObject {
  /** Who answers for a run; `adversary`: the name that the inference was asked with. */
  protected abstract partyOf(adversary: string | null): Party;

  /** Of this isolate's life only: after a restart both are made again from the chain's data. */
  #player: { role: string; player: Player } | undefined;
  #trace: Trace | undefined;

  protected override async look(now: number): Promise<void> {
    const id = this.read<string>('id');
    const game = id && (await this.#game(id));
    if (!game) return;
    // The deadline stands while a move is computed: should this object be cut off, it comes back.
    this.lookAt(now, this.settings.pollMs);
    const at = Math.max(now, await openChain(this.settings).now());
    const facts = gameFacts(game.record, game.claim, game.parameters.k);
    const first = { type: 'chain', role: this.#roleIn(game), facts } as const;
    await settle<DisputeEvent, DisputeEffect>(
      first,
      (event) => this.#apply(event, at),
      (effect) => this.#perform(effect, game),
    );
    await this.#describe(game).catch((error) => console.error(`dispute ${id}: describing`, error));
    const next = nextLook(this.#load(), at, this.settings.pollMs);
    if (next === undefined) this.setDeadline('look', undefined);
    else this.lookAt(now, next - at);
  }

  async #game(id: string): Promise<Game | undefined> {
    const db = openDatabase(this.env.DB);
    const found = await loadDispute(db, id);
    if (!found) return undefined;
    const parameters = await parametersOf(openChain(this.settings).client, this.settings);
    return { record: found.game, claim: found.claim, parameters };
  }

  #roleIn({ record }: Game): DisputeState['role'] {
    const me = this.settings.address.toLowerCase();
    if (record.submitter.toLowerCase() === me) return 'submitter';
    return record.challenger.toLowerCase() === me ? 'challenger' : 'none';
  }

  #load(): DisputeState {
    return this.read<DisputeState>('state') ?? initialDispute;
  }

  #apply(event: DisputeEvent, now: number): readonly DisputeEffect[] {
    const { state, effects } = reduceDispute(this.#load(), event, now);
    this.write('state', state);
    return effects;
  }

  async #perform(effect: DisputeEffect, game: Game): Promise<DisputeEvent> {
    const signer = signerOf(this.env, this.settings);
    const { want, jobId } = effect;
    if (effect.kind === 'check') {
      return { type: 'outcome', want, outcome: await signer.outcome(jobId) };
    }
    try {
      const data = await this.#call(effect.action, game);
      if (data === undefined) return { type: 'passed', want };
      await signer.submit({ id: jobId, to: this.settings.contract, data, value: 0n });
      return { type: 'submitted', want };
    } catch (error) {
      console.error(`dispute ${game.record.id}: ${effect.action}`, error);
      return { type: 'failed', want, error: (error as Error).message };
    }
  }

  /** Calldata; undefined if the player lets its clock run. */
  async #call(action: DisputeEffect['action'], game: Game): Promise<Hex | undefined> {
    const { claim, parameters, record } = game;
    const { k } = parameters;
    if (action === 'timeout') return encodeTimeout(claim.claim, record.view, k);
    if (action === 'settle') return encodeSettle(claim.claim, record.view, k);
    if (action === 'repeat') {
      const answer = answerFor(record.view, claim.answers);
      return answer && encodeRepeatAnswer(record.view, answer, k);
    }
    const player = await this.#playerOf(game);
    const move = await player.next(record.view);
    if (move.kind === 'wait') return undefined;
    const { registration } = await this.#modelOf(record);
    // Worth its price only if another game is likely to come to the same position.
    const keep = claim.games.filter(({ status }) => status === 'open').length > 1;
    return encodeMove(record.view, move, { claim: claim.claim, k, keep, registration });
  }

  async #playerOf(game: Game): Promise<Player> {
    const role = this.#roleIn(game);
    if (this.#player?.role === role) return this.#player.player;
    const player =
      role === 'submitter'
        ? await this.#submitterOf(game)
        : honestChallenger(await this.#traceOf(game), game.parameters.k);
    this.#player = { role, player };
    return player;
  }

  async #submitterOf({ claim, parameters, record }: Game): Promise<Player> {
    const db = openDatabase(this.env.DB);
    const asked = await db.query.inferences.findFirst({ where: eq(inferences.claimId, claim.id) });
    const model = await this.#modelOf(record);
    const kept = asked && (await this.env.BUCKET.get(asked.inputKey));
    // Its own data: inputs that were too long to be published are there alone.
    const inputs = kept ? [new Uint8Array(await kept.arrayBuffer())] : inputsOf(claim, record);
    const party = this.partyOf(asked?.adversary ?? null);
    return (await party(model, inputs, parameters.k)).player;
  }

  async #modelOf({ view }: GameRecord) {
    const { model: id } = view.request;
    const model = await findModel(this.env, id);
    if (model) return model;
    throw new Error(`model ${id} is not held here: upload it with POST /v1/models`);
  }

  async #traceOf({ claim, record }: Pick<Game, 'claim' | 'record'>): Promise<Trace> {
    if (this.#trace) return this.#trace;
    const model = await this.#modelOf(record);
    const trace = await model.trace(inputsOf(claim, record));
    this.#trace = trace;
    return trace;
  }

  /** Stores the single instruction that a game has come down to, for those who look on. */
  async #describe({ record, claim }: Game): Promise<void> {
    const { level, lo, hi, hiHash, graphStep } = record.view;
    if (level !== 1 || hi - lo !== 1) return;
    const db = openDatabase(this.env.DB);
    const row = await db.query.disputes.findFirst({ where: eq(disputes.id, record.id) });
    if (!row || row.instruction || !(await findModel(this.env, record.view.request.model))) return;
    const machine = await (await this.#traceOf({ claim, record })).machine(graphStep ?? 0);
    const { pc, fp, text, operands, kernel = null } = await machine.describe(lo);
    const [computed] = await machine.hashes([hi]);
    const instruction: DisputedInstruction = {
      ...{ position: lo, graphStep: graphStep ?? null, pc, fp, text, kernel, operands },
      ...{ claimed: hiHash, computed: computed as Hash },
    };
    const set = { instruction: JSON.stringify(instruction) };
    await db.update(disputes).set(set).where(eq(disputes.id, record.id));
  }
}

/** What the run was on, as published with the claim. */
const inputsOf = ({ runs }: ClaimRecord, { view }: GameRecord): Uint8Array[] => [
  hexToBytes(runs[view.index]?.input ?? '0x'),
];

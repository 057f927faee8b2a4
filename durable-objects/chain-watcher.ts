import { and, eq } from 'drizzle-orm';
import { type ChainEvent, openChain } from '../workers/chain.ts';
import { offerOf } from '../workers/contract.ts';
import { openDatabase } from '../workers/db/client.ts';
import {
  forgetEvents,
  keepEvents,
  projectClaim,
  projectGame,
  type Touched,
  touchedFrom,
} from '../workers/db/projection.ts';
import { disputes, inferences } from '../workers/db/schema.ts';
import { AgentObject } from './agent-object.ts';
import {
  initialWatcher,
  reduceWatcher,
  type WatcherEffect,
  type WatcherEvent,
  type WatcherState,
} from './chain-watcher.reducer.ts';
import { settle } from './reducer.ts';

const RANGE_REFUSED = /range|too many|limit|more than|10000 results|timed? ?out/i;

/**
 * Follows the contracts' events: keeps them in D1, derives claims and disputes from them, and wakes the objects
 * they concern. See chain-watcher.reducer.ts for the cursor.
 */
export class ChainWatcher extends AgentObject {
  #state: WatcherState | undefined;

  /** Starts following, or goes on; called by the sweep and when a worker starts. */
  async follow(): Promise<{ next: number; head: number }> {
    const { next, head } = this.#load();
    await this.wake();
    return { next, head };
  }

  #load(): WatcherState {
    return this.read<WatcherState>('state') ?? initialWatcher(Number(this.settings.startBlock));
  }

  protected override async look(): Promise<void> {
    this.setDeadline('look', Date.now() + this.settings.pollMs);
    await this.#deliver();
    const { client } = openChain(this.settings);
    const number = Number(await client.getBlockNumber({ cacheTime: 0 }));
    this.#state = this.#load();
    await settle<WatcherEvent, WatcherEffect>(
      { type: 'head', number },
      (event) => this.#apply(event),
      (effect) => this.#perform(effect),
    );
    // What was kept or rolled back is stored with its effect; here only the head can be new.
    this.write('state', this.#state);
    await this.#deliver();
  }

  /** The new state stays in memory until its effects have been carried out: a crash repeats them. */
  #apply(event: WatcherEvent): readonly WatcherEffect[] {
    const { state, effects } = reduceWatcher(this.#state ?? this.#load(), event);
    this.#state = state;
    return effects;
  }

  async #perform(effect: WatcherEffect): Promise<WatcherEvent | undefined> {
    const chain = openChain(this.settings);
    const db = openDatabase(this.env.DB);
    switch (effect.kind) {
      case 'checkAnchor': {
        const hash = await chain.blockHash(effect.number);
        return { type: 'anchor', number: effect.number, hash };
      }
      case 'rollback': {
        // Remembered before the rows go: after a crash in between nobody could tell any more whom they concerned.
        this.#remember(await touchedFrom(db, effect.from));
        await forgetEvents(db, effect.from);
        this.write('state', this.#state);
        return undefined;
      }
      case 'keepLogs':
        this.#keep(await keepEvents(db, this.#fresh));
        return undefined;
      case 'readLogs':
        return this.#readLogs(effect);
    }
  }

  #fresh: readonly ChainEvent[] = [];

  async #readLogs({ from, to }: { from: number; to: number }): Promise<WatcherEvent> {
    const chain = openChain(this.settings);
    const before = await chain.blockHash(to);
    try {
      this.#fresh = await chain.readEvents(from, to);
    } catch (error) {
      if (to > from && RANGE_REFUSED.test((error as Error).message))
        return { type: 'rangeRefused' };
      throw error;
    }
    const after = await chain.blockHash(to);
    const last = this.#state?.anchors.at(-1);
    const anchorHash = last && (await chain.blockHash(last.number));
    return { type: 'logs', from, to, tip: [before, after], anchorHash };
  }

  /** The cursor moves together with the list of those who must be told. */
  #keep(touched: Touched): void {
    this.ctx.storage.transactionSync(() => {
      this.write('state', this.#state);
      this.#remember(touched);
    });
  }

  #remember(touched: Touched): void {
    for (const id of touched.claims) this.write(`claim:${id}`, id);
    for (const id of touched.games) this.write(`game:${id}`, id);
  }

  /** Derives what has changed and wakes the objects concerned; what fails stays on the list. */
  async #deliver(): Promise<void> {
    const games = this.list<string>('game:');
    if (games.length === 0 && this.list('claim:').length === 0) return;
    const db = openDatabase(this.env.DB);
    const { client } = openChain(this.settings);
    const modelOf = async (offer: string) => (await offerOf(client, this.settings, offer)).model;
    const projection = { db, queue: this.env.WEBHOOKS, modelOf, now: Date.now() };
    for (const [key, id] of games) {
      const claimId = await projectGame(projection, id);
      // The end of a game changes its claim, whether or not the event names it.
      if (claimId) this.write(`claim:${claimId}`, claimId);
      await this.env.DISPUTE.getByName(id).wake(id);
      this.erase(key);
    }
    for (const [key, id] of this.list<string>('claim:')) {
      await projectClaim(projection, id);
      await this.env.CLAIM.getByName(id).wake(id);
      await this.#wakeGames(id);
      const asked = await db.query.inferences.findMany({ where: eq(inferences.claimId, id) });
      for (const row of asked) await this.env.INFERENCE?.getByName(row.id).wake(row.id);
      this.erase(key);
    }
  }

  /** A claim's fall makes its open games moot, and an answer in one of them may serve another. */
  async #wakeGames(claimId: string): Promise<void> {
    const db = openDatabase(this.env.DB);
    const open = await db.query.disputes.findMany({
      where: and(eq(disputes.claimId, claimId), eq(disputes.status, 'open')),
    });
    for (const { id } of open) await this.env.DISPUTE.getByName(id).wake(id);
  }
}

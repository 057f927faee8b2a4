import { DurableObject } from 'cloudflare:workers';
import type { AgentEnv } from '../workers/env.ts';
import { type Settings, settingsOf } from '../workers/settings.ts';
import { decode, encode } from './codec.ts';

/** After an error, the object looks again this much later. */
const RETRY_MS = 2_000;
/** An object that waits for something far off looks all the same after this many polls. */
const MAX_POLLS_ASLEEP = 15;

/**
 * The shell around a reducer. Rows `state` hold its state, rows `deadlines` when it must act: they are the
 * truth, and the object's one alarm is derived from them. Calls from outside only store what
 * they bring and make a deadline; all work is done in the alarm, which the platform never runs twice at once.
 */
export abstract class AgentObject extends DurableObject<AgentEnv> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: AgentEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec('CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS deadlines (name TEXT PRIMARY KEY, at INTEGER NOT NULL)',
    );
  }

  /** Does what is due now, and sets the deadlines of what comes next. Must be idempotent. */
  protected abstract look(now: number): Promise<void>;

  protected get settings(): Settings {
    return settingsOf(this.env);
  }

  protected read<T>(key: string): T | undefined {
    const row = this.#sql.exec<{ value: string }>('SELECT value FROM state WHERE key = ?', key);
    const [first] = row.toArray();
    return first && decode<T>(first.value);
  }

  protected write(key: string, value: unknown): void {
    this.#sql.exec('INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)', key, encode(value));
  }

  protected erase(key: string): void {
    this.#sql.exec('DELETE FROM state WHERE key = ?', key);
  }

  /** Keys that begin with `prefix`, with their values. */
  protected list<T>(prefix: string): [string, T][] {
    return this.#sql
      .exec<{ key: string; value: string }>(
        'SELECT key, value FROM state WHERE key >= ? AND key < ? ORDER BY key',
        prefix,
        `${prefix}\uffff`,
      )
      .toArray()
      .map((row) => [row.key, decode<T>(row.value)]);
  }

  /** Sets (ms) or clears a deadline; `arm` makes the alarm follow. */
  protected setDeadline(name: string, at: number | undefined): void {
    if (at === undefined) this.#sql.exec('DELETE FROM deadlines WHERE name = ?', name);
    else this.#sql.exec('INSERT OR REPLACE INTO deadlines (name, at) VALUES (?, ?)', name, at);
  }

  /** The alarm at the earliest deadline, or none. */
  protected async arm(): Promise<void> {
    const [row] = this.#sql
      .exec<{ at: number | null }>('SELECT min(at) AS at FROM deadlines')
      .toArray();
    if (row?.at == null) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(Math.max(row.at, Date.now()));
  }

  /**
   * Looks again `wait` ms from `now`, and at the latest after some polls: the chain's clock may jump, an event may
   * be missed. A call that comes in meanwhile has a deadline of its own (`poke`).
   */
  protected lookAt(now: number, wait: number): void {
    const at = now + Math.min(wait, this.settings.pollMs * MAX_POLLS_ASLEEP);
    this.setDeadline('look', at);
  }

  /** Makes the object look now. */
  protected async poke(): Promise<void> {
    this.setDeadline('poke', Date.now());
    await this.arm();
  }

  /**
   * Something this object follows has changed, or the sweep comes by: an alarm that was lost, or given up after too
   * many retries, is set again. `id`: the name it was found by, which the object itself isn't told.
   */
  async wake(id?: string): Promise<void> {
    if (id !== undefined) this.write('id', id);
    await this.poke();
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    try {
      // Taken away before the work: a deadline that the work, or a call during it, sets must stay.
      this.#sql.exec('DELETE FROM deadlines WHERE at <= ?', now);
      await this.look(now);
    } catch (error) {
      console.error(`${this.constructor.name} ${this.read('id') ?? this.ctx.id}:`, error);
      this.setDeadline('retry', Date.now() + RETRY_MS);
    } finally {
      await this.arm();
    }
  }
}

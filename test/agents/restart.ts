import { expect } from 'vitest';
import { decode, encode } from '../../durable-objects/codec.ts';
import type { Step } from '../../durable-objects/reducer.ts';

/** What an object finds in its storage after it was stopped. */
export const stored = <S>(state: S): S => decode<S>(encode(state));

/**
 * A reducer whose state is stored and read back after every event. Next to it runs one that never stops: both must ask
 * for the same.
 */
export class Restarting<S, E, F> {
  readonly #reduce: (state: S, event: E, now: number) => Step<S, F>;
  #kept: S;
  state: S;

  constructor(initial: S, reduce: (state: S, event: E, now: number) => Step<S, F>) {
    this.#reduce = reduce;
    this.#kept = initial;
    this.state = stored(initial);
  }

  apply(event: E, now: number): readonly F[] {
    const alive = this.#reduce(this.#kept, event, now);
    const woken = this.#reduce(this.state, event, now);
    this.#kept = alive.state;
    this.state = stored(woken.state);
    expect(stored(woken.effects)).toEqual(stored(alive.effects));
    return woken.effects;
  }
}

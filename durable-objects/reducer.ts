/** What a pure reducer `(state, event, now) -> step` returns: the next state, and what its shell has to do. */
export interface Step<S, F> {
  readonly state: S;
  readonly effects: readonly F[];
}

/** Runs a reducer until it asks for nothing more: every effect may answer with one further event. */
export async function settle<E, F>(
  first: E,
  apply: (event: E) => readonly F[],
  perform: (effect: F) => Promise<E | undefined>,
): Promise<void> {
  const queue: F[] = [...apply(first)];
  for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
    const event = await perform(effect);
    if (event !== undefined) queue.push(...apply(event));
  }
}

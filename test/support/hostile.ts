/** Damage to files of networks, and what an importer may do about it. */
import { expect } from 'vitest';
import { ModelError } from '../../models/errors.ts';

/** Numbers of a linear congruential generator (Numerical Recipes): the same damage in every run. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Copies of a file, each cut off or with some bits flipped, most of them within the first `head` bytes. */
export function* damaged(
  file: Uint8Array,
  times: number,
  head = file.length,
): Generator<Uint8Array> {
  const random = randomNumbers(file.length);
  for (let i = 0; i < times; i++) {
    if (i % 4 === 0) {
      yield file.slice(0, random(i % 8 === 0 ? file.length : head));
      continue;
    }
    const copy = file.slice();
    for (let flips = 1 + random(4); flips > 0; flips--) {
      const at = random(i % 3 === 0 ? file.length : head);
      copy[at] = i % 2 === 0 ? copy[at]! ^ (1 << random(8)) : random(256);
    }
    yield copy;
  }
}

/** Copies of a value with something else in one place. */
export function* distorted(value: unknown, times: number): Generator<unknown> {
  const random = randomNumbers(times);
  const others = [
    null,
    -1,
    0,
    1e300,
    0.5,
    '',
    '../x',
    [],
    {},
    true,
    [[]],
    'constructor',
    '__proto__',
    2 ** 31,
  ];
  for (let i = 0; i < times; i++) {
    const copy = structuredClone(value);
    let at = copy as Record<string, unknown>;
    for (;;) {
      const keys = Object.keys(at);
      const key = keys[random(keys.length)];
      if (key === undefined) break;
      const next = at[key];
      if (typeof next !== 'object' || next === null || random(6) === 0) {
        at[key] = others[random(others.length)];
        break;
      }
      at = next as Record<string, unknown>;
    }
    yield copy;
  }
}

/** Codes that an importer may refuse a file with. */
const REFUSALS = new Set(['BAD_NETWORK', 'UNSUPPORTED_OPERATOR', 'NOT_STATIC']);

/** Runs an importer on damaged files: it may succeed or refuse, and nothing else. */
export async function survives<T>(
  files: Iterable<T>,
  read: (file: T) => unknown,
): Promise<{ refused: number; read: number }> {
  let refused = 0;
  let succeeded = 0;
  for (const file of files) {
    try {
      await read(file);
      succeeded++;
    } catch (error) {
      if (!(error instanceof ModelError) || !REFUSALS.has(error.code)) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(0);
  return { refused, read: succeeded };
}

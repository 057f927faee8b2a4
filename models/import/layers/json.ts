/** Reading JSON that a stranger wrote: every value is asked for with its type. */
import { malformed } from '../../compile/errors.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** @throws ModelError BAD_NETWORK */
export function parseJson(bytes: Uint8Array | string, what: string): unknown {
  try {
    return JSON.parse(typeof bytes === 'string' ? bytes : decoder.decode(bytes)) as unknown;
  } catch {
    return malformed(`${what} is not JSON`);
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object of a file with where it stands, for messages. */
export class Config {
  readonly where: string;
  readonly #values: Record<string, unknown>;

  constructor(value: unknown, where: string) {
    this.where = where;
    this.#values = isObject(value) ? value : malformed(`${where} is not an object`);
  }

  /** A member, undefined also for null. */
  get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  bad(name: string, what: string): never {
    return malformed(`${this.where}: ${name} is not ${what}`);
  }

  #typed<T>(
    name: string,
    fallback: T | undefined,
    what: string,
    is: (value: unknown) => value is T,
  ): T {
    const value = this.get(name) ?? fallback;
    return is(value) ? value : this.bad(name, what);
  }

  string(name: string, fallback?: string): string {
    return this.#typed(name, fallback, 'a string', (value) => typeof value === 'string');
  }

  number(name: string, fallback?: number): number {
    return this.#typed(
      name,
      fallback,
      'a number',
      (value): value is number => typeof value === 'number' && Number.isFinite(value),
    );
  }

  boolean(name: string, fallback?: boolean): boolean {
    return this.#typed(name, fallback, 'true or false', (value) => typeof value === 'boolean');
  }

  /** An integer from `least` to 2^31 - 1. */
  integer(name: string, fallback?: number, least = 1): number {
    const is = (value: unknown): value is number =>
      Number.isInteger(value) && (value as number) >= least && (value as number) < 2 ** 31;
    return this.#typed(name, fallback, `an integer from ${least}`, is);
  }

  list(name: string, fallback?: readonly unknown[]): readonly unknown[] {
    return this.#typed(name, fallback, 'a list', (value) => Array.isArray(value));
  }

  object(name: string): Config {
    return new Config(this.get(name), `${this.where}: ${name}`);
  }

  /** `n` integers from `least`, or one that stands for all. */
  sizes(name: string, n: number, fallback?: number, least = 1): number[] {
    const value = this.get(name) ?? fallback;
    const list = Array.isArray(value) ? value : Array.from({ length: n }, () => value);
    const good = list.every((v) => Number.isInteger(v) && v >= least && v < 2 ** 31);
    if (list.length !== n || !good) this.bad(name, `${n} integers from ${least}`);
    return list as number[];
  }
}

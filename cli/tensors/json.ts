/** Tensors as nested lists of JSON. Floats that JSON can't say are the strings "NaN", "Infinity" and "-Infinity". */
import { elements, type TensorType } from '../../models/graph.ts';
import type { TensorData } from '../../models/network/types.ts';
import { UserError } from '../errors.ts';
import { isFloat, rangeOf, readElements, writeElements } from './elements.ts';

export type Nested = number | string | boolean | readonly Nested[];

function refuse(message: string): never {
  throw new UserError('BAD_JSON', message);
}

/** Parses JSON. Throws `UserError` BAD_JSON. */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const hint = /\b(NaN|-?Infinity)\b/.test(text)
      ? '; JSON has no NaN and no Infinity, so write them as strings: "NaN", "Infinity", "-Infinity"'
      : '';
    throw new UserError('BAD_JSON', `${name} isn't JSON: ${(cause as Error).message}${hint}`, {
      cause,
    });
  }
}

/**
 * A tensor of type `type` from nested lists of its shape, or one flat list of as many numbers.
 *
 * @throws UserError BAD_JSON: another shape, or a value that the type doesn't hold
 */
export function readNested(value: unknown, type: TensorType, name: string): TensorData {
  const shape = shapeOf(value);
  const wanted = elements(type);
  const flat: number[] = [];
  const isFlat = shape.length === 1 && shape[0] === wanted;
  const asked = isFlat ? shape : matching(shape, type.shape) ? shape : undefined;
  if (!asked) {
    refuse(
      `${name} is a list of shape [${shape.join(',')}]; it must be ${type.dtype} [${type.shape.join(',')}], or one list of ${wanted} numbers`,
    );
  }
  collect(value, asked, [], (leaf, at) => flat.push(leafOf(leaf, type, name, at)), name);
  return { ...type, data: writeElements(type.dtype, flat) };
}

/** The lists' lengths, from the first of each. */
function shapeOf(value: unknown): number[] {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner) && shape.length < 32; inner = inner[0]) {
    shape.push(inner.length);
  }
  return shape;
}

/** Whether two shapes are the same but for axes of one element. */
export const matching = (x: readonly number[], y: readonly number[]): boolean =>
  x.filter((size) => size !== 1).join() === y.filter((size) => size !== 1).join();

function collect(
  value: unknown,
  shape: readonly number[],
  at: readonly number[],
  take: (leaf: unknown, at: readonly number[]) => void,
  name: string,
): void {
  const [size, ...inner] = shape;
  if (size === undefined) {
    take(value, at);
    return;
  }
  if (!Array.isArray(value) || value.length !== size) {
    refuse(`${name}: ${where(at)} is ${show(value)}; a list of ${size} is due there`);
  }
  value.forEach((one, i) => {
    collect(one, inner, [...at, i], take, name);
  });
}

const where = (at: readonly number[]): string => (at.length > 0 ? `[${at.join('][')}]` : 'it');

/** A value in a message, however large it is. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return JSON.stringify(value)?.slice(0, 40) ?? 'nothing';
}

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function leafOf(leaf: unknown, { dtype }: TensorType, name: string, at: readonly number[]): number {
  const fail = (what: string): never => refuse(`${name}: ${where(at)} is ${show(leaf)}; ${what}`);
  if (typeof leaf === 'boolean' && dtype === 'bool') return Number(leaf);
  if (typeof leaf === 'string' && isFloat(dtype)) {
    return WORDS[leaf] ?? fail('the only texts are "NaN", "Infinity" and "-Infinity"');
  }
  if (typeof leaf !== 'number') return fail(`a number is due there (${dtype})`);
  const [low, high] = rangeOf(dtype);
  if (leaf < low || leaf > high) return fail(`${dtype} holds ${low} to ${high}`);
  if (!isFloat(dtype) && !Number.isInteger(leaf)) return fail(`${dtype} holds integers`);
  return leaf;
}

/** A tensor as nested lists; 64-bit integers beyond 2^53 are texts. */
export function writeNested({ data, dtype, shape }: TensorData): Nested {
  let level: Nested[] = readElements(dtype, data).map((value): Nested => {
    if (typeof value === 'bigint') {
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    }
    if (dtype === 'bool') return value !== 0;
    return Number.isFinite(value) ? value : String(value);
  });
  for (const size of shape.slice(1).toReversed()) {
    level = Array.from({ length: level.length / size }, (_, i) =>
      level.slice(i * size, (i + 1) * size),
    );
  }
  return shape.length === 0 ? level[0]! : level;
}

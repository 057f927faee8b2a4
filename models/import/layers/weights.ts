/** Weights of a model's layers, found by the names that Keras gives them. */
import { malformed } from '../../compile/errors.ts';
import type { TensorData } from '../../network/types.ts';

export interface Weight {
  /** Path, without the `:0` of TensorFlow's variables: `lstm/lstm_cell/kernel`. */
  readonly name: string;
  /** Read when it is wanted. */
  tensor(): TensorData;
}

/** Weights of the layers of one model, or of what a wrapper holds. */
export interface WeightSource {
  of(layer: string): readonly Weight[];
}

export const plainName = (name: string): string => name.replace(/:\d+$/, '');
const segments = (name: string): string[] => name.split('/');

/** Finds a layer's weights among all by the layer's name in their paths. */
export function weightsByPath(weights: readonly Weight[]): WeightSource {
  const bySegment = new Map<string, Weight[]>();
  for (const weight of weights) {
    for (const segment of new Set(segments(weight.name).slice(0, -1))) {
      const known = bySegment.get(segment);
      if (known) known.push(weight);
      else bySegment.set(segment, [weight]);
    }
  }
  return remembered((layer) => {
    const found = bySegment.get(layer) ?? [];
    // A layer called as a part of another's path is not meant where a path begins with it.
    const first = found.filter(({ name }) => segments(name)[0] === layer);
    return first.length > 0 ? first : found;
  });
}

/** A source that looks for each layer's weights once. */
export function remembered(find: (layer: string) => readonly Weight[]): WeightSource {
  const known = new Map<string, readonly Weight[]>();
  return {
    of(layer) {
      const weights = known.get(layer) ?? find(layer);
      known.set(layer, weights);
      return weights;
    },
  };
}

/** Bytes of weights that may be read once more for layers that share them. */
const MOST_READ_AGAIN = 2 ** 28;

/** Ends a network that makes much work of few weights, by naming them again and again. */
export class Readings {
  readonly #seen = new Set<unknown>();
  #left = MOST_READ_AGAIN;

  /** Notes that a weight is read. Throws `ModelError` BAD_NETWORK. */
  note(weight: unknown, bytes: number): void {
    if (!this.#seen.has(weight)) this.#seen.add(weight);
    else if ((this.#left -= bytes) < 0) malformed('the layers share too many weights');
  }
}

/** Weights of one layer at most. */
const MOST_OF_LAYER = 1000;

/** As many as are wanted, none of them by its name. */
const isUnnamed = (weights: readonly Weight[], names: readonly string[]): boolean =>
  weights.length === names.length &&
  !weights.some(({ name }) => names.includes(segments(name).at(-1)!));

/**
 * The weights that a layer should have, in the order in which Keras keeps them. They are found by their names, or, in files
 * that don't tell names, by their number.
 */
export function pick(
  weights: readonly Weight[],
  names: readonly string[],
  where: string,
): TensorData[] {
  if (weights.length > MOST_OF_LAYER) malformed(`${where} has ${weights.length} weights`);
  const byName = names.map((name) =>
    weights.filter((weight) => segments(weight.name).at(-1) === name),
  );
  if (byName.every((found) => found.length === 1))
    return byName.map(([weight]) => weight!.tensor());
  // Files of numbered weights may have more than is wanted, such as counts.
  const isNumbered = weights.every(({ name }) => /(^|\/)\d+$/.test(name));
  if (isNumbered ? weights.length >= names.length : isUnnamed(weights, names)) {
    return names.map((_, i) => weights[i]!.tensor());
  }
  const has = weights.map(({ name }) => name).slice(0, 10);
  return malformed(
    `${where} needs the weights ${names.join(', ')}; the file has ${has.join(', ') || 'none'}`,
  );
}

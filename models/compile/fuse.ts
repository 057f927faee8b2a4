import type { Call } from './builder.ts';
import type { Storage, Tensor } from './tensor.ts';

/**
 * Drops calls whose result nothing uses, and merges calls where the bits stay the same.
 *
 * @param outputs what the program is for
 */
export function fuse(
  calls: readonly Call[],
  outputs: readonly { readonly tensor: Tensor }[],
): readonly Call[] {
  const wanted = outputs.map(({ tensor }) => tensor.storage);
  return withEpilogues(withoutUnused(calls, wanted), wanted);
}

/** The calls that `wanted` depends on, in their order. */
export function withoutUnused(calls: readonly Call[], wanted: readonly Storage[]): readonly Call[] {
  const needed = new Set(wanted.map(({ id }) => id));
  const kept: Call[] = [];
  for (const call of calls.toReversed()) {
    if (!needed.has(call.output.id)) continue;
    for (const { id } of call.inputs) needed.add(id);
    kept.push(call);
  }
  return kept.reverse();
}

/** Kernels whose last two attributes are bounds of the result, and the kernel that first adds one more input, if there is one. */
const BOUNDED: ReadonlyMap<string, string | undefined> = new Map([
  ['conv', 'convAdd'],
  ['convAdd', undefined],
  ['depthwise', undefined],
  ['gemm', 'gemmAdd'],
  ['gemmAdd', undefined],
]);

/** Bits of f32. */
const MINUS_INFINITY = 0xff800000;
const INFINITY = 0x7f800000;
const ZERO = 0;

/** Bounds [lo, hi] of a call that computes min(max(x, lo), hi) of a whole tensor, as bits of f32. */
function boundsOf({ attributes, kernel }: Call): readonly [number, number] | undefined {
  if (kernel === 'relu') return [ZERO, INFINITY];
  if (kernel !== 'clampF32') return undefined;
  const [n, begin, end, lo = 0, hi = 0] = attributes;
  return begin === 0 && end === n ? [lo, hi] : undefined;
}

function isUnbounded({ attributes, kernel }: Call): boolean {
  const [lo, hi] = attributes.slice(-2);
  return BOUNDED.has(kernel) && lo === MINUS_INFINITY && hi === INFINITY;
}

/**
 * Merges what follows a product into it: an addition of another tensor, and bounds. Kernels of products do the same operations on the
 * finished sum, so that no bit changes.
 */
function withEpilogues(calls: readonly Call[], wanted: readonly Storage[]): readonly Call[] {
  const uses = new Map<number, number>();
  const use = ({ id }: Storage): void => {
    uses.set(id, (uses.get(id) ?? 0) + 1);
  };
  for (const storage of wanted) use(storage);
  for (const { inputs } of calls) for (const storage of inputs) use(storage);
  // Several calls may write one tensor, each a part of it.
  const writers = Map.groupBy(calls, ({ output }) => output.id);
  const gone = new Set<Call>();
  /** The calls that make a tensor which nothing but one call uses, if all of them can go on with it. */
  const makersOf = ({ id }: Storage, can: (call: Call) => boolean): readonly Call[] | undefined => {
    const makers = writers.get(id);
    return makers && uses.get(id) === 1 && makers.every(can) ? makers : undefined;
  };
  const places = new Map<Call, readonly Call[]>();
  /** Replaces a call and the makers of its input by calls that do both. */
  const merge = (call: Call, makers: readonly Call[], how: (maker: Call) => Call): void => {
    const merged = makers.map(how);
    for (const maker of makers) gone.add(maker);
    places.set(call, merged);
    writers.set(call.output.id, merged);
  };
  for (const call of calls) {
    if (writers.get(call.output.id)?.length !== 1) continue;
    const { inputs, kernel, output } = call;
    const bounds = boundsOf(call);
    if (bounds) {
      const makers = makersOf(inputs[0]!, isUnbounded);
      if (!makers) continue;
      merge(call, makers, (maker) => {
        const attributes = [...maker.attributes.slice(0, -2), ...bounds];
        return { ...maker, attributes, output };
      });
    } else if (kernel === 'add') {
      const canAdd = (maker: Call): boolean =>
        isUnbounded(maker) && BOUNDED.get(maker.kernel) !== undefined;
      const [x, y] = inputs as [Storage, Storage];
      // Of two products the one that is computed last.
      const ofY = makersOf(y, canAdd);
      const makers = ofY ?? makersOf(x, canAdd);
      if (!makers) continue;
      const addend = ofY ? x : y;
      merge(call, makers, (maker) => ({
        ...maker,
        kernel: BOUNDED.get(maker.kernel)!,
        inputs: [...maker.inputs, addend],
        output,
      }));
    }
  }
  return calls.flatMap((call) => places.get(call) ?? [call]).filter((call) => !gone.has(call));
}

/** Rules of operators of several operands with strides. */
import { type OperandType, product, type Rule, type Rules } from '../rule.ts';

/** Axes of an operator with strides. */
export const PAIR_AXES = 4;

const axes = (name: string): string[] => Array.from({ length: PAIR_AXES }, (_, i) => `${name}${i}`);

/**
 * An operator of operands that each have strides: attributes are their elements, begin, end, four sizes, and four strides of each.
 *
 * @param cost instructions for one element
 */
export function strided(
  types: readonly (readonly [name: string, type: OperandType])[],
  result: OperandType,
  cost: number,
): Rule {
  const names = types.map(([name]) => name);
  const parts = (attributes: readonly number[]) => {
    const counts = attributes.slice(0, names.length);
    const [begin = 0, end = 0, ...rest] = attributes.slice(names.length);
    const size = rest.slice(0, PAIR_AXES);
    const strides = names.map((_, i) => rest.slice((i + 1) * PAIR_AXES, (i + 2) * PAIR_AXES));
    return { begin, counts, end, size, strides };
  };
  return {
    attributes: [
      ...names.map((name) => `${name}Elements`),
      'begin',
      'end',
      ...axes('size'),
      ...names.flatMap((name) => axes(name)),
    ],
    zeros: ['begin', ...names.flatMap((name) => axes(name))],
    check(attributes) {
      const { begin, counts, end, size, strides } = parts(attributes);
      if (begin >= end || end > size[0]!) return `begin ${begin}, end ${end} of ${size[0]} rows`;
      for (const [i, name] of names.entries()) {
        const last = strides[i]!.reduce((sum, stride, axis) => sum + stride * (size[axis]! - 1), 0);
        if (last >= counts[i]!) return `it reads element ${last} of ${counts[i]} of ${name}`;
      }
      return undefined;
    },
    operands(attributes) {
      const { counts, size } = parts(attributes);
      return [
        ...types.map(([, type], i) => [type, counts[i]!] as const),
        [result, product(...size)],
      ];
    },
    updates(attributes) {
      const { begin, end, size } = parts(attributes);
      return begin > 0 || end < size[0]!;
    },
    cost(attributes) {
      const { begin, end, size } = parts(attributes);
      const [, n1 = 0, n2 = 0, n3 = 0] = size;
      return product(end - begin, n1, n2, cost * n3 + 20);
    },
  };
}

const pair = (type: OperandType, cost: number, result: OperandType = type): Rule =>
  strided(
    [
      ['a', type],
      ['b', type],
    ],
    result,
    cost,
  );

/** Types by the end of a kernel's name. Where signed and unsigned numbers have the same bits, one kernel takes both. */
const WRAPPING = { F32: 'f32', F64: 'f64', I32: 4, I64: 8 } as const;
const WHOLE = { I32: 'i32', U32: 'u32', I64: 'i64', U64: 'u64' } as const;
const FLOATS = { F32: 'f32', F64: 'f64' } as const;
const ALL = { ...FLOATS, ...WHOLE } as const;
const BITS = { I32: 4, I64: 8 } as const;

/** One rule for each type: `addF32`, ... */
const typed = (
  name: string,
  types: Readonly<Record<string, OperandType>>,
  cost: number,
  result?: OperandType,
): [string, Rule][] =>
  Object.entries(types).map(([suffix, type]) => [`${name}${suffix}`, pair(type, cost, result)]);

/** A choice by a condition between elements of some bytes. */
const where = (bytes: 1 | 2 | 4 | 8): Rule =>
  strided(
    [
      ['condition', 'bool'],
      ['a', bytes],
      ['b', bytes],
    ],
    bytes,
    14,
  );

export const PAIRS: Rules = {
  ...Object.fromEntries([
    ...typed('add', WRAPPING, 8),
    ...typed('sub', WRAPPING, 8),
    ...typed('mul', WRAPPING, 8),
    ...typed('div', ALL, 16),
    ...typed('min', ALL, 10),
    ...typed('max', ALL, 10),
    ...typed('prelu', { F32: 'f32' }, 10),
    ...typed('mod', WHOLE, 20),
    ...typed('fmod', FLOATS, 2000),
    ...typed('pow', { ...FLOATS, I64: 8 }, 200),
    ...typed('equal', WRAPPING, 10, 'bool'),
    ...typed('less', ALL, 10, 'bool'),
    ...typed('lessOrEqual', ALL, 10, 'bool'),
    ...typed('and', { I8: 1, ...BITS }, 8),
    ...typed('or', { I8: 1, ...BITS }, 8),
    ...typed('xor', { I8: 1, ...BITS }, 8),
    ...typed('shiftLeft', BITS, 12),
    ...typed('shiftRight', BITS, 12),
  ]),
  where1: where(1),
  where2: where(2),
  where4: where(4),
  where8: where(8),
};

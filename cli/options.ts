/** Options of several commands, and how their texts are read. */
import { InvalidArgumentError } from 'commander';
import { UserError } from './errors.ts';

export const collect = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
];

export function listOfNumbers(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('It must be numbers with commas between them, such as 0.5,1,2.');
}

export function pairOfNumbers(text: string): [number, number] {
  const values = listOfNumbers(text);
  if (values.length !== 2) throw new InvalidArgumentError('It must be two numbers, such as -1,1.');
  return values as [number, number];
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 0xffffffff) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

function sizeOf(option: string, text: string, part: string): number {
  const size = Number(part);
  if (/^\d+$/.test(part.trim()) && size >= 1 && size <= 0xffffffff) return size;
  throw new UserError('BAD_OPTION', `${option} ${text}: "${part}" is no size`);
}

/** `name=value` where one of `names` is the name; names may hold "=" themselves. */
export function named(
  option: string,
  text: string,
  names: readonly string[],
  what = 'input',
): [name: string, value: string] {
  const name = names
    .filter((one) => text.startsWith(`${one}=`))
    .toSorted((x, y) => y.length - x.length)[0];
  if (name !== undefined) return [name, text.slice(name.length + 1)];
  const known = names.length > 0 ? names.map((one) => `"${one}"`).join(', ') : 'none';
  const given = text.includes('=') ? `there is no ${what} "${text.split('=')[0]}"` : 'no "=" in it';
  throw new UserError('BAD_OPTION', `${option} ${text}: ${given}; ${what}s here: ${known}`);
}

/** `--shape name=1,3,224,224`, several times. */
export function shapesFrom(
  texts: readonly string[],
  names: readonly string[],
): Record<string, readonly number[]> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, sizes] = named('--shape', text, names);
      return [
        name,
        sizes.trim() === '' ? [] : sizes.split(',').map((part) => sizeOf('--shape', text, part)),
      ];
    }),
  );
}

/** `--dimension name=1`, several times. */
export function dimensionsFrom(
  texts: readonly string[],
  names: readonly string[],
): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, size] = named('--dimension', text, names, 'open dimension');
      return [name, sizeOf('--dimension', text, size)];
    }),
  );
}

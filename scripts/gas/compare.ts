/** How far figures are from those that were kept. */

/** Every number in a value, by its path. */
function* numbers(value: unknown, path: string): Generator<[string, number]> {
  if (typeof value === 'number') yield [path, value];
  else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) {
      yield* numbers(part, path === '' ? name : `${path}.${name}`);
    }
  }
}

/** A line for each figure that is further than `part` from the kept one, or is in only one of them. */
export function drift(kept: unknown, measured: unknown, part: number): string[] {
  const before = new Map(numbers(kept, ''));
  const now = new Map(numbers(measured, ''));
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((path) => {
    const [was, is] = [before.get(path), now.get(path)];
    if (was === undefined) return [`${path} is ${is}, and none was kept`];
    if (is === undefined) return [`${path} was ${was}, and isn't measured any more`];
    return Math.abs(is - was) > part * was ? [`${path} is ${is}; ${was} was kept`] : [];
  });
}

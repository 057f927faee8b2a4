import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** All test files; several folders may have one of a name. */
const files = ['contracts/test', 'test']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
      join(root, folder, path),
    ),
  )
  .filter((path) => /\.(t\.sol|test\.ts)$/.test(path));

test('every test that the page on security names exists', () => {
  const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
  const named = [...page.matchAll(/`(\w[\w-]*\.(?:t\.sol|test\.ts))(?: ([^`]+))?`/g)];
  expect(named.length).toBeGreaterThan(100);
  const missing = named.flatMap(([, file = '', name]) => {
    const texts = files
      .filter((path) => basename(path) === file)
      .map((path) => readFileSync(path, 'utf8'));
    if (texts.length === 0) return [`no file ${file}`];
    if (name === undefined) return [];
    const said = file.endsWith('.sol') ? `function ${name}(` : name;
    return texts.some((text) => text.includes(said)) ? [] : [`${file} has no "${name}"`];
  });
  expect(missing).toEqual([]);
});

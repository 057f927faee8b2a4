import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readGas } from '../../economics/gas.ts';
import { DOCUMENTED, report } from '../../economics/report.ts';
import { figure, fill, type Table, toMarkdown, toText } from '../../economics/table.ts';

const page = readFileSync('docs/economics.md', 'utf8');

test('the tables of docs/economics.md are what `npm run economics -- --docs` writes', () => {
  expect(fill(page, report(readGas(), DOCUMENTED))).toBe(page);
});

describe('tables', () => {
  const table: Table = { name: 't', title: 'T', head: ['a', 'b'], rows: [['x', 12345]] };

  test('fill their places', () => {
    const filled = fill('<!-- table: t -->\n<!-- end -->\n', [table]);
    expect(filled).toBe(`<!-- table: t -->\n${toMarkdown(table)}\n<!-- end -->\n`);
    expect(fill(filled, [table])).toBe(filled);
  });

  test('without a place, and places without a table, are refused', () => {
    expect(() => fill('', [table])).toThrow(/no place for t/);
    expect(() => fill('<!-- table: u -->\n<!-- end -->', [table])).toThrow(/no table is named u/);
  });

  test('are aligned', () => {
    expect(toText(table)).toBe('T\n\na       b\nx  12 345\n');
  });

  test.each([
    [1234567, '1 234 567'],
    [0.0123456, '0.01235'],
    [0, '0'],
    [999, '999'],
    [12.5, '12.5'],
  ])('%f is written %s', (value, written) => {
    expect(figure(value)).toBe(written);
  });
});

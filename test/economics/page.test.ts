import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dearestStepOf, parseForge, readGas } from '../../economics/gas.ts';
import { DOCUMENTED, report } from '../../economics/report.ts';
import { figure, fill, type Table, toMarkdown, toText } from '../../economics/table.ts';

const page = readFileSync('docs/economics.md', 'utf8');

test('the tables of docs/economics.md are what `npm run economics -- --docs` writes', () => {
  expect(fill(page, report(readGas(), DOCUMENTED))).toBe(page);
});

test('the dearest step is the one of docs/opcodes.md', () => {
  expect(readGas().dearestStep).toBe(dearestStepOf(readFileSync('docs/opcodes.md', 'utf8')));
});

describe('what forge prints', () => {
  test('is read by the k that it is about', () => {
    const text = [
      'Ran 1 test for contracts/test/AttentionGas.t.sol:AttentionGasTest',
      '    draw: 5',
      'Ran 2 tests for contracts/test/MoveGas.t.sol:MoveGasTest',
      '[PASS] testGasAtK16() (gas: 99)',
      '  k: 16',
      '    settle: 7',
      '[PASS] testGasAtK24() (gas: 99)',
      '  k: 24',
      '    settle: 8',
      '[PASS] testALongGameAtK24() (gas: 99)',
      '  k: 24',
      '    rounds: 3',
      '    settle: 6',
      '    select: 9',
      '  k: 64',
      '    select: 10',
      '[PASS] testABatch() (gas: 99)',
      '    select: 11',
    ].join('\n');
    expect(parseForge(text)).toEqual({
      moves: { 16: { settle: 7 }, 24: { settle: 8, select: 11 } },
      attention: { draw: 5 },
    });
  });

  test('without figures is refused', () => {
    expect(() => parseForge('nothing to do')).toThrow(/no figures/);
  });
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

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { proveWith } from '../../economics/gas.ts';
import { drift } from '../../scripts/gas/compare.ts';
import { dearestSteps, readFigures, readTests } from '../../scripts/gas/figures.ts';
import { keptFigures } from '../../scripts/gas/measure.ts';
import { aims, page, wholeDispute } from '../../scripts/gas/page.ts';

const figures = keptFigures();

test('docs/gas.md is what `npm run gas -- --docs` writes', () => {
  expect(page(figures)).toBe(readFileSync('docs/gas.md', 'utf8'));
});

test('every aim is met by the figures that are kept', () => {
  expect(aims(figures).filter(({ value, most }) => value > most)).toEqual([]);
});

test('an aim is missed by one unit too many', () => {
  const { requests } = figures.batches;
  const dear = { ...requests, claim: requests.claim + 1_500_000 };
  const missed = aims({ ...figures, batches: { ...figures.batches, requests: dear } });
  expect(missed.filter(({ value, most }) => value > most)).toHaveLength(1);
});

test('the dearest steps are those of docs/opcodes.md', () => {
  const { full, mnist } = dearestSteps(readFileSync('docs/opcodes.md', 'utf8'));
  expect([figures.dearestStep, figures.dearestMnistStep]).toEqual([full, mnist]);
  expect(mnist.transaction).toBeLessThan(full.transaction);
  expect(() => dearestSteps('# Opcodes')).toThrow(/no table/);
});

test('a proof with a long witness costs its calldata alone', () => {
  const step = { execution: 1000, transaction: 521_000 };
  expect(proveWith(30_000, 1000, step)).toBe(21_000 + 10 * 51_000);
});

test('a dispute ends in the dearer way', () => {
  const dispute = { challenger: 1, submitter: 2, timeout: 70_000, prove: 50_000 };
  const step = { execution: 30_000, transaction: 41_000 };
  // 2,000 tokens more, at 4 each.
  expect(wholeDispute(dispute, 1500, step)).toBe(88_003);
  expect(wholeDispute({ ...dispute, timeout: 90_000 }, 1500, step)).toBe(90_003);
});

describe('what forge prints', () => {
  const text = [
    'Ran 2 tests for contracts/test/MoveGas.t.sol:MoveGasTest',
    '[PASS] testGasAtK16() (gas: 99)',
    'Logs:',
    '  k: 16',
    '    settle: 7',
    '    settle, bytes: 4',
    '[PASS] testGasAtK24() (gas: 99)',
    '  k: 24',
    '    settle: 8',
    '    settle: 6',
    '[FAIL: no] testGas() (gas: 1)',
  ].join('\n');

  test('is read by suite and test, the largest of a name', () => {
    expect(readTests(text).map(({ test: name, figures: of }) => [name, [...of]])).toEqual([
      [
        'testGasAtK16',
        [
          ['k', 16],
          ['settle', 7],
          ['settle, bytes', 4],
        ],
      ],
      [
        'testGasAtK24',
        [
          ['k', 24],
          ['settle', 8],
        ],
      ],
    ]);
  });

  test('is refused without a figure, which is named', () => {
    expect(() => readFigures('nothing to do')).toThrow(/no figures of MoveGasTest/);
  });
});

describe('figures that moved', () => {
  const kept = { moves: { 16: { claim: 1000 } }, sizes: { Pinpoint: 10_000 } };

  test('by the tolerance are none', () => {
    const near = { moves: { 16: { claim: 1010 } }, sizes: { Pinpoint: 9_900 } };
    expect(drift(kept, near, 0.01)).toEqual([]);
  });

  test('further are named, up or down', () => {
    const far = { moves: { 16: { claim: 1011 } }, sizes: { Pinpoint: 9_899 } };
    expect(drift(kept, far, 0.01)).toEqual([
      'moves.16.claim is 1011; 1000 was kept',
      'sizes.Pinpoint is 9899; 10000 was kept',
    ]);
  });

  test('are those that are new or gone, too', () => {
    expect(drift(kept, { moves: { 16: { claim: 1000, select: 5 } } }, 0.01)).toEqual([
      "sizes.Pinpoint was 10000, and isn't measured any more",
      'moves.16.select is 5, and none was kept',
    ]);
  });
});

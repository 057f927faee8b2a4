import { expect, test } from 'vitest';
import {
  bisectionSvg,
  digitSvg,
  distinctSegments,
  placeOf,
  type Segment,
} from '../../workers/pages/bisection.ts';

const whole: Segment = { level: 'graph', lo: 0, hi: 8 };
const part: Segment = { level: 'graph', lo: 2, hi: 4 };

test('a part lies where its numbers say', () => {
  expect(placeOf(part, whole)).toEqual({ x: 180, width: 180 });
});

test('the last of many steps can be seen and stays inside', () => {
  const many: Segment = { level: 'machine', lo: 0, hi: 1_000_000 };
  const { width, x } = placeOf({ level: 'machine', lo: 999_999, hi: 1_000_000 }, many);
  expect(width).toBeGreaterThanOrEqual(3);
  expect(x + width).toBeLessThanOrEqual(720);
});

test('moves that leave the segment alone are one row', () => {
  const machine: Segment = { level: 'machine', lo: 2, hi: 4 };
  expect(distinctSegments([whole, whole, part, part, machine])).toEqual([whole, part, machine]);
  const svg = bisectionSvg([whole, whole, part]);
  expect(svg.match(/<text/g)).toHaveLength(2);
  expect(svg.match(/class="part"/g)).toHaveLength(1);
  expect(svg).toContain('operators 2 to 4: 2 steps');
});

test('a digit has its ink where the bytes have it', () => {
  const bytes = new Uint8Array(784);
  bytes.set([255, 255, 128], 28 * 3 + 5);
  const svg = digitSvg(bytes);
  expect(svg).toContain('<rect x="5" y="3" width="2" height="1" opacity="1.00"/>');
  expect(svg).toContain('<rect x="7" y="3" width="1" height="1" opacity="0.50"/>');
  expect(svg.match(/<rect/g)).toHaveLength(2);
});

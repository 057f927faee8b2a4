import { canonical4 } from '../canonical';
import { expBelow4 } from '../math/exp-below';
import { fold4 } from '../reduction/rows';
import { rowTop } from '../reduction/softmax';
import { multiplyRows } from './rows';

/** Queries that are worked on together: their scores lie in the scratch. */
const BLOCK: u32 = 4;

/** Byte offsets of the attributes. */
const HEADS: usize = 4;
const GROUP: usize = 8;
const QUERIES: usize = 12;
const KEYS: usize = 16;
const DEPTH: usize = 20;
const WIDTH: usize = 24;
const Q_STRIDES: usize = 28;
const K_STRIDES: usize = 40;
const V_STRIDES: usize = 52;
const MASK: usize = 64;
const MASK_STRIDES: usize = 68;
const CAUSAL: usize = 80;
const OFFSET: usize = 84;
const SCALE: usize = 88;
const BEGIN: usize = 92;
const END: usize = 96;

/**
 * Scaled dot product attention (Vaswani et al. 2017): y[b, i, h] = sum over j of e[j] * v[b, g, j] / sum over j of e[j] with e[j] = exp(s[j] - top),
 * s[j] = (q[b, h, i] . k[b, g, j]) * scale + mask[b, h, i, j], g = h / group, top the largest s of the row,
 * and e[j] = 0 where the difference is below -87. If `causal` is not 0, keys
 * j > i + offset count as if s were minus infinity.
 *
 * Attributes: batch, heads, group (heads that share keys and values), queries, keys, depth, width; strides in elements of batch, head and
 * query or key of q, of k and of v, whose elements of one vector are consecutive; mask (its elements, 0 for none, then one of them is
 * there and not read) and its strides of batch, head and query; causal, offset, scale (bits of a f32), begin, end: the call computes the
 * rows begin ... end - 1 of batch * heads * queries, the others stay as they are.
 *
 * Inputs: q f32 [batch * heads * queries * depth], k f32 [batch * heads / group * keys * depth], v f32 [batch * heads / group * keys * width], mask f32.
 * Output: f32 [batch, queries, heads, width].
 *
 * Order: dot products and sums of values start from +0 and add the products in order, each rounded before. The sum of e is that of
 * `softmax`, as if the row had minus infinities up to a multiple of 4. A row with a NaN or with an infinite top is NaN throughout.
 *
 * Scratch: the keys of a head transposed, its values if width is no multiple of 4, scores and sums of four rows.
 */
export function attention(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  q: usize,
  k: usize,
  v: usize,
  mask: usize,
): void {
  const heads = load<u32>(attributes, HEADS);
  const queries = load<u32>(attributes, QUERIES);
  const keys = load<u32>(attributes, KEYS);
  const depth = load<u32>(attributes, DEPTH);
  const width = load<u32>(attributes, WIDTH);
  const end = load<u32>(attributes, END);
  const columns = (keys + 3) & ~3;
  const wide = (width + 3) & ~3;
  const row = (<usize>columns) << 2;
  const scores = scratch + row * depth;
  const sums = scores + BLOCK * row;
  const packed = sums + BLOCK * ((<usize>wide) << 2);
  const qStride = (<usize>load<u32>(attributes + Q_STRIDES, 8)) << 2;
  const kStride = (<usize>load<u32>(attributes + K_STRIDES, 8)) << 2;
  const vStride = (<usize>load<u32>(attributes + V_STRIDES, 8)) << 2;
  for (let at = load<u32>(attributes, BEGIN); at < end; ) {
    const head = at / queries;
    const b = head / heads;
    const h = head % heads;
    const g = h / load<u32>(attributes, GROUP);
    transpose(scratch, k + place(attributes + K_STRIDES, b, g), kStride, keys, depth, row);
    let values = v + place(attributes + V_STRIDES, b, g);
    let valueStride = vStride;
    if (wide != width) {
      pad(packed, values, vStride, keys, width, wide);
      values = packed;
      valueStride = (<usize>wide) << 2;
    }
    const last = min<u32>(end, (head + 1) * queries);
    while (at < last) {
      const i = at - head * queries;
      const count = min<u32>(BLOCK, last - at);
      const rows = q + place(attributes + Q_STRIDES, b, h) + qStride * i;
      multiplyRows(scores, row, rows, qStride, count, scratch, row, depth, columns);
      for (let n: u32 = 0; n < count; n++) {
        weigh(scores + row * n, attributes, mask, b, h, i + n);
      }
      multiplyRows(sums, (<usize>wide) << 2, scores, row, count, values, valueStride, keys, wide);
      for (let n: u32 = 0; n < count; n++) {
        const total = sumOf(scores + row * n, columns);
        const from = sums + (<usize>(n * wide) << 2);
        const to = output + ((<usize>((b * queries + i + n) * heads + h) * width) << 2);
        divide(to, from, width, total);
      }
      at += count;
    }
  }
}

/** Bytes from the start of an operand to the first vector of a head. */
@inline
function place(strides: usize, b: u32, h: u32): usize {
  return (<usize>(load<u32>(strides) * b + load<u32>(strides, 4) * h)) << 2;
}

/** Keys as columns, those that are not there as zeros. */
function transpose(to: usize, k: usize, stride: usize, keys: u32, depth: u32, row: usize): void {
  for (let d: u32 = 0; d < depth; d++) {
    let p = k;
    let q = to;
    for (let j = keys; j != 0; j--) {
      store<u32>(q, load<u32>(p));
      p += stride;
      q += 4;
    }
    for (const end = to + row; q < end; q += 4) store<u32>(q, 0);
    k += 4;
    to += row;
  }
}

/** Rows of `width` elements as rows of `wide` with zeros behind. */
function pad(to: usize, v: usize, stride: usize, rows: u32, width: u32, wide: u32): void {
  for (; rows != 0; rows--) {
    for (let j: u32 = 0; j < wide; j++) {
      store<u32>(to, j < width ? load<u32>(v + ((<usize>j) << 2)) : 0);
      to += 4;
    }
    v += stride;
  }
}

/** Dot products become exponentials of scores. */
function weigh(s: usize, attributes: usize, mask: usize, b: u32, h: u32, i: u32): void {
  const keys = load<u32>(attributes, KEYS);
  const columns = (keys + 3) & ~3;
  const scale = v128.load32_splat(attributes, SCALE);
  const end = s + ((<usize>columns) << 2);
  for (let p = s; p < end; p += 16) v128.store(p, canonical4(f32x4.mul(v128.load(p), scale)));
  if (load<u32>(attributes, MASK) != 0) {
    const m =
      mask +
      place(attributes + MASK_STRIDES, b, h) +
      ((<usize>(load<u32>(attributes + MASK_STRIDES, 8) * i)) << 2);
    let j = keys;
    let p = s;
    let from = m;
    for (; j >= 4; j -= 4) {
      v128.store(p, canonical4(f32x4.add(v128.load(p), v128.load(from))));
      p += 16;
      from += 16;
    }
    for (; j != 0; j--) {
      const sum = f32x4.add(v128.load32_zero(p), v128.load32_zero(from));
      v128.store32_lane(p, canonical4(sum), 0);
      p += 4;
      from += 4;
    }
  }
  let seen = keys;
  if (load<u32>(attributes, CAUSAL) != 0) {
    seen = <u32>min<u64>(keys, <u64>i + load<u32>(attributes, OFFSET) + 1);
  }
  for (let p = s + ((<usize>seen) << 2); p < end; p += 4) store<f32>(p, -Infinity);
  const top = f32x4.splat(rowTop(s, columns));
  for (let p = s; p < end; p += 16) {
    v128.store(p, canonical4(expBelow4(f32x4.sub(v128.load(p), top))));
  }
}

function sumOf(s: usize, columns: u32): f32 {
  let sums = f32x4.splat(0);
  for (const end = s + ((<usize>columns) << 2); s < end; s += 16) sums = f32x4.add(sums, v128.load(s));
  return fold4(sums);
}

function divide(to: usize, from: usize, width: u32, by: f32): void {
  const divisor = f32x4.splat(by);
  let j = width;
  for (; j >= 4; j -= 4) {
    v128.store(to, canonical4(f32x4.div(v128.load(from), divisor)));
    to += 16;
    from += 16;
  }
  for (; j != 0; j--) {
    v128.store32_lane(to, canonical4(f32x4.div(v128.load32_zero(from), divisor)), 0);
    to += 4;
    from += 4;
  }
}

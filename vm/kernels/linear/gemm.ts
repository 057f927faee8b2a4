import { BIAS_TAIL, block, blockRows, completeRows } from './block';

/**
 * Matrix product with packed weights, bias and bounds: y[i, j] = min(max(bias[j] + sum over p of x[i, p] * w[p, j], lo), hi) for the
 * rows begin <= i < end and the columns left <= j < right; all others stay as they are.
 *
 * Attributes: m, k, n, begin, end, left, right (u32), lo, hi (bits of f32); left is a multiple of 8. Inputs: x f32 [m, k], w f32
 * [ceil(n / 8), k, 8], where w[j / 8, p, j % 8] is the weight of column j, bias f32 [n]. Output: f32 [m, n]. Scratch: offsets of the
 * rows of a block, one tap, a copy of the end of the bias.
 *
 * Order: each output starts from its bias and adds the products for p = 0, 1, ..., k - 1, each product rounded before it is
 * added. Tiles, panels and lanes run across outputs, so they don't change the order.
 */
export function gemm(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  bias: usize,
): void {
  product(output, scratch, attributes, x, w, bias, 0);
}

/** The same with r f32 [m, n], a fourth input, added to the sums before they are bounded: min(max(... + r[i, j], lo), hi). */
export function gemmAdd(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  bias: usize,
  r: usize,
): void {
  product(output, scratch, attributes, x, w, bias, r - output);
}

function product(
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  bias: usize,
  addend: usize,
): void {
  const k = load<u32>(attributes, 4);
  const n = load<u32>(attributes, 8);
  const end = load<u32>(attributes, 16);
  const left = <usize>load<u32>(attributes, 20);
  const columns = load<u32>(attributes, 24) - <u32>left;
  const lo = load<f32>(attributes, 28);
  const hi = load<f32>(attributes, 32);
  const taps = scratch + BIAS_TAIL;
  const offsets = taps + 16;
  const length = (<usize>k) << 2;
  const stride = (<usize>n) << 2;
  store<u32>(taps, 0);
  w += left * length;
  bias += left << 2;
  output += left << 2;
  const most = blockRows(k);
  for (let i = load<u32>(attributes, 12); i < end; i += most) {
    const rows = min<u32>(end - i, most);
    let offset: usize = 0;
    for (let r: u32 = 0; r < rows; r++) {
      store<u32>(offsets + ((<usize>r) << 2), <u32>offset);
      offset += length;
    }
    completeRows(offsets, rows);
    const from = x + (<usize>i) * length;
    const to = output + (<usize>i) * stride;
    block(to, stride, rows, columns, from, offsets, taps, taps + 4, k, w, bias, scratch, addend, lo, hi);
  }
}

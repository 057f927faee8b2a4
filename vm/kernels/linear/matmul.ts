import { BIAS_TAIL, block, blockRows, completeRows, MOST_ROWS } from './block';
import { At, matrixAt } from './factors';
import { narrow } from './narrow';
import { PANEL } from './tile';

/** Panels of eight columns [ceil(n / 8), k, 8] of a matrix with any strides; columns that are not there are 0. */
function pack(to: usize, k: u32, n: u32, from: usize, row: usize, column: usize): void {
  for (let j: u32 = 0; j < n; j += PANEL) {
    const width = min<u32>(n - j, PANEL);
    let q = from;
    if (width == PANEL && column == 4) {
      for (let p: u32 = 0; p < k; p++) {
        v128.store(to, v128.load(q));
        v128.store(to, v128.load(q, 16), 16);
        q += row;
        to += 32;
      }
    } else {
      for (let p: u32 = 0; p < k; p++) {
        let r = q;
        let i: u32 = 0;
        for (; i < width; i++) {
          store<u32>(to, load<u32>(r));
          r += column;
          to += 4;
        }
        for (; i < PANEL; i++) {
          store<u32>(to, 0);
          to += 4;
        }
        q += row;
      }
    }
    from += column << 3;
  }
}

/**
 * Products of two matrices that lie by any strides (factors.ts), for each of a batch.
 *
 * Inputs: A f32 [elementsA], B f32 [elementsB]. Output: f32 [s0, s1, s2, m, n]. Scratch: offsets of rows, zeros, B in panels, and rows of A
 * where their elements do not lie one after the other.
 *
 * Order: each output starts from 0 and adds the products for p = 0, 1, ..., k - 1, each product rounded before it is added.
 */
export function matmul(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  a: usize,
  b: usize,
): void {
  const m = load<u32>(attributes, At.M);
  const k = load<u32>(attributes, At.K);
  const n = load<u32>(attributes, At.N);
  const ar = (<usize>load<u32>(attributes, At.AR)) << 2;
  const ac = (<usize>load<u32>(attributes, At.AC)) << 2;
  const br = (<usize>load<u32>(attributes, At.BR)) << 2;
  const bc = (<usize>load<u32>(attributes, At.BC)) << 2;
  const end = load<u32>(attributes, At.END);
  const stride = (<usize>n) << 2;
  const length = (<usize>k) << 2;
  const panels = (n + PANEL - 1) / PANEL;
  const taps = scratch + BIAS_TAIL;
  const offsets = taps + 16;
  const zeros = offsets + ((<usize>MOST_ROWS) << 2);
  const packedB = zeros + ((<usize>panels) << 5);
  const packedA = packedB + (<usize>panels * length << 3);
  const most = blockRows(k);
  store<u32>(taps, 0);
  for (let i = zeros; i != packedB; i += 4) store<u32>(i, 0);
  let row = load<u32>(attributes, At.BEGIN);
  output += <usize>row * stride;
  let current: u32 = -1;
  while (row < end) {
    const matrix = row / m;
    const rowEnd = min<u32>(end, (matrix + 1) * m);
    const from = matrixAt(attributes, At.B0, matrix);
    let source = a + ((<usize>matrixAt(attributes, At.A0, matrix)) << 2) + <usize>(row - matrix * m) * ar;
    if (rowEnd - row == 1 && bc == 4) {
      // B is read once: no use in packing it.
      narrow(output, n, source, ac, k, b + ((<usize>from) << 2), br);
      output += stride;
      row++;
      continue;
    }
    if (from != current) {
      pack(packedB, k, n, b + ((<usize>from) << 2), br, bc);
      current = from;
    }
    while (row < rowEnd) {
      const count = min<u32>(rowEnd - row, most);
      let start = source;
      let offset: usize = 0;
      const isPacked = ac != 4;
      if (isPacked) start = packedA;
      for (let r: u32 = 0; r < count; r++) {
        store<u32>(offsets + ((<usize>r) << 2), <u32>offset);
        if (isPacked) {
          let q = source;
          const z = packedA + offset;
          for (let p: usize = 0; p < length; p += 4) {
            store<u32>(z + p, load<u32>(q));
            q += ac;
          }
          offset += length;
        } else {
          offset += ar;
        }
        source += ar;
      }
      completeRows(offsets, count);
      block(
        output, stride, count, n, start, offsets, taps, taps + 4, k, packedB, zeros, scratch, 0,
        <f32>-Infinity, <f32>Infinity,
      );
      output += <usize>count * stride;
      row += count;
    }
  }
}

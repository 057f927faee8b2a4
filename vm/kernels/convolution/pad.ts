import { At } from './window';

/** Copies `bytes`, a multiple of 4. */
function copy(to: usize, from: usize, bytes: usize): void {
  const end = to + bytes;
  const vector = to + (bytes & ~15);
  for (; to != vector; to += 16) {
    v128.store(to, v128.load(from));
    from += 16;
  }
  for (; to != end; to += 4) {
    store<u32>(to, load<u32>(from));
    from += 4;
  }
}

/** Sets `bytes`, a multiple of 4, to 0. */
function clear(to: usize, bytes: usize): void {
  const end = to + bytes;
  const vector = to + (bytes & ~15);
  const zero = i32x4.splat(0);
  for (; to != vector; to += 16) v128.store(to, zero);
  for (; to != end; to += 4) store<u32>(to, 0);
}

/**
 * The part of an image that its windows see, with zeros where it has no elements: z[i, j, l, c] = x[i - pd, j - ph, l - pw, c].
 *
 * @param z f32 [depth, height, width, c]
 * @param x f32 [d, h, w, c]
 * @param attributes those of a window
 */
export function pad(
  z: usize,
  depth: u32,
  height: u32,
  width: u32,
  x: usize,
  attributes: usize,
): void {
  const d = load<u32>(attributes, At.D);
  const h = load<u32>(attributes, At.H);
  const w = load<u32>(attributes, At.W);
  const pd = load<u32>(attributes, At.PD);
  const ph = load<u32>(attributes, At.PH);
  const pw = load<i32>(attributes, At.PW);
  const pixel = (<usize>load<u32>(attributes, At.C)) << 2;
  const row = <usize>width * pixel;
  // Columns of z: [0, left) zeros, [left, right) elements, the rest zeros.
  const left = <u32>min<i32>(max<i32>(pw, 0), <i32>width);
  const right = <u32>max<i32>(min<i32>(<i32>w + pw, <i32>width), <i32>left);
  const before = <usize>left * pixel;
  const between = <usize>(right - left) * pixel;
  const after = <usize>(width - right) * pixel;
  const first = <usize>(<u32>(<i32>left - pw)) * pixel;
  for (let i: u32 = 0; i < depth; i++) {
    const slice = i - pd;
    for (let j: u32 = 0; j < height; j++) {
      const line = j - ph;
      // As unsigned numbers, negative ones are beyond every size.
      if (slice < d && line < h && between != 0) {
        const from = x + (<usize>(slice * h + line)) * (<usize>w * pixel) + first;
        clear(z, before);
        copy(z + before, from, between);
        clear(z + before + between, after);
      } else {
        clear(z, row);
      }
      z += row;
    }
  }
}

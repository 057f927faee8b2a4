/** Operands on which arithmetic goes wrong first. */

const LANES: Record<number, readonly bigint[]> = {
  8: [0n, 1n, 0x7fn, 0x80n, 0xffn],
  16: [0n, 1n, 0x7fffn, 0x8000n, 0xffffn],
  32: [
    0n,
    1n,
    31n,
    32n,
    0x7fffffffn,
    0x80000000n,
    0x80000001n,
    0xffffffffn,
    // f32: smallest normal, largest, one, halves, 2^31, 2^32, infinities, NaNs.
    0x00800000n,
    0x7f7fffffn,
    0x3f800000n,
    0x3f000000n,
    0xbf000000n,
    0x3fc00000n,
    0x40200000n,
    0x4f000000n,
    0xcf000000n,
    0x4effffffn,
    0x4f800000n,
    0x7f800000n,
    0xff800000n,
    0x7fc00000n,
    0xffc12345n,
    0x7f800001n,
    0x4b000001n,
    0xbf7fffffn,
    0x5f000000n,
    0xdf000000n,
  ],
  64: [
    0n,
    1n,
    63n,
    64n,
    0x7fffffffffffffffn,
    0x8000000000000000n,
    0x8000000000000001n,
    0xffffffffffffffffn,
    0x80000000n,
    0xffffffff80000000n,
    0x20000040000001n,
    0x7fffff4000000001n,
    // f64: smallest normal, largest, one, halves, 2^31, 2^32, 2^63, 2^64, infinities, NaNs, f32 midpoints and bounds.
    0x0010000000000000n,
    0x7fefffffffffffffn,
    0x3ff0000000000000n,
    0x3fe0000000000000n,
    0xbfe0000000000000n,
    0x3ff8000000000000n,
    0x4004000000000000n,
    0x41dfffffffffffffn,
    0x41e0000000000000n,
    0xc1e0000000200000n,
    0xc1e00000001fffffn,
    0x41efffffffffffffn,
    0x41f0000000000000n,
    0x43e0000000000000n,
    0xc3e0000000000000n,
    0x43f0000000000000n,
    0xbfefffffffffffffn,
    0x7ff0000000000000n,
    0xfff0000000000000n,
    0x7ff8000000000000n,
    0xfff8123456789abcn,
    0x7ff0000000000001n,
    0x3ff0000010000000n,
    0x3ff0000030000000n,
    0x47efffffe0000000n,
    0x47effffff0000000n,
    0x3690000000000000n,
    0x36a0000000000000n,
    0x380fffffe0000000n,
    0x4330000000000001n,
  ],
};

/** Deterministic 32-bit generator (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** A slot for operands of `width`-bit lanes: each lane either at an edge, near one, or random. */
export function slotValue(width: 8 | 16 | 32 | 64, random: () => number): bigint {
  const edges = LANES[width] as readonly bigint[];
  let value = 0n;
  for (let at = 0; at < 128; at += width) {
    const choice = random() % 4;
    const edge = edges[random() % edges.length] as bigint;
    const noise = BigInt(random()) | (BigInt(random()) << 32n);
    const lane = choice < 2 ? edge : choice === 2 ? edge + (noise % 5n) - 2n : noise;
    value |= BigInt.asUintN(width, lane) << BigInt(at);
  }
  return value;
}

/** Edges of scalars of that width, as slots with noise above them. */
export const edges = (width: 8 | 16 | 32 | 64): readonly bigint[] =>
  (LANES[width] as readonly bigint[]).map((v) => v | (0xdeadbeefn << BigInt(width)));

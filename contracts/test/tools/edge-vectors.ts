/**
 * Writes build/vectors/alu-edges.bin: operands that tell near implementations apart, in the layout that alu-vectors.ts gives. Every
 * pair of edges in the lanes of the vectors' float instructions; powers of two and their neighbours for the counts; quotients
 * whose kept bits end in a half, so that only what is cut off says where to round.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { compile } from '../../../test/support/value-module.ts';
import { edges } from '../../../test/support/values.ts';
import { BY_NAME, OPCODES, type Opcode } from '../../../vm/opcodes.ts';

const FILE = 'build/vectors/alu-edges.bin';
const vectors: Buffer[] = [];

/** NaNs of arithmetic are the positive canonical one, whichever the engine gives; pmin and pmax only choose. */
function canonical(row: Opcode, value: bigint): bigint {
  const width = Number(/^f(32|64)/.exec(row.name)?.[1] ?? 0);
  if (!width || /\.(pmin|pmax|eq|ne|lt|gt|le|ge)$/.test(row.name)) return value;
  const [infinity, nan] =
    width === 32 ? [0x7f800000n, 0x7fc00000n] : [0x7ff0000000000000n, 0x7ff8000000000000n];
  let out = 0n;
  const bits = row.result === 'v128' ? 128 : width;
  for (let at = 0; at < bits; at += width) {
    const lane = BigInt.asUintN(width, value >> BigInt(at));
    out |= (BigInt.asUintN(width - 1, lane) > infinity ? nan : lane) << BigInt(at);
  }
  return out;
}

function adder(name: string): (x: bigint, y?: bigint) => void {
  const row = BY_NAME.get(name);
  if (!row) throw new Error(`no instruction is called ${name}`);
  const [native] = compile([{ row }]);
  return (x, y = 0n) => {
    const wanted = native?.(x, y, 0n);
    const bytes = Buffer.alloc(67);
    [x, y, 0n, wanted === undefined ? 0n : canonical(row, wanted)].forEach((value, i) => {
      bytes.writeBigUInt64BE(value >> 64n, 16 * i);
      bytes.writeBigUInt64BE(BigInt.asUintN(64, value), 16 * i + 8);
    });
    bytes.writeUInt16BE(row.code, 64);
    bytes.writeUInt8(wanted === undefined ? 1 : 0, 66);
    vectors.push(bytes);
  };
}

/** All pairs of edges, as many to a vector as it has lanes. */
function lanePairs(): void {
  for (const row of OPCODES) {
    const shape = /^f(32|64)x\d\.(add|sub|mul|div|p?min|p?max|eq|ne|lt|gt|le|ge)$/.exec(row.name);
    if (!shape) continue;
    const width = Number(shape[1]) as 32 | 64;
    const list = edges(width).map((value) => BigInt.asUintN(width, value));
    const pairs = list.flatMap((x) => list.map((y) => [x, y] as const));
    const add = adder(row.name);
    const lanes = 128 / width;
    for (let i = 0; i < pairs.length; i += lanes) {
      const pack = (side: 0 | 1): bigint =>
        pairs
          .slice(i, i + lanes)
          .reduce((sum, pair, at) => sum | (pair[side] << BigInt(at * width)), 0n);
      add(pack(0), pack(1));
    }
  }
}

function counts(): void {
  for (const type of ['i32', 'i64'] as const) {
    for (const name of ['clz', 'ctz', 'popcnt']) {
      const add = adder(`${type}.${name}`);
      for (let bit = 0n; bit < (type === 'i32' ? 32n : 64n); bit++)
        for (const near of [-1n, 0n, 1n]) add(BigInt.asUintN(64, (1n << bit) + near));
    }
  }
}

/** The ends of the integers' ranges, a fraction of one inside and outside of them. */
function conversions(): void {
  const view = new DataView(new ArrayBuffer(8));
  for (const to of ['i32', 'i64'] as const) {
    for (const from of ['f32', 'f64'] as const) {
      for (const sign of ['s', 'u']) {
        const adds = [`${to}.trunc_${from}_${sign}`, `${to}.trunc_sat_${from}_${sign}`].map(adder);
        const bits = (to === 'i32' ? 32 : 64) - (sign === 's' ? 1 : 0);
        for (const end of [0, 2 ** bits, -(2 ** bits)]) {
          for (const away of [-1.5, -1, -0.999, -0.5, 0, 0.5, 0.999, 1, 1.5]) {
            if (from === 'f32') view.setFloat32(0, end + away);
            else view.setFloat64(0, end + away);
            const value = from === 'f32' ? BigInt(view.getUint32(0)) : view.getBigUint64(0);
            // The number itself and its neighbours among the floats.
            for (const near of [-1n, 0n, 1n])
              for (const add of adds) if (value + near >= 0n) add(value + near);
          }
        }
      }
    }
  }
}

/**
 * Quotients of the least subnormal, the shortest there are: of 2^shift / d with d of full precision, few bits lie below the ones
 * kept. Where those are exactly a half, the remainder decides.
 */
function halves(width: 32 | 64): void {
  const m = width === 32 ? 23n : 52n;
  const add = adder(`f${width}.div`);
  const bias = width === 32 ? 127n : 1023n;
  let found = 0;
  for (let d = (1n << (m + 1n)) - 1n; found < 40; d -= 2n) {
    const shift = 2n * m + 8n;
    const quotient = (1n << shift) / d;
    const rest = BigInt(quotient.toString(2).length) - (m + 1n);
    if (BigInt.asUintN(Number(rest), quotient) !== 1n << (rest - 1n)) continue;
    found++;
    // d * 2^-something: far below one, so that the quotient is normal.
    add(1n, ((bias / 4n) << m) | BigInt.asUintN(Number(m), d));
  }
}

/** Products one below the half that is rounded up: 3 * 5461 = 127 * 129 = 0x3fff. */
function roundedProducts(): void {
  const add = adder('i16x8.q15mulr_sat_s');
  const pack = (lanes: readonly number[]): bigint =>
    lanes.reduce(
      (sum, lane, at) => sum | (BigInt.asUintN(16, BigInt(lane)) << BigInt(16 * at)),
      0n,
    );
  add(
    pack([3, 127, -3, -127, 5461, 129, -5461, -129]),
    pack([5461, 129, -5461, -129, 3, 127, -3, 127]),
  );
}

lanePairs();
roundedProducts();
counts();
conversions();
halves(32);
halves(64);
mkdirSync('build/vectors', { recursive: true });
writeFileSync(FILE, Buffer.concat(vectors));
console.log(`${FILE}: ${vectors.length} vectors`);

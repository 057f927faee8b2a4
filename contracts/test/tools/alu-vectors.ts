/**
 * Writes what the engine computes for every value instruction of the machine, as vectors for Alu.t.sol:
 *
 *   build/vectors/alu.bin           about 60 operand tuples of each opcode, and all pairs of edges of the scalar ones
 *   build/vectors/alu-<class>.bin   a few thousand structured random ones of float arithmetic
 *
 * A vector is 67 bytes: x, y, z and the result (16 each), opcode (2), 1 if the engine traps (1); integers are big-endian. Operands
 * that an instruction doesn't have, and bits above an operand's type, are noise.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { compile } from '../../../test/support/value-module.ts';
import { edges, generator, slotValue } from '../../../test/support/values.ts';
import { VALUE_FORMS } from '../../../vm/alu.ts';
import { OPCODES, type Opcode, opcode, type ValueType } from '../../../vm/opcodes.ts';

const OUT = 'build/vectors';
const TUPLES = 60;
const DENSE = 3000;
const SEED = 0x51;

type Random = () => number;
type Tuple = readonly [bigint, bigint, bigint];
type Native = ReturnType<typeof compile>[number];

const ARITHMETIC =
  /^f(32|64)(x\d)?\.(add|sub|mul|div|sqrt|min|max|ceil|floor|trunc|nearest|promote\w*|demote\w*)$/;

/** The engine's choice of a NaN's bits replaced by the machine's (docs/machine.md, Floats). */
function canonical(row: Opcode, value: bigint): bigint {
  const width = Number(ARITHMETIC.exec(row.name)?.[1] ?? 0);
  if (!width) return value;
  const [infinity, nan] =
    width === 32 ? [0x7f800000n, 0x7fc00000n] : [0x7ff0000000000000n, 0x7ff8000000000000n];
  let result = 0n;
  for (let at = 0; at < 128; at += width) {
    const lane = BigInt.asUintN(width, value >> BigInt(at));
    result |= (BigInt.asUintN(width - 1, lane) > infinity ? nan : lane) << BigInt(at);
  }
  return result;
}

const vectors: Buffer[] = [];

function add(row: Opcode, native: Native, [x, y, z]: Tuple): void {
  const wanted = native(x, y, z);
  const bytes = Buffer.alloc(67);
  [x, y, z, wanted === undefined ? 0n : canonical(row, wanted)].forEach((value, i) => {
    bytes.writeBigUInt64BE(value >> 64n, 16 * i);
    bytes.writeBigUInt64BE(BigInt.asUintN(64, value), 16 * i + 8);
  });
  bytes.writeUInt16BE(row.code, 64);
  bytes.writeUInt8(wanted === undefined ? 1 : 0, 66);
  vectors.push(bytes);
}

function flush(name: string): void {
  writeFileSync(`${OUT}/${name}.bin`, Buffer.concat(vectors));
  console.log(`${OUT}/${name}.bin: ${vectors.length} vectors`);
  vectors.length = 0;
}

const bits = (random: Random, width: number): bigint =>
  BigInt.asUintN(width, BigInt(random()) | (BigInt(random()) << 32n));

/** A float whose exponent and fraction are of the kind on which rounding goes wrong: near the ends, or with few or all bits set. */
function float(width: 32 | 64, random: Random): bigint {
  const m = width === 32 ? 23n : 52n;
  const top = width === 32 ? 255n : 2047n;
  const any = bits(random, width);
  const field = [
    0n,
    1n,
    any % (2n * m),
    top - 1n,
    top,
    top >> 1n,
    // Around one, where sums meet and quotients stay finite.
    (top >> 1n) + (any % 128n) - 64n,
    (top >> 1n) + (any % 8n) - 4n,
    (any >> m) & top,
    (any >> m) & top,
  ][random() % 10] as bigint;
  const noise = bits(random, Number(m));
  const low = BigInt(random() % Number(m));
  const fraction = [
    noise,
    noise,
    0n,
    1n,
    (1n << m) - 1n,
    1n << low,
    ((1n << m) - 1n) ^ ((1n << low) - 1n),
    (1n << (m - 1n)) | BigInt(random() % 4),
  ][random() % 8] as bigint;
  const sign = BigInt(random() & 1);
  const payload = field === top && random() % 2 ? 0n : fraction;
  return (sign << BigInt(width - 1)) | (field << m) | payload;
}

const WIDTH: Record<Exclude<ValueType, 'v128'>, 32 | 64> = { i32: 32, i64: 64, f32: 32, f64: 64 };
/** Bits above the operand's type must not matter. */
const noisy = (value: bigint, width: number, random: Random): bigint =>
  value | BigInt.asUintN(128, bits(random, 64) << BigInt(width)) | (BigInt(random()) << 96n);

function scalar(type: Exclude<ValueType, 'v128'>, i: number, random: Random): bigint {
  const width = WIDTH[type];
  const list = edges(width);
  if (i % 2 === 0) return list[(i / 2) % list.length] as bigint;
  if (type.startsWith('f')) return noisy(float(width, random), width, random);
  return slotValue(width, random);
}

const LANE_WIDTHS = [8, 16, 32, 64] as const;

/** Width of the lanes that the instruction reads; bit operations have none of their own. */
function laneWidth(row: Opcode, i: number): 8 | 16 | 32 | 64 {
  const m = /(?:_low|_high|_pairwise|narrow|sat|demote|convert|dot)_[if](\d+)x/.exec(row.name);
  const own = m ?? /^[if](\d+)x/.exec(row.name);
  return own ? (Number(own[1]) as 8 | 16 | 32 | 64) : (LANE_WIDTHS[i % 4] as 8);
}

const readsFloats = (row: Opcode): boolean =>
  ARITHMETIC.test(row.name) || /^f\d+x\d\.(p|eq|ne|lt|gt|le|ge|abs|neg)|_f\d+x\d/.test(row.name);

/** Lanes that are a power of two, or a neighbour of one, or small: where products and sums fall on a half. */
function powers(width: number, random: Random): bigint {
  let value = 0n;
  for (let at = 0; at < 128; at += width) {
    const near = (1n << BigInt(random() % width)) + BigInt(random() % 3) - 1n;
    const lane = [near, -near, BigInt(random() % 8)][random() % 3] as bigint;
    value |= BigInt.asUintN(width, lane) << BigInt(at);
  }
  return value;
}

function vector(row: Opcode, i: number, random: Random): bigint {
  const width = laneWidth(row, i);
  if (i % 5 === 4) return powers(width, random);
  if ((width === 32 || width === 64) && i % 2 === 1 && readsFloats(row)) {
    let value = 0n;
    for (let at = 0; at < 128; at += width) value |= float(width, random) << BigInt(at);
    return value;
  }
  // Equal lanes and zero vectors are what the tests of all lanes look for.
  if (i % 20 === 0) return i % 40 === 0 ? 0n : (1n << 128n) - 1n;
  return slotValue(width, random);
}

function tuple(row: Opcode, i: number, random: Random): Tuple {
  const value = (at: number): bigint => {
    const type = row.operands[at] ?? 'v128';
    // The right operand goes through the edges at another pace, so that the pairs vary.
    const step = at === 0 ? i : 7 * i + at;
    return type === 'v128' ? vector(row, step, random) : scalar(type, step, random);
  };
  const x = value(0);
  const y = i % 11 === 10 && row.operands[1] === row.operands[0] ? x : value(1);
  return [x, y, value(2)];
}

/** Immediate lanes and indices are part of the code, so each needs a function of its own; z carries them, unreduced. */
function addImmediates(row: Opcode, random: Random): void {
  const lanes = row.lanes ?? 0;
  const choices = row.form === 'shuffle' ? TUPLES : lanes;
  const immediates = Array.from({ length: choices }, (_, i) =>
    row.form === 'shuffle' ? Array.from({ length: 16 }, () => random() % 32) : [i],
  );
  const natives = compile(immediates.map((list) => ({ row, immediates: list })));
  for (let i = 0; i < Math.max(TUPLES, choices); i++) {
    const list = immediates[i % choices] as number[];
    const [x, y] = tuple(row, i, random);
    const z =
      row.form === 'shuffle'
        ? list.reduce((sum, n, at) => sum | (BigInt(n + 32 * (random() % 8)) << BigInt(8 * at)), 0n)
        : BigInt((list[0] as number) + lanes * (random() % 1000));
    add(row, natives[i % choices] as Native, [x, y, z]);
  }
}

function generateAll(): void {
  const random = generator(SEED);
  for (const row of OPCODES) {
    if (!VALUE_FORMS.has(row.form)) continue;
    if (!['unary', 'binary', 'ternary'].includes(row.form)) {
      addImmediates(row, random);
      continue;
    }
    const [native] = compile([{ row }]) as [Native];
    for (let i = 0; i < TUPLES; i++) add(row, native, tuple(row, i, random));
    const [left, right] = row.operands;
    if (left === undefined || left === 'v128' || right === undefined || right === 'v128') continue;
    for (const x of edges(WIDTH[left])) {
      for (const y of edges(WIDTH[right])) add(row, native, [x, y, 0n]);
    }
  }
  flush('alu');
}

/** An operand of a dense vector; a second one may lie near the first, so that sums cancel and quotients are near one. */
function operand(type: ValueType, random: Random, near?: bigint): bigint {
  const width = WIDTH[type as 'f32'];
  if (type.startsWith('i')) {
    // Of every length, with long runs of ones: the halfway cases of a conversion.
    const length = 1 + (random() % width);
    const value = BigInt.asUintN(length, bits(random, width));
    const run = BigInt.asUintN(length, value | ((1n << BigInt(random() % width)) - 1n));
    const picked = [value, run, run + 1n, -run][random() % 4] as bigint;
    return noisy(BigInt.asUintN(width, picked), width, random);
  }
  if (near !== undefined && random() % 3 === 0) {
    const m = width === 32 ? 23n : 52n;
    const away = ((bits(random, 8) - 128n) << (random() % 2 ? m : 0n)) + bits(random, 2);
    return BigInt.asUintN(width, near + away);
  }
  return float(width, random);
}

/** Classes of Alu.t.sol's dense tests. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  add: ['f32.add', 'f32.sub', 'f64.add', 'f64.sub'],
  mul: ['f32.mul', 'f64.mul'],
  div: ['f32.div', 'f64.div'],
  sqrt: ['f32.sqrt', 'f64.sqrt'],
  round: ['f32.nearest', 'f32.ceil', 'f32.floor', 'f64.nearest', 'f64.ceil', 'f64.floor'],
  convert: [
    'f32.demote_f64',
    'f64.promote_f32',
    ...['f32', 'f64'].flatMap((to) =>
      ['i32_s', 'i32_u', 'i64_s', 'i64_u'].map((from) => `${to}.convert_${from}`),
    ),
    ...['i32', 'i64'].flatMap((to) =>
      ['f32_s', 'f32_u', 'f64_s', 'f64_u'].map((from) => `${to}.trunc_${from}`),
    ),
  ],
};

/**
 * Radicands whose root lies next to the middle of two floats, closer than a correct implementation's extra bits can show:
 * the root of k^2 + k + j is k + 1/2 + about j / 2k. The radicand must end in `zeros` zero bits to be a float itself, and
 * k^2 + k + j = 0 modulo a power of two is solved bit by bit (Hensel; the derivative 2k + 1 is odd, so j must be even).
 */
function* nearMiddleSquares(width: 32 | 64): Generator<bigint> {
  const m = width === 32 ? 23 : 52;
  const bias = width === 32 ? 127 : 1023;
  for (const zeros of [m, m + 1]) {
    for (let j = -200n; j <= 200n; j += 2n) {
      for (const parity of [0n, 1n]) {
        let k = parity;
        for (let bit = 1; bit < zeros; bit++) {
          const residue = BigInt.asUintN(bit + 1, k * k + k + j);
          if (residue !== 0n) k |= 1n << BigInt(bit);
        }
        k |= 1n << BigInt(m);
        const significand = (k * k + k + j) >> BigInt(zeros);
        // Only one of the two `zeros` gives a full significand.
        if (significand >> BigInt(m) !== 1n) continue;
        // 2^(2m) is even in exponent, so the radicand's own exponent has the parity of `zeros` and m.
        const exponent = BigInt(bias + m + zeros);
        yield (exponent << BigInt(m)) | BigInt.asUintN(m, significand);
      }
    }
  }
}

function generateDense(): void {
  for (const [name, names] of Object.entries(CLASSES)) {
    const random = generator(SEED + name.length);
    for (const instruction of names) {
      const row = OPCODES.find(({ code }) => code === opcode(instruction)) as Opcode;
      const [native] = compile([{ row }]) as [Native];
      for (let i = 0; i < DENSE; i++) {
        const x = operand(row.operands[0] as ValueType, random);
        const y = row.operands[1] ? operand(row.operands[1], random, x) : bits(random, 64);
        add(row, native, [x, y, 0n]);
      }
      if (name === 'sqrt') {
        for (const x of nearMiddleSquares(WIDTH[row.operands[0] as 'f32'])) {
          add(row, native, [x, 0n, 0n]);
        }
      }
    }
    flush(`alu-${name}`);
  }
}

mkdirSync(OUT, { recursive: true });
generateAll();
generateDense();

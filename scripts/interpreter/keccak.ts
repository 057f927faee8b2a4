/** The hashing of leaves and nodes, two or three at a time: keccak-f[1600] unrolled over its 25 lanes (FIPS 202). */

/** Rotations of keccak's rho, by lane x + 5 y; FIPS 202, table 2. */
function rotations(): number[] {
  const all = new Array<number>(25).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    all[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return all;
}

/** Round constants of keccak's iota; FIPS 202, algorithm 5. */
function roundConstants(): bigint[] {
  let state = 1;
  const bit = (): number => {
    const out = state & 1;
    state = (state << 1) ^ (state & 0x80 ? 0x171 : 0);
    return out;
  };
  return Array.from({ length: 24 }, () => {
    let constant = 0n;
    for (let j = 0; j <= 6; j++) if (bit()) constant |= 1n << (2n ** BigInt(j) - 1n);
    return constant;
  });
}

const RHO = rotations();
const LANES = Array.from({ length: 25 }, (_, i) => i);
const FIVE = [0, 1, 2, 3, 4];
/** Where rho and pi put a lane. */
const target = (i: number): number => {
  const [x, y] = [i % 5, Math.floor(i / 5)];
  return y + 5 * ((2 * x + 3 * y) % 5);
};

/** How one state, or two side by side, is computed with. */
interface Arithmetic {
  /** Prefix of its variables. */
  readonly name: string;
  readonly type: 'u64' | 'v128';
  xor(...terms: string[]): string;
  rotl(x: string, by: number): string;
  /** ~x & y */
  andnot(x: string, y: string): string;
  constant(round: string): string;
}

const SCALAR: Arithmetic = {
  name: 's',
  type: 'u64',
  xor: (...terms) => terms.join(' ^ '),
  rotl: (x, by) => (by === 0 ? x : `rotl<u64>(${x}, ${by})`),
  andnot: (x, y) => `(~${x} & ${y})`,
  constant: (round) => `load<u64>(CONSTANTS + ${round})`,
};

const PAIR: Arithmetic = {
  name: 'p',
  type: 'v128',
  xor: (first = '', ...rest) => rest.reduce((sum, term) => `v128.xor(${sum}, ${term})`, first),
  rotl: (x, by) => {
    if (by === 0) return x;
    if (by % 8 === 0) {
      const bytes = Array.from({ length: 16 }, (_, i) => (i & 8) | ((i - by / 8 + 8) & 7));
      return `i8x16.shuffle(${x}, ${x}, ${bytes.join(', ')})`;
    }
    return `v128.or(i64x2.shl(${x}, ${by}), i64x2.shr_u(${x}, ${64 - by}))`;
  },
  andnot: (x, y) => `v128.andnot(${y}, ${x})`,
  constant: (round) => `v128.load64_splat(CONSTANTS + ${round})`,
};

/** One round; `only`: the lanes wanted of it. */
function round(a: Arithmetic, constant: string, only: readonly number[] = LANES): string[] {
  const { name, type } = a;
  const v = (letter: string, i: number): string => `${name}${letter}${i}`;
  const row = (i: number): number => 5 * Math.floor(i / 5);
  const needed = new Set(only.flatMap((i) => [0, 1, 2].map((k) => row(i) + ((i + k) % 5))));
  return [
    ...FIVE.map((x) => {
      const column = [0, 5, 10, 15, 20].map((y) => v('a', x + y));
      return `const ${v('c', x)}: ${type} = ${a.xor(...column)};`;
    }),
    ...FIVE.map((x) => {
      const turned = a.rotl(v('c', (x + 1) % 5), 1);
      return `const ${v('d', x)}: ${type} = ${a.xor(v('c', (x + 4) % 5), turned)};`;
    }),
    ...LANES.filter((i) => needed.has(target(i))).map((i) => {
      const mixed = `const ${v('m', i)}: ${type} = ${a.xor(v('a', i), v('d', i % 5))};`;
      return `${mixed} const ${v('b', target(i))}: ${type} = ${a.rotl(v('m', i), RHO[i] as number)};`;
    }),
    ...only.map((i) => {
      const mixed = a.xor(
        v('b', i),
        a.andnot(v('b', row(i) + ((i + 1) % 5)), v('b', row(i) + ((i + 2) % 5))),
      );
      return `${v('a', i)} = ${i === 0 ? a.xor(mixed, constant) : mixed};`;
    }),
  ];
}

/** Lanes of a message of one block, and keccak's padding of it: the bit behind it and the last one of the rate. */
function absorb(a: Arithmetic, lanes: number, load: (i: number) => string): string[] {
  const number = (value: string): string =>
    a.type === 'u64' ? `<u64>${value}` : `i64x2.splat(${value})`;
  return LANES.map((i) => {
    const start = i < lanes ? load(i) : number('0');
    const marks = [...(i === lanes ? ['1'] : []), ...(i === 16 ? ['0x8000000000000000'] : [])];
    const value = marks.length > 0 ? number(marks.join(' | ')) : start;
    return `let ${a.name}a${i}: ${a.type} = ${value};`;
  });
}

const pairLoad = (i: number): string =>
  `v128.load64_lane(second + ${8 * i}, v128.load64_zero(first + ${8 * i}), 1)`;
const DIGEST = [0, 1, 2, 3];

/** A function that hashes several messages of `lanes` times 8 bytes at once. */
function hash(name: string, lanes: number, messages: 2 | 3): string {
  const [who, third] = messages === 3 ? ['three', true] : ['two', false];
  const lines = (a: Arithmetic, constant: string, only?: readonly number[]): string[] =>
    round(a, constant, only);
  const both = (constant: string, only?: readonly number[]): string =>
    [
      ...lines(PAIR, PAIR.constant(constant), only),
      ...(third ? lines(SCALAR, SCALAR.constant(constant), only) : []),
    ].join('\n    ');
  const parameters = ['first', 'second', ...(third ? ['third'] : [])];
  return `
/** keccak256 of ${8 * lanes} bytes at each of ${who} addresses; each digest goes to the address that belongs to it. */
export function ${name}(${parameters.map((p) => `${p}: usize`).join(', ')}, ${parameters.map((p) => `${p}To: usize`).join(', ')}): void {
  ${absorb(PAIR, lanes, pairLoad).join('\n  ')}
  ${third ? absorb(SCALAR, lanes, (i) => `load<u64>(third, ${8 * i})`).join('\n  ') : ''}
  for (let round: usize = 0; round < 184; round += 8) {
    ${both('round')}
  }
  ${both('184', DIGEST)}
  ${DIGEST.map((i) => `v128.store64_lane(firstTo + ${8 * i}, pa${i}, 0); v128.store64_lane(secondTo + ${8 * i}, pa${i}, 1);`).join('\n  ')}
  ${third ? DIGEST.map((i) => `store<u64>(thirdTo, sa${i}, ${8 * i});`).join('\n  ') : ''}
}
`;
}

/** keccak-f on a state in memory: for messages of any length. */
function permute(): string {
  return `
/** keccak-f[1600] on the 200 bytes at \`at\`. */
export function permute(at: usize): void {
  ${LANES.map((i) => `let sa${i} = load<u64>(at, ${8 * i});`).join('\n  ')}
  for (let round: usize = 0; round < 192; round += 8) {
    ${round(SCALAR, SCALAR.constant('round')).join('\n    ')}
  }
  ${LANES.map((i) => `store<u64>(at, sa${i}, ${8 * i});`).join('\n  ')}
}
`;
}

/** Text of vm/assembly/generated/keccak.ts, without its head. */
export function keccak(): string {
  return `
/** Round constants, 24 x u64. */
const CONSTANTS: usize = memory.data<u64>([
${roundConstants()
  .map((constant) => `  0x${constant.toString(16).padStart(16, '0')},`)
  .join('\n')}
]);
${permute()}${hash('leafHash2', 16, 2)}${hash('nodeHash2', 8, 2)}${hash('leafHash3', 16, 3)}${hash('nodeHash3', 8, 3)}`;
}

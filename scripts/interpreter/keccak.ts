/** The permutation of keccak, unrolled over its 25 lanes. */
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

/** Text of vm/assembly/generated/keccak.ts, without its head. */
export function keccak(): string {
  const lanes = Array.from({ length: 25 }, (_, i) => i);
  const rho = rotations();
  const five = [0, 1, 2, 3, 4];
  const moved = lanes.map((i) => {
    const [x, y] = [i % 5, Math.floor(i / 5)];
    const target = y + 5 * ((2 * x + 3 * y) % 5);
    const mixed = `a${i} ^ d${x}`;
    return `    const b${target} = ${rho[i] ? `rotl<u64>(${mixed}, ${rho[i]})` : mixed};`;
  });
  const chi = lanes.map((i) => {
    const row = 5 * Math.floor(i / 5);
    return `    a${i} = b${i} ^ (~b${row + ((i + 1) % 5)} & b${row + ((i + 2) % 5)});`;
  });
  return `
/** Round constants, 24 x u64. */
const CONSTANTS: usize = memory.data<u64>([
${roundConstants()
  .map((constant) => `  0x${constant.toString(16).padStart(16, '0')},`)
  .join('\n')}
]);

/** keccak-f[1600] on the 200 bytes at \`at\`. */
export function permute(at: usize): void {
${lanes.map((i) => `  let a${i} = load<u64>(at, ${8 * i});`).join('\n')}
  for (let round: usize = 0; round < 192; round += 8) {
${five.map((x) => `    const c${x} = ${[0, 5, 10, 15, 20].map((y) => `a${x + y}`).join(' ^ ')};`).join('\n')}
${five.map((x) => `    const d${x} = c${(x + 4) % 5} ^ rotl<u64>(c${(x + 1) % 5}, 1);`).join('\n')}
${moved.join('\n')}
${chi.join('\n')}
    a0 ^= load<u64>(CONSTANTS + round);
  }
${lanes.map((i) => `  store<u64>(at, a${i}, ${8 * i});`).join('\n')}
}
`;
}

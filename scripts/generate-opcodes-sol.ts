/**
 * Writes what the arbiter knows of the machine in tabular form: its decode table (from vm/opcodes.ts) and the hashes
 * of the zero subtrees.
 *
 *   node scripts/run.mjs scripts/generate-opcodes-sol.ts [--check]
 *
 * With `--check` nothing is written; the exit status is 1 if a file isn't what would be written.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keccak256, node, toHash } from '../models/hash.ts';
import { LEAF_BYTES, MEMORY_DEPTH } from '../vm/constants.ts';
import { type Form, OPCODES, type Opcode, SIMD } from '../vm/opcodes.ts';

/** Highest zero subtree anyone needs: 2^24 tensors of height 21. */
const ZERO_HEIGHT = 45;

/**
 * The slots that each form names: a, b, c, d of the frame; `global` the global lo; `link` slot fp + a + c;
 * `pair` the form has a second word; `memory` it accesses memory at u32(b) + lo. A form's number is its place here.
 */
const FORMS: Record<Form, string> = {
  trap: '',
  nop: '',
  jump: '',
  brIf: 'b',
  brUnless: 'b',
  brTable: 'b',
  cmpBranch: 'b c',
  cmpBranchImm: 'b',
  call: 'link',
  callIndirect: 'b link',
  return: 'c',
  halt: '',
  copy: 'a b',
  select: 'a b c d',
  const: 'a',
  const128: 'a pair',
  globalGet: 'a global',
  globalSet: 'b global',
  memorySize: 'a',
  memoryGrow: 'a b',
  load: 'a b memory',
  store: 'b c memory',
  loadLane: 'a b memory',
  storeLane: 'b c memory',
  unary: 'a b',
  binary: 'a b c',
  binaryImm: 'a b',
  ternary: 'a b c d',
  extractLane: 'a b',
  replaceLane: 'a b c',
  shuffle: 'a b c pair',
};
const USES = ['a', 'b', 'c', 'd', 'global', 'link', 'pair', 'memory'];
const CLASSES = ['none', '32', '64', 'v128'];
const UNITS = ['none', 'scalar', 'vectorInteger', 'vectorFloat'];
const EXTENSIONS = ['zero', 'sign', 'splat', 'lanesUnsigned', 'lanesSigned'];

/** Fields of a row, lowest bit first. */
const FIELDS = [
  ['form', 5, 'number of the form'],
  ['class', 2, `result: ${CLASSES.map((name, i) => `${i} ${name}`).join(', ')}`],
  ['unit', 2, `who computes: ${UNITS.map((name, i) => `${i} ${name}`).join(', ')}`],
  ['width', 5, 'bytes of the memory access'],
  ['extension', 3, `of a load: ${EXTENSIONS.map((name, i) => `${i} ${name}`).join(', ')}`],
  ['lanes', 5, 'lanes of a vector access'],
  ['base', 10, 'opcode the unit runs'],
] as const;
type FieldName = (typeof FIELDS)[number][0];

const formNames = Object.keys(FORMS) as Form[];
const constantName = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
const hex = (value: bigint, digits: number): string =>
  `0x${value.toString(16).padStart(digits, '0')}`;

/** Code of the instruction that a variant (`.imm`, `br.`) runs, or its own. */
const base = (row: Opcode): number =>
  row.code < SIMD || row.code >= 2 * SIMD ? row.code & 0xff : row.code;

function unit(row: Opcode): string {
  switch (row.form) {
    case 'extractLane':
    case 'replaceLane':
    case 'shuffle':
    case 'ternary':
      return 'vectorInteger';
    case 'unary':
    case 'binary':
    case 'binaryImm':
    case 'cmpBranch':
    case 'cmpBranchImm':
      if (base(row) < SIMD) return 'scalar';
      // A splat moves bits; every other vector instruction that names a float type computes with floats.
      return /f32x4|f64x2/.test(row.name) && !row.name.endsWith('.splat')
        ? 'vectorFloat'
        : 'vectorInteger';
    default:
      return 'none';
  }
}

/** How a load's bytes become its result, and the lanes of a vector access. */
function access(row: Opcode): { extension: string; lanes: number } {
  if (row.lanes && row.width) return { extension: 'zero', lanes: row.lanes };
  if (row.form !== 'load') return { extension: 'zero', lanes: 0 };
  const extend = /load\d+x(\d)_([su])$/.exec(row.name);
  if (extend) {
    return {
      extension: extend[2] === 's' ? 'lanesSigned' : 'lanesUnsigned',
      lanes: Number(extend[1]),
    };
  }
  if (row.name.endsWith('_splat')) return { extension: 'splat', lanes: 16 / row.width! };
  return { extension: row.name.endsWith('_s') ? 'sign' : 'zero', lanes: 0 };
}

function packRow(row: Opcode): bigint {
  const { extension, lanes } = access(row);
  const resultClass = row.result === 'v128' ? 'v128' : row.result?.slice(1);
  const by = unit(row);
  const values: Record<FieldName, number> = {
    form: formNames.indexOf(row.form),
    class: CLASSES.indexOf(resultClass ?? 'none'),
    unit: UNITS.indexOf(by),
    width: row.width ?? 0,
    extension: EXTENSIONS.indexOf(extension),
    lanes,
    base: by === 'none' ? 0 : base(row),
  };
  let packed = 0n;
  let shift = 0n;
  for (const [name, bits] of FIELDS) {
    const value = values[name];
    if (value < 0 || value >= 1 << bits) {
      throw new RangeError(
        `${row.name}: ${name} = ${value} doesn't fit ${bits} bits; widen the field`,
      );
    }
    packed |= BigInt(value) << shift;
    shift += BigInt(bits);
  }
  if (shift > 32n) throw new RangeError(`a row has ${shift} bits, more than 32`);
  return packed;
}

const wordName = (index: number): string =>
  `WORD_${index.toString(16).padStart(2, '0').toUpperCase()}`;

/** The words of eight rows, as a tree of comparisons: a lookup costs what the depth of the tree does. */
function lookup(words: readonly (readonly [number, bigint])[], indent: string): string {
  const [first] = words;
  if (!first) throw new Error('the opcode table is empty');
  if (words.length === 1) {
    const [index] = first;
    return `${indent}if (word == ${hex(BigInt(index), 2)}) packed = ${wordName(index)};\n`;
  }
  const middle = words.length >> 1;
  const bound = hex(BigInt(words[middle]![0]), 2);
  const deeper = `${indent}    `;
  return (
    `${indent}if (word < ${bound}) {\n${lookup(words.slice(0, middle), deeper)}` +
    `${indent}} else {\n${lookup(words.slice(middle), deeper)}${indent}}\n`
  );
}

function opcodes(): string {
  const words = new Map<number, bigint>();
  for (const row of OPCODES) {
    const index = row.code >> 3;
    words.set(index, (words.get(index) ?? 0n) | (packRow(row) << BigInt((row.code & 7) * 32)));
  }
  const sorted = [...words].filter(([, word]) => word !== 0n).sort(([x], [y]) => x - y);
  const uses = formNames.reduce((packed, form, i) => {
    const mask = FORMS[form]
      .split(' ')
      .filter(Boolean)
      .reduce((bits, use) => bits | (1 << USES.indexOf(use)), 0);
    return packed | (BigInt(mask) << BigInt(8 * i));
  }, 0n);
  let shift = 0;
  const fields = FIELDS.map(([name, bits, meaning]) => {
    const line = `    /// @dev Field of a row, ${bits} bits: ${meaning}.\n    uint256 internal constant ${constantName(name)}_SHIFT = ${shift};\n`;
    shift += bits;
    return line;
  }).join('');
  const constants = (
    prefix: string,
    names: readonly string[],
    value: (i: number) => number,
  ): string =>
    names
      .map(
        (name, i) =>
          `    uint256 internal constant ${prefix}_${constantName(name)} = ${value(i)};\n`,
      )
      .join('');
  return `// SPDX-License-Identifier: MIT
// Generated by scripts/generate-opcodes-sol.ts from vm/opcodes.ts; not to be edited.
pragma solidity ^0.8.28;

/// @title The decode table of the machine
/// @dev A row is 32 bits; 0 is an opcode that isn't in the table, and opcode 0.
library Opcodes {
${fields}    /// @dev The form of a row, which is its lowest field.
    uint256 internal constant FORM_MASK = ${(1 << FIELDS[0][1]) - 1};

${constants('FORM', formNames, (i) => i)}
${constants('CLASS', CLASSES, (i) => i)}
${constants('UNIT', UNITS, (i) => i)}
${constants('EXTENSION', EXTENSIONS, (i) => i)}
    /// @dev Bits of a form's uses: the slots it names, whether it has a second word, whether it accesses memory.
${constants('USES', USES, (i) => 1 << i)}    /// @dev Uses that are slots.
    uint256 internal constant USES_SLOTS = ${(1 << USES.indexOf('pair')) - 1};

    /// @dev Uses of every form, one byte each, form 0 in the lowest.
    uint256 internal constant USES = ${hex(uses, 64)};

    // Eight rows each, row 8n in the lowest bits of word n.
${sorted.map(([index, word]) => `    uint256 private constant ${wordName(index)} = ${hex(word, 64)};\n`).join('')}
    /// @dev The row of \`opcode\`; 0 if it isn't in the table.
    function row(uint256 opcode) internal pure returns (uint256) {
        uint256 word = opcode >> 3;
        uint256 packed;
${lookup(sorted, '        ')}        return (packed >> ((opcode & 7) << 5)) & 0xffffffff;
    }
}
`;
}

function zeros(): string {
  const hashes = [keccak256(new Uint8Array(LEAF_BYTES))];
  while (hashes.length <= ZERO_HEIGHT) hashes.push(node(hashes.at(-1)!, hashes.at(-1)!));
  const constants = hashes
    .map((hash, i) => `bytes32 constant ZERO_${i} = ${toHash(hash)};\n`)
    .join('');
  const table = (name: string, doc: string, count: number): string => {
    const stores = hashes
      .slice(0, count)
      .map(
        (_, i) => `            mstore(${i === 0 ? 'start' : `add(start, ${i * 32})`}, ZERO_${i})\n`,
      )
      .join('');
    return `    /// @dev ${doc}
    function ${name}() internal pure returns (uint256 start) {
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(0x40, add(start, ${count * 32}))
${stores}        }
    }
`;
  };
  return `// SPDX-License-Identifier: MIT
// Generated by scripts/generate-opcodes-sol.ts; not to be edited.
pragma solidity ^0.8.28;

// Roots of trees of the given height whose leaves are 128 zero bytes.
${constants}
/// @title Hashes of zero subtrees
library Zero {
    /// @dev The greatest height there is a hash for.
    uint256 internal constant MAX_HEIGHT = ${ZERO_HEIGHT};

${table('table', `Memory address of the hashes of heights 0 to ${ZERO_HEIGHT}, 32 bytes each. Every call writes a new table.`, hashes.length)}
${table('machineTable', "The same for the heights of siblings in the machine's trees, the deepest of which is memory.", MEMORY_DEPTH)}}
`;
}

const root = join(import.meta.dirname, '..');
const files: Record<string, string> = {
  'contracts/src/arbiter/generated/Opcodes.sol': opcodes(),
  'contracts/src/arbiter/Zero.sol': zeros(),
};
const check = process.argv.includes('--check');
for (const [path, content] of Object.entries(files)) {
  const absolute = join(root, path);
  if (!check) {
    writeFileSync(absolute, content);
    console.log(path);
  } else if (!existsSync(absolute) || readFileSync(absolute, 'utf8') !== content) {
    console.error(`${path} is stale: run node scripts/run.mjs scripts/generate-opcodes-sol.ts`);
    process.exitCode = 1;
  }
}

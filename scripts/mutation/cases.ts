/** Writes what the runs read: vectors of the arithmetic units, steps, calls of tests. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './ast.ts';
import type { TestContract } from './project.ts';

const VECTORS = join(root, 'build/vectors');
const VECTOR_BYTES = 67;
/** Changed witnesses of one step. */
const CORRUPTIONS = 24;
/** Steps of an opcode of which changed witnesses are made, and of all together. */
const CORRUPTED = 80;
/** Calls of a test that takes values. */
const FUZZ_CALLS = 2;

export type Random = () => number;

export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random() % (i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}

const outputIn = (folder: string, name: string, content: Buffer): void => {
  mkdirSync(join(folder, 'run'), { recursive: true });
  writeFileSync(join(folder, 'run', name), content);
};

const number = (value: number, width: number): Buffer => {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
};

export interface Vectors {
  readonly count: number;
  /** Opcode of each group of the plan. */
  readonly opcodes: readonly number[];
  describe(i: number): string;
}

/** All vectors, those of one opcode together and shuffled. */
export function writeVectors(
  folder: string,
  random: Random,
  used: (name: string) => boolean,
): Vectors {
  const byOpcode = new Map<number, Buffer[]>();
  for (const name of readdirSync(VECTORS).sort()) {
    if (!/^alu.*\.bin$/.test(name) || !used(name)) continue;
    const all = readFileSync(join(VECTORS, name));
    for (let at = 0; at < all.length; at += VECTOR_BYTES) {
      const vector = all.subarray(at, at + VECTOR_BYTES);
      const opcode = vector.readUInt16BE(64);
      const group = byOpcode.get(opcode);
      if (group) group.push(vector);
      else byOpcode.set(opcode, [vector]);
    }
  }
  const groups: Buffer[] = [];
  const vectors: Buffer[] = [];
  const opcodes = [...byOpcode.keys()].sort((x, y) => x - y);
  for (const opcode of opcodes) {
    const group = shuffle(byOpcode.get(opcode) as Buffer[], random);
    groups.push(number(opcode, 2), number(vectors.length, 4), number(group.length, 4));
    vectors.push(...group);
  }
  outputIn(folder, 'groups.bin', Buffer.concat(groups));
  outputIn(folder, 'vectors.bin', Buffer.concat(vectors));
  return {
    count: vectors.length,
    opcodes,
    describe: (i) => {
      const v = vectors[i] as Buffer;
      const hex = (at: number): string => `0x${v.toString('hex', at, at + 16).replace(/^0+/, '')}`;
      return `opcode 0x${v.toString('hex', 64, 66)} of ${hex(0)}, ${hex(16)}, ${hex(32)}`;
    },
  };
}

interface Step {
  readonly name: string;
  readonly refused: boolean;
  readonly position: bigint;
  /** Code root, previous, next. */
  readonly hashes: Buffer;
  readonly witness: Buffer;
}

export interface Steps {
  readonly names: readonly string[];
  /** How many of them are as the vectors have them; the others are changed ones. */
  readonly original: number;
  /** Changed ones of a step. */
  readonly changedOf: ReadonlyMap<number, readonly number[]>;
}

/** The steps of ArbiterVectors.t.sol and KillBoundarySteps.t.sol, then changed witnesses, which have to be refused. */
export function writeSteps(folder: string, random: Random, used: (name: string) => boolean): Steps {
  const names = readdirSync(VECTORS).filter((name) => name.endsWith('steps.bin') && used(name));
  const all = Buffer.concat(names.sort().map((name) => readFileSync(join(VECTORS, name))));
  const steps: Step[] = [];
  for (let at = 0; at < all.length; ) {
    const length = all.readUInt16BE(at);
    const name = all.toString('utf8', at + 2, at + 2 + length);
    at += 2 + length;
    const size = all.readUInt16BE(at + 106);
    steps.push({
      name,
      refused: false,
      position: all.readBigUInt64BE(at + 2),
      hashes: all.subarray(at + 10, at + 106),
      witness: all.subarray(at + 108, at + 108 + size),
    });
    at += 108 + size;
  }
  const changed: Step[] = [];
  const changedOf = new Map<number, number[]>();
  for (const i of shuffle([...steps.keys()], random).slice(0, CORRUPTED)) {
    const own = corrupted(steps[i] as Step, random);
    changedOf.set(
      i,
      own.map((_, k) => steps.length + changed.length + k),
    );
    changed.push(...own);
  }
  const records: Buffer[] = [];
  const starts: Buffer[] = [];
  let start = 0;
  for (const step of [...steps, ...changed]) {
    const head = Buffer.alloc(9);
    head.writeUInt8(step.refused ? 1 : 0, 0);
    head.writeBigUInt64BE(step.position, 1);
    const record = Buffer.concat([head, step.hashes, number(step.witness.length, 2), step.witness]);
    starts.push(number(start, 4));
    start += record.length;
    records.push(record);
  }
  outputIn(folder, 'steps.bin', Buffer.concat(records));
  outputIn(folder, 'starts.bin', Buffer.concat(starts));
  const allNames = [...steps, ...changed].map(({ name }) => name);
  return { names: allNames, original: steps.length, changedOf };
}

function corrupted(step: Step, random: Random): Step[] {
  const change = (name: string, witness: Buffer): Step => ({
    ...step,
    name: `${step.name}, ${name}`,
    refused: true,
    witness,
  });
  const { witness } = step;
  const found = [
    change('a byte more', Buffer.concat([witness, Buffer.alloc(1)])),
    change('a byte less', witness.subarray(0, -1)),
    change('32 bytes less', witness.subarray(0, Math.max(0, witness.length - 32))),
  ];
  while (found.length < CORRUPTIONS) {
    const place = random() % witness.length;
    const other = Buffer.from(witness);
    other.writeUInt8((witness[place] as number) ^ (1 << (random() % 8)), place);
    found.push(change(`byte ${place} changed`, other));
  }
  return found;
}

export interface TestCall {
  readonly contract: TestContract;
  readonly name: string;
}

/** Calls of all test functions; those that take numbers are called with a few random ones. */
export function writeCalls(
  folder: string,
  tests: readonly TestContract[],
  selector: (signature: string) => Buffer,
  random: Random,
): TestCall[] {
  const names = tests.map(({ file, name }) => `${file.slice(file.lastIndexOf('/') + 1)}:${name}`);
  outputIn(
    folder,
    'contracts.bin',
    Buffer.concat(names.flatMap((name) => [number(name.length, 1), Buffer.from(name)])),
  );
  const calls: TestCall[] = [];
  const records: Buffer[] = [];
  tests.forEach((contract, i) => {
    for (const { name, parameters } of contract.functions) {
      const widths = parameters.map((type) => /^uint(\d+)$/.exec(type)?.[1]);
      if (widths.some((width) => width === undefined)) continue;
      for (let k = 0; k < (parameters.length > 0 ? FUZZ_CALLS : 1); k++) {
        const values = widths.map((width) => {
          const word = Buffer.alloc(32);
          for (let at = 32 - Number(width) / 8; at < 32; at++) word.writeUInt8(random() & 0xff, at);
          return word;
        });
        const data = Buffer.concat([selector(`${name}(${parameters.join()})`), ...values]);
        records.push(number(i, 2), number(data.length, 2), data);
        calls.push({ contract, name });
      }
    }
  });
  outputIn(folder, 'calls.bin', Buffer.concat(records));
  return calls;
}

/** A plan: the number of vectors, then each mutant's id and cases. */
export function plan(
  budget: number,
  entries: readonly { readonly id: number; readonly cases: readonly number[] }[],
): Buffer {
  const numbers = [budget, ...entries.flatMap(({ id, cases }) => [id, cases.length, ...cases])];
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((value, i) => {
    bytes.writeUInt32BE(value, 4 * i);
  });
  return bytes;
}

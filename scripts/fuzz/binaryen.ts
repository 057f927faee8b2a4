/** Modules of binaryen's fuzz mode: `wasm-opt --translate-to-fuzz` turns random bytes into a valid module. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { OP } from '../../vm/wasm/instructions.ts';
import { Reader } from '../../vm/wasm/reader.ts';
import { u32 } from './encode.ts';
import type { Random } from './random.ts';

const run = promisify(execFile);
const FEATURES = ['simd', 'multivalue', 'sign-ext', 'nontrapping-float-to-int', 'mutable-globals'];
const PLACE = 'build/fuzz';

/** Path of wasm-opt, which comes with AssemblyScript. */
export function findWasmOpt(): string {
  const require = createRequire(import.meta.url);
  const inside = createRequire(require.resolve('assemblyscript/package.json'));
  return join(dirname(inside.resolve('binaryen')), 'bin', 'wasm-opt');
}

/** A module for random bytes; its imports have become functions that do nothing. */
export async function binaryenModule(random: Random, bulk: boolean): Promise<Uint8Array> {
  mkdirSync(PLACE, { recursive: true });
  const input = join(PLACE, `${process.pid}.random`);
  const output = join(PLACE, `${process.pid}.wasm`);
  const size = 500 + random.below(8000);
  writeFileSync(
    input,
    Uint8Array.from({ length: size }, () => random.below(256)),
  );
  const features = [...FEATURES, ...(bulk ? ['bulk-memory-opt'] : [])].map(
    (name) => `--enable-${name}`,
  );
  const options = [
    ...(random.chance(40) ? ['--fuzz-passes'] : []),
    ...(random.chance(60) ? ['--no-fuzz-oob'] : []),
  ];
  try {
    await run(process.execPath, [
      findWasmOpt(),
      '-ttf',
      '--mvp-features',
      ...features,
      ...options,
      input,
      '-o',
      output,
    ]);
    return withoutImports(new Uint8Array(readFileSync(output)));
  } finally {
    rmSync(input, { force: true });
    rmSync(output, { force: true });
  }
}

interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

/** Turns imported functions into the module's own first ones, so that every index stays: they return zeros. */
export function withoutImports(bytes: Uint8Array): Uint8Array {
  const reader = new Reader(bytes, 8);
  const sections: Section[] = [];
  while (!reader.done) {
    const id = reader.u8();
    sections.push({ id, content: reader.take(reader.u32(), 'section').slice() });
  }
  const find = (id: number): Reader | undefined => {
    const found = sections.find((section) => section.id === id);
    return found && new Reader(found.content);
  };
  const imports = find(2);
  if (!imports) return bytes;
  const types = readTypes(find(1));
  const imported: number[] = [];
  for (let left = imports.u32(); left > 0; left--) {
    imports.text('module');
    imports.text('name');
    const kind = imports.u8();
    if (kind !== 0)
      throw new Error(`binaryen's module imports something of kind ${kind}, not a function`);
    imported.push(imports.u32());
  }
  const before = (id: number, items: readonly (readonly number[])[]): void => {
    const at = sections.findIndex((section) => section.id === id);
    const old = at < 0 ? undefined : new Reader((sections[at] as Section).content);
    const out: number[] = [];
    u32(out, items.length + (old?.u32() ?? 0));
    for (const item of items) for (const byte of item) out.push(byte);
    if (old) for (const byte of old.bytes.subarray(old.offset)) out.push(byte);
    const section = { id, content: Uint8Array.from(out) };
    if (at >= 0) sections[at] = section;
    else sections.splice(sections.findLastIndex((s) => s.id < id && s.id > 0) + 1, 0, section);
  };
  before(
    3,
    imported.map((type) => number(type)),
  );
  before(
    10,
    imported.map((type) => {
      const body = [0, ...(types[type] ?? []).flatMap((result) => ZERO[result] ?? []), OP.end];
      return [...number(body.length), ...body];
    }),
  );
  const out = [...bytes.subarray(0, 8)];
  for (const { id, content } of sections) {
    if (id === 2) continue;
    out.push(id, ...number(content.length));
    for (const byte of content) out.push(byte);
  }
  return Uint8Array.from(out);
}

const number = (value: number): number[] => {
  const out: number[] = [];
  u32(out, value);
  return out;
};

const ZERO: Readonly<Record<number, readonly number[]>> = {
  127: [OP.i32Const, 0],
  126: [OP.i64Const, 0],
  125: [OP.f32Const, 0, 0, 0, 0],
  124: [OP.f64Const, 0, 0, 0, 0, 0, 0, 0, 0],
  123: [0xfd, 12, ...new Array<number>(16).fill(0)],
};

/** Result types of each function type, as their bytes. */
function readTypes(reader: Reader | undefined): number[][] {
  if (!reader) return [];
  return Array.from({ length: reader.u32() }, () => {
    reader.u8();
    reader.take(reader.u32(), 'parameters');
    return [...reader.take(reader.u32(), 'results')];
  });
}

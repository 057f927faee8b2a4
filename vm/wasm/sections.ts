/** Sections of a module, in one pass: every body is decoded and validated as it is met. */
import { MAX_PAGES } from '../constants.ts';
import type { ValueType } from '../opcodes.ts';
import type { FunctionType, WasmFunction, WasmModule } from '../types.ts';
import { readBounds, readElementFlags } from './bounds.ts';
import { readConstantExpression } from './constant-expressions.ts';
import { WasmError } from './errors.ts';
import { type DecodeContext, readInstructions, readValueType, typeAt } from './instructions.ts';
import { checkLimit, type LIMITS } from './limits.ts';
import { quote, readFunctionNames } from './names.ts';
import { Reader } from './reader.ts';
import { validateBody } from './validate.ts';

export interface DataSegment {
  /** In the module, for messages. */
  readonly offset: number;
  /** Address of the first byte; undefined: the segment is passive. */
  readonly start: number | undefined;
  readonly bytes: Uint8Array;
}

/** A valid module, its data segments not yet applied. */
export interface Sections {
  readonly types: readonly FunctionType[];
  readonly functions: readonly WasmFunction[];
  readonly table: WasmModule['table'];
  readonly memory?: NonNullable<WasmModule['memory']>;
  readonly globals: WasmModule['globals'];
  readonly exports: WasmModule['exports'];
  readonly globalExports: WasmModule['globalExports'];
  readonly start?: number;
  readonly data: readonly DataSegment[];
}

/** Section ids in the order in which they must come; custom sections (0) may stand anywhere. */
const ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
const NAMES: Readonly<Record<number, string>> = {
  1: 'type',
  2: 'import',
  3: 'function',
  4: 'table',
  5: 'memory',
  6: 'global',
  7: 'export',
  8: 'start',
  9: 'element',
  10: 'code',
  11: 'data',
  12: 'data count',
  13: 'tag',
};

const hex = (n: number): string => `0x${n.toString(16)}`;

interface Body {
  readonly locals: readonly ValueType[];
  readonly body: WasmFunction['body'];
}

class SectionReader {
  types: FunctionType[] = [];
  /** Type index of each function. */
  declared: number[] = [];
  signatures: FunctionType[] = [];
  bodies: Body[] = [];
  table: (number | undefined)[] | undefined;
  memory: NonNullable<WasmModule['memory']> | undefined;
  globals: { type: ValueType; mutable: boolean; init: Uint8Array }[] = [];
  exports: { name: string; functionIndex: number }[] = [];
  globalExports: { name: string; globalIndex: number }[] = [];
  start: number | undefined;
  data: DataSegment[] = [];
  dataCount: number | undefined;
  names: ReadonlyMap<number, string> = new Map();
  totalLocals = 0;

  read(id: number, reader: Reader): void {
    switch (id) {
      case 1:
        this.#types(reader);
        return;
      case 2:
        this.#imports(reader);
        return;
      case 3:
        this.#functions(reader);
        return;
      case 4:
        this.#tables(reader);
        return;
      case 5:
        this.#memories(reader);
        return;
      case 6:
        this.#globals(reader);
        return;
      case 7:
        this.#exports(reader);
        return;
      case 8:
        this.#start(reader);
        return;
      case 9:
        this.#elements(reader);
        return;
      case 10:
        this.#code(reader);
        return;
      case 11:
        this.#data(reader);
        return;
      case 12:
        this.dataCount = reader.u32();
        return;
      default:
        throw new WasmError(
          'unsupported-exceptions',
          reader.offset,
          'the module has a tag section: compile without exceptions',
        );
    }
  }

  #types(reader: Reader): void {
    const count = this.#count(reader, 'types', 'types');
    for (let i = 0; i < count; i++) {
      const offset = reader.offset;
      const form = reader.u8();
      if (form >= 0x4d && form <= 0x5f) {
        throw new WasmError(
          'unsupported-gc',
          offset,
          `type ${i} has form ${hex(form)} (struct, array, subtype or recursive): only function types (0x60) are taken`,
        );
      }
      if (form !== 0x60) {
        throw new WasmError('malformed', offset, `type ${i} has form ${hex(form)}, not 0x60`);
      }
      const params = this.#valueTypes(reader, 'parameters');
      const results = this.#valueTypes(reader, 'results');
      this.types.push({ params, results });
    }
  }

  #valueTypes(reader: Reader, what: string): ValueType[] {
    const offset = reader.offset;
    const count = reader.u32();
    checkLimit('arity', count, offset, `${what} of a function type`);
    return Array.from({ length: count }, () => readValueType(reader));
  }

  #imports(reader: Reader): void {
    const offset = reader.offset;
    if (reader.u32() === 0) return;
    const module = reader.text("an import's module name");
    const name = reader.text("an import's name");
    throw new WasmError(
      'unsupported-import',
      offset,
      `the module imports ${quote(module)}.${quote(name)}: link or remove it, a module must be self-contained`,
    );
  }

  #functions(reader: Reader): void {
    const count = this.#count(reader, 'functions', 'functions');
    for (let i = 0; i < count; i++) {
      const offset = reader.offset;
      const index = reader.u32();
      this.signatures.push(typeAt(this.types, index, offset));
      this.declared.push(index);
    }
  }

  #tables(reader: Reader): void {
    const offset = reader.offset;
    const count = reader.u32();
    if (count > 1) {
      throw new WasmError('unsupported-multi-table', offset, `${count} tables: use one`);
    }
    if (count === 0) return;
    const at = reader.offset;
    const type = reader.u8();
    if (type === 0x40 || (type >= 0x63 && type <= 0x74 && type !== 0x70)) {
      throw new WasmError(
        'unsupported-reference-types',
        at,
        `the table has element type ${hex(type)} (a reference other than funcref, or an initialiser): use funcref (0x70)`,
      );
    }
    if (type !== 0x70) {
      throw new WasmError('malformed', at, `the table has element type ${hex(type)}, not 0x70`);
    }
    const { offset: size, initial } = readBounds(reader, 'table');
    checkLimit('tableEntries', initial, size, 'entries of the table');
    this.table = new Array(initial).fill(undefined);
  }

  #memories(reader: Reader): void {
    const offset = reader.offset;
    const count = reader.u32();
    if (count > 1) {
      throw new WasmError('unsupported-multi-memory', offset, `${count} memories: use one`);
    }
    if (count === 0) return;
    const bounds = readBounds(reader, 'memory');
    const maximum = bounds.maximum ?? MAX_PAGES;
    const most = Math.max(bounds.initial, maximum);
    if (most > MAX_PAGES) {
      throw new WasmError(
        'memory-size',
        bounds.offset,
        `${most} pages of memory, 32-bit addresses reach ${MAX_PAGES}: declare fewer`,
      );
    }
    this.memory = { initial: bounds.initial, maximum };
  }

  #globals(reader: Reader): void {
    const count = this.#count(reader, 'globals', 'globals');
    for (let i = 0; i < count; i++) {
      const type = readValueType(reader);
      const at = reader.offset;
      const mutability = reader.u8();
      if (mutability === 2 || mutability === 3) {
        throw new WasmError(
          'unsupported-threads',
          at,
          `global ${i} is shared: make it a plain one`,
        );
      }
      if (mutability > 1) {
        throw new WasmError(
          'malformed',
          at,
          `mutability ${hex(mutability)} of global ${i}: 0 or 1`,
        );
      }
      const init = new Uint8Array(16);
      init.set(readConstantExpression(reader, type));
      this.globals.push({ type, mutable: mutability === 1, init });
    }
  }

  #exports(reader: Reader): void {
    const count = this.#count(reader, 'exports', 'exports');
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) {
      const offset = reader.offset;
      const name = reader.text("an export's name");
      checkLimit('nameBytes', reader.offset - offset, offset, "bytes of an export's name");
      if (seen.has(name)) {
        throw new WasmError(
          'duplicate-export',
          offset,
          `${quote(name)} is exported twice: rename one`,
        );
      }
      seen.add(name);
      this.#export(reader, name);
    }
  }

  #export(reader: Reader, name: string): void {
    const at = reader.offset;
    const kind = reader.u8();
    const indexOffset = reader.offset;
    const index = reader.u32();
    const sizes: Readonly<Record<number, [what: string, count: number]>> = {
      0: ['function', this.signatures.length],
      1: ['table', this.table ? 1 : 0],
      2: ['memory', this.memory ? 1 : 0],
      3: ['global', this.globals.length],
    };
    const size = sizes[kind];
    if (!size) {
      throw new WasmError('malformed', at, `export ${quote(name)} is of unknown kind ${hex(kind)}`);
    }
    if (index >= size[1]) {
      throw new WasmError(
        'index',
        indexOffset,
        `export ${quote(name)} names ${size[0]} ${index}, the module has ${size[1]}`,
      );
    }
    if (kind === 0) this.exports.push({ name, functionIndex: index });
    if (kind === 3) this.globalExports.push({ name, globalIndex: index });
  }

  #start(reader: Reader): void {
    const offset = reader.offset;
    const index = reader.u32();
    const type = this.#signature(index, offset);
    if (type.params.length > 0 || type.results.length > 0) {
      throw new WasmError(
        'start-function',
        offset,
        `start function ${index} takes ${type.params.length} parameters and returns ${type.results.length} results: it must have neither`,
      );
    }
    this.start = index;
  }

  #signature(index: number, offset: number): FunctionType {
    const type = this.signatures[index];
    if (!type) {
      throw new WasmError(
        'index',
        offset,
        `function ${index} doesn't exist, the module has ${this.signatures.length}`,
      );
    }
    return type;
  }

  #elements(reader: Reader): void {
    const count = this.#count(reader, 'elementSegments', 'element segments');
    for (let i = 0; i < count; i++) {
      const offset = reader.offset;
      const explicit = readElementFlags(reader, `element segment ${i}`);
      if (explicit) this.#zeroIndex(reader, 'unsupported-multi-table', `element segment ${i}`);
      if (!this.table) {
        throw new WasmError('no-table', offset, `element segment ${i} needs a table: declare one`);
      }
      const start = this.#address(reader);
      if (explicit) {
        const at = reader.offset;
        const kind = reader.u8();
        if (kind !== 0) {
          throw new WasmError('malformed', at, `element kind ${hex(kind)} of segment ${i}: only 0`);
        }
      }
      const length = reader.u32();
      const { table } = this;
      if (start + length > table.length) {
        throw new WasmError(
          'segment-out-of-range',
          offset,
          `element segment ${i} fills entries ${start} to ${start + length}, the table has ${table.length}: instantiation would trap; enlarge the table`,
        );
      }
      for (let j = 0; j < length; j++) {
        const at = reader.offset;
        const index = reader.u32();
        this.#signature(index, at);
        table[start + j] = index;
      }
    }
  }

  #zeroIndex(reader: Reader, code: WasmError['code'], what: string): void {
    const offset = reader.offset;
    const index = reader.u32();
    if (index !== 0) {
      throw new WasmError(code, offset, `${what} is for index ${index}: only 0 exists`);
    }
  }

  #address(reader: Reader): number {
    const bytes = readConstantExpression(reader, 'i32');
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }

  #code(reader: Reader): void {
    const offset = reader.offset;
    const count = this.#count(reader, 'functions', 'function bodies');
    this.#sameCount(count, offset);
    const decode: DecodeContext = { types: this.types, instructions: 0, labels: 0 };
    const context = {
      types: this.types,
      functions: this.signatures,
      globals: this.globals,
      hasMemory: this.memory !== undefined,
      hasTable: this.table !== undefined,
      dataCount: this.dataCount,
    };
    for (let i = 0; i < count; i++) {
      const at = reader.offset;
      const size = reader.u32();
      checkLimit('bodyBytes', size, at, `bytes of the body of function ${i}`);
      const body = reader.sub(size, `the body of function ${i}`);
      const type = this.signatures[i]!;
      const locals = this.#locals(body, type.params.length);
      const instructions = readInstructions(body, decode);
      validateBody(context, type, locals, instructions);
      this.bodies.push({ locals, body: instructions });
    }
  }

  #sameCount(bodies: number, offset: number): void {
    if (bodies !== this.signatures.length) {
      throw new WasmError(
        'count-mismatch',
        offset,
        `${bodies} function bodies for ${this.signatures.length} declared functions: the sections must agree`,
      );
    }
  }

  #locals(reader: Reader, params: number): ValueType[] {
    const locals: ValueType[] = [];
    const groups = reader.u32();
    for (let i = 0; i < groups; i++) {
      const offset = reader.offset;
      const count = reader.u32();
      // Checked before anything is filled: a group is a few bytes, whatever it declares.
      checkLimit('locals', params + locals.length + count, offset, 'locals of a function');
      this.totalLocals += count;
      checkLimit('totalLocals', this.totalLocals, offset, 'locals in the module');
      const type = readValueType(reader);
      for (let j = 0; j < count; j++) locals.push(type);
    }
    return locals;
  }

  #data(reader: Reader): void {
    const at = reader.offset;
    const count = this.#count(reader, 'dataSegments', 'data segments');
    this.#sameDataCount(count, at);
    let passive = 0;
    for (let i = 0; i < count; i++) {
      const offset = reader.offset;
      const flags = reader.u32();
      if (flags > 2) {
        throw new WasmError(
          'malformed',
          offset,
          `flags ${flags} of data segment ${i} don't exist: 0, 1 or 2`,
        );
      }
      if (flags === 2) this.#zeroIndex(reader, 'unsupported-multi-memory', `data segment ${i}`);
      if (flags !== 1 && !this.memory) {
        throw new WasmError('no-memory', offset, `data segment ${i} needs a memory: declare one`);
      }
      const start = flags === 1 ? undefined : this.#address(reader);
      const bytes = reader.take(reader.u32(), `the content of data segment ${i}`);
      this.data.push({ offset, start, bytes });
      if (flags !== 1) continue;
      passive += bytes.length;
      checkLimit('passiveBytes', passive, offset, 'bytes of passive data segments');
    }
  }

  #sameDataCount(segments: number, offset: number): void {
    if (this.dataCount !== undefined && this.dataCount !== segments) {
      throw new WasmError(
        'count-mismatch',
        offset,
        `${segments} data segments, the data count section says ${this.dataCount}: they must agree`,
      );
    }
  }

  #count(reader: Reader, limit: keyof typeof LIMITS, what: string): number {
    const offset = reader.offset;
    const count = reader.u32();
    checkLimit(limit, count, offset, what);
    return count;
  }

  custom(reader: Reader): void {
    if (reader.text("a custom section's name") !== 'name') return;
    this.names = readFunctionNames(reader) ?? this.names;
  }

  finish(end: number): Sections {
    if (this.bodies.length === 0) this.#sameCount(0, end);
    if (this.data.length === 0) this.#sameDataCount(0, end);
    const exported = new Map<number, string>();
    for (const { name, functionIndex } of this.exports) {
      if (!exported.has(functionIndex)) exported.set(functionIndex, name);
    }
    const functions = this.bodies.map(({ locals, body }, i): WasmFunction => {
      const name = this.names.get(i) ?? exported.get(i);
      return {
        typeIndex: this.declared[i]!,
        type: this.signatures[i]!,
        locals,
        body,
        ...(name === undefined ? {} : { name }),
      };
    });
    return {
      types: this.types,
      functions,
      table: this.table ?? [],
      ...(this.memory ? { memory: this.memory } : {}),
      globals: this.globals,
      exports: this.exports,
      globalExports: this.globalExports,
      ...(this.start === undefined ? {} : { start: this.start }),
      data: this.data,
    };
  }
}

/** Reads all sections and validates everything but the ranges of data segments. */
export function readSections(bytes: Uint8Array): Sections {
  const reader = new Reader(bytes);
  const header = reader.take(8, 'the header');
  const expected = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const bad = expected.findIndex((byte, i) => header[i] !== byte);
  if (bad >= 0) {
    throw new WasmError(
      'magic',
      bad,
      `byte ${hex(header[bad]!)} in the header, expected ${hex(expected[bad]!)}: this isn't a binary WebAssembly module of version 1`,
    );
  }
  const module = new SectionReader();
  let last = -1;
  while (!reader.done) {
    const offset = reader.offset;
    const id = reader.u8();
    const position = ORDER.indexOf(id);
    if (id !== 0 && position < 0) {
      throw new WasmError('section', offset, `section id ${id} doesn't exist (0 to 13)`);
    }
    const what = id === 0 ? 'a custom section' : `the ${NAMES[id]} section`;
    if (id !== 0 && position <= last) {
      throw new WasmError(
        'section',
        offset,
        `${what} stands twice or after a section it must precede: reorder the sections`,
      );
    }
    const section = reader.sub(reader.u32(), what);
    if (id === 0) {
      module.custom(section);
      continue;
    }
    last = position;
    module.read(id, section);
    if (!section.done) {
      throw new WasmError(
        'section',
        section.offset,
        `${section.end - section.offset} bytes follow the content of ${what}: its size is wrong`,
      );
    }
  }
  return module.finish(reader.end);
}

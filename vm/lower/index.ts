/** WebAssembly to code words (docs/machine.md, "Lowering"). */

import { GLOBALS } from '../constants.ts';
import { opcode } from '../opcodes.ts';
import type { FunctionType, Image, WasmModule } from '../types.ts';
import { OP } from '../wasm/instructions.ts';
import { Assembler, type Label, label } from './assembler.ts';
import { emitCopy, emitFill, emitInit, routineKey, type Segment, segmentWords } from './bulk.ts';
import { LoweringError } from './errors.ts';
import { returnSlot } from './frame.ts';
import { lowerFunction, type ModuleContext } from './function.ts';

export { LoweringError, type LoweringErrorCode } from './errors.ts';

const TRAP = opcode('trap');
const CALL = opcode('call');
const HALT = opcode('halt');
const CONST = opcode('const');
const CONST128 = opcode('v128.const');
const GLOBAL_SET = opcode('global.set');

/** "(i32, f32) -> (v128)": equal for equal types. */
const typeText = ({ params, results }: FunctionType): string =>
  `(${params.join(', ')}) -> (${results.join(', ')})`;

/**
 * Lowers a validated module. The image begins with the entries of the exports, then come the functions in
 * the module's order, then the words that indirect calls jump into, then the routines of bulk memory. The same module always gives the same words.
 *
 * @param module as `readModule` returns it
 * @throws LoweringError if a function's frame or the whole code doesn't fit the machine
 */
export function lower(module: WasmModule): Image {
  const assembler = new Assembler();
  const ranges: { name: string; start: number; end: number }[] = [];
  const range = (name: string, emit: () => void): number => {
    const start = assembler.pc;
    assembler.fix();
    emit();
    ranges.push({ name, start, end: assembler.pc });
    return start;
  };

  const dispatches = new Map<string, Label>();
  const routines = new Map<string, Routine>();
  const dropped = dropFlags(module);
  const context: ModuleContext = {
    types: module.types,
    functions: module.functions.map(({ type }) => ({ type, start: label() })),
    tableLength: module.table.length,
    memoryMaximum: module.memory?.maximum ?? 0,
    dispatch(type) {
      const key = typeText(type);
      const known = dispatches.get(key);
      if (known) return known;
      const place = label();
      assembler.reserve(module.table.length);
      dispatches.set(key, place);
      return place;
    },
    routine(op, index) {
      const key = routineKey(op, index);
      const known = routines.get(key);
      if (known) return known.start;
      const made = routineOf(module, op, index, dropped.get(index));
      assembler.reserve(made.words);
      routines.set(key, made);
      return made.start;
    },
    dropped: (segment) => dropped.get(segment),
  };

  const entries = new Map<string, number>();
  const signatures = new Map<string, FunctionType>();
  for (const { name, functionIndex } of module.exports) {
    const pc = range(`entry ${name}`, () => {
      emitEntry(assembler, module, context, functionIndex);
    });
    entries.set(name, pc);
    signatures.set(name, module.functions[functionIndex]!.type);
  }
  module.functions.forEach((fn, i) => {
    const name = fn.name ?? `function ${i}`;
    range(name, () => {
      assembler.bind(context.functions[i]!.start);
      lowerFunction(assembler, context, fn, name);
    });
  });
  for (const [type, place] of dispatches) {
    assembler.reserve(-module.table.length);
    range(`table ${type}`, () => {
      assembler.bind(place);
      emitDispatch(assembler, module, context, type);
    });
  }
  for (const [name, { start, words, emit }] of routines) {
    assembler.reserve(-words);
    range(name, () => {
      assembler.bind(start);
      emit(assembler);
    });
  }
  return {
    code: assembler.finish(),
    data: module.data,
    entries,
    signatures,
    functions: ranges,
    memory: module.memory ?? { initial: 0, maximum: 0 },
    wasm: module.bytes,
  };
}

interface Routine {
  readonly start: Label;
  /** Words that it takes beside a few. */
  readonly words: number;
  emit(assembler: Assembler): void;
}

function routineOf(
  module: WasmModule,
  op: number,
  index: number,
  dropped: number | undefined,
): Routine {
  if (op === OP.memoryCopy) return { start: label(), words: 0, emit: emitCopy };
  if (op === OP.memoryFill) return { start: label(), words: 0, emit: emitFill };
  // An active segment has been dropped before any code runs.
  const segment: Segment = { bytes: module.passive[index] ?? new Uint8Array(), dropped };
  const emit = (assembler: Assembler): void => emitInit(assembler, segment);
  return { start: label(), words: segmentWords(segment), emit };
}

/** A global, behind the module's own, for each passive segment that is both read and dropped: 0 until it is dropped. */
function dropFlags(module: WasmModule): ReadonlyMap<number, number> {
  const used = (op: number): Set<number> => {
    const indices = new Set<number>();
    for (const { body } of module.functions) {
      for (const { opcode: found, index } of body) if (found === op) indices.add(index!);
    }
    return indices;
  };
  if (!module.passive.some((bytes) => bytes !== undefined)) return new Map();
  const read = used(OP.memoryInit);
  const segments = [...used(OP.dataDrop)]
    .filter((index) => read.has(index) && module.passive[index] !== undefined)
    .sort((x, y) => x - y);
  const count = module.globals.length + segments.length;
  if (count > GLOBALS) {
    throw new LoweringError(
      'globals',
      `the module needs ${count} globals, one for each data segment that it drops, and a machine has ${GLOBALS}: drop fewer segments`,
    );
  }
  return new Map(segments.map((index, i) => [index, module.globals.length + i]));
}

/** What a run starts with: globals, the start function, the function itself. All slots but the arguments are zero then. */
function emitEntry(
  assembler: Assembler,
  module: WasmModule,
  context: ModuleContext,
  functionIndex: number,
): void {
  const { type, start: target } = context.functions[functionIndex]!;
  const c = returnSlot(type);
  const [scalar, vector] = [c + 1, c + 2];
  module.globals.forEach(({ type: of, init }, i) => {
    if (init.every((byte) => byte === 0)) return;
    if (of === 'v128') {
      assembler.emitTwo(CONST128, { a: vector }, init);
      assembler.emit(GLOBAL_SET, { b: vector, lo: i });
      return;
    }
    const view = new DataView(init.buffer, init.byteOffset, init.length);
    const [lo, hi] = [view.getUint32(0, true), view.getUint32(4, true)];
    assembler.emit(CONST, { a: scalar, lo, hi });
    assembler.emit(GLOBAL_SET, { b: scalar, lo: i });
  });
  if (module.start !== undefined) {
    // Its frame lies above the arguments.
    assembler.emit(CALL, { a: scalar, target: context.functions[module.start]!.start });
  }
  assembler.emit(CALL, { a: 0, c, target });
  assembler.emit(HALT);
}

/** One word for each table entry. */
function emitDispatch(
  assembler: Assembler,
  module: WasmModule,
  context: ModuleContext,
  type: string,
): void {
  for (const entry of module.table) {
    const fn = entry === undefined ? undefined : context.functions[entry];
    if (fn && typeText(fn.type) === type) assembler.jump(fn.start);
    else assembler.emit(TRAP);
  }
}

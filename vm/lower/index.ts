/** WebAssembly to code words (docs/machine.md, "Lowering"). */
import { opcode } from '../opcodes.ts';
import type { FunctionType, Image, WasmModule } from '../types.ts';
import { Assembler, type Label, label } from './assembler.ts';
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
 * the module's order, then the words that indirect calls jump into. The same module always gives the same words.
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

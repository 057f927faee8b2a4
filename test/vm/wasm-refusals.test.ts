import { describe, expect, test } from 'vitest';
import { MAX_PAGES } from '../../vm/constants.ts';
import type { InvalidCode, RestrictionCode } from '../../vm/wasm/errors.ts';
import { LIMITS, RESTRICTIONS, readModule, WasmError } from '../../vm/wasm/index.ts';
import {
  AT,
  type Bytes,
  body,
  code,
  data,
  END,
  elements,
  exports,
  F32,
  finish,
  functions,
  functionType,
  globals,
  HEADER,
  I32,
  I64,
  memory,
  module,
  s32,
  section,
  sized,
  table,
  text,
  types,
  u32,
  V128,
  vec,
  withBody,
  withLongBody,
} from './wasm-bytes.ts';

function refusal(bytes: Uint8Array): WasmError {
  try {
    readModule(bytes);
  } catch (error) {
    if (error instanceof WasmError) return error;
    throw error;
  }
  throw new Error('the module was accepted');
}

const page = (n: number): number[] => [...u32(n)];

type Cases = Readonly<Record<string, Bytes>>;
const ONE_PAGE = memory([0, 1]);
const ONE_ENTRY = table([0x70, 0, 1]);
const NOP = [types(functionType()), functions(0)] as const;
const NOP_CODE = code(body());
const CONST_0: Bytes = [0x41, 0, END];

const INVALID: Readonly<Record<InvalidCode, Cases>> = {
  magic: {
    'another magic number': [0x00, AT, 0x62, 0x73, 0x6d, 1, 0, 0, 0],
    'another version': [0x00, 0x61, 0x73, 0x6d, AT, 2, 0, 0, 0],
  },
  truncated: {
    'no bytes': [AT],
    'half a header': [AT, 0x00, 0x61, 0x73, 0x6d],
    'section longer than the module': [...HEADER, 1, 5, AT, 0],
    'number cut off': [...HEADER, 1, 0x80, AT],
    'body without end': module(...NOP, code(sized([0, 0x01, AT]))),
    'body longer than its section': module(...NOP, section(10, [1, 9, AT, 0, END])),
    'constant cut off': module(...NOP, code(sized([0, 0x43, AT, 0, 0, 0]))),
  },
  leb128: {
    'u32 of six bytes': [...HEADER, 1, AT, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    'u32 with bits above 32': [...HEADER, 1, AT, 0x80, 0x80, 0x80, 0x80, 0x10],
    's32 with wrong sign bits': withBody(0x41, AT, 0x80, 0x80, 0x80, 0x80, 0x70, 0x1a),
    's64 of eleven bytes': withBody(0x42, AT, ...new Array(10).fill(0x80), 0, 0x1a),
    's64 with wrong sign bits': withBody(0x42, AT, ...new Array(9).fill(0x80), 0x7e, 0x1a),
  },
  utf8: {
    'export name with a lone continuation byte': module(
      ONE_PAGE,
      exports([AT, 2, 0x61, 0x80, 2, 0]),
    ),
    'custom section name with a surrogate': module([0, 4, AT, 3, 0xed, 0xa0, 0x80]),
  },
  section: {
    'unknown id': module([AT, 14, 0]),
    'section twice': module(ONE_PAGE, [AT, ...ONE_PAGE]),
    'sections out of order': module(ONE_PAGE, [AT, ...ONE_ENTRY]),
    'section longer than its content': module([5, 4, 1, 0, 1, AT, 0]),
  },
  'count-mismatch': {
    'fewer bodies than functions': module(types(functionType()), functions(0, 0), [
      10,
      u32(4)[0]!,
      AT,
      ...vec(body()),
    ]),
    'functions without code': module(...NOP, [AT]),
    'code without functions': module([10, 4, AT, 1, 2, 0, END]),
    'data count wrong': module(ONE_PAGE, section(12, [2]), [11, 6, AT, ...vec([0, ...CONST_0, 0])]),
    'data count without data': module(ONE_PAGE, section(12, [1]), [AT]),
  },
  malformed: {
    'form of a type': module(types([AT, 0x40, 0, 0])),
    'value type': module(types([0x60, 1, AT, 0x7a, 0])),
    'memory flags': module(memory([AT, 8, 1])),
    'table flags': module(table([0x70, AT, 8, 1])),
    'element type': module(table([AT, 0x7f, 0, 1])),
    'maximum below initial': module(memory([1, AT, 2, 1])),
    'table maximum below initial': module(table([0x70, 1, AT, 2, 1])),
    'mutability of a global': module(globals([I32, AT, 4, ...CONST_0])),
    'kind of an export': module(exports([...text('x'), AT, 5, 0])),
    'flags of a data segment': module(ONE_PAGE, data([AT, 3, ...CONST_0, 0])),
    'memory.init without a data count': withBody(0x00, AT, 0xfc, 8, 0, 0),
    'data.drop without a data count': withBody(AT, 0xfc, 9, 0),
    'flags of an element segment': module(ONE_ENTRY, elements([AT, 8, ...CONST_0, 0])),
    'element kind': module(ONE_ENTRY, elements([2, 0, ...CONST_0, AT, 1, 0])),
    'select of two types': withBody(0x00, 0x1c, AT, 2, I32, I32),
    'select of no type': withBody(0x00, 0x1c, AT, 0),
    'negative block type of several bytes': withBody(0x02, AT, 0x80, 0x7f, END),
  },
  opcode: {
    'plain byte': withBody(AT, 0x27),
    'another plain byte': withBody(AT, 0xff),
    'gap among SIMD': withBody(0x00, AT, 0xfd, 0x9a, 0x01),
    'beyond table instructions': withBody(AT, 0xfc, 0x7f),
  },
  type: {
    'operand missing': withBody(AT, 0x6a),
    'wrong operand': withBody(0x41, 0, 0x42, 0, AT, 0x6a),
    'operand below the block': withBody(0x41, 0, 0x02, 0x40, AT, 0x1a, END, 0x1a),
    'operand left at the end': withBody(0x41, 0, AT),
    'operand left at the end of a block': withBody(0x02, 0x40, 0x41, 0, AT, END),
    'result missing': withBody(0x02, I32, AT, END, 0x1a),
    'if without else that returns': withBody(0x41, 0, 0x04, I32, 0x41, 0, AT, END, 0x1a),
    'address of the wrong type': withBody(0x42, 0, AT, 0x28, 0, 0, 0x1a),
    'select of unlike operands': withBody(0x41, 0, 0x42, 0, 0x41, 0, AT, 0x1b, 0x1a),
    'select with another annotation': withBody(0x41, 0, 0x41, 0, 0x41, 0, AT, 0x1c, 1, F32, 0x1a),
    'typed select in unreachable code keeps its type': withBody(0x00, 0x1c, 1, F32, AT, 0x45, 0x1a),
    'known operand in unreachable code': withBody(0x00, 0x42, 0, AT, 0x45, 0x1a),
    'branch without its value': withBody(0x02, I32, AT, 0x0c, 0, END, 0x1a),
    'br_table of unlike arity': withBody(0x02, I32, 0x41, 0, 0x41, 0, AT, 0x0e, 1, 0, 1, END, 0x1a),
    'br_table of unlike types': withBody(
      ...[0x02, I32, 0x02, F32, 0x41, 0, 0x41, 0, AT, 0x0e, 1, 0, 1, END, 0x1a, 0x41, 0, END, 0x1a],
    ),
    'branch condition': withBody(0x42, 0, AT, 0x0d, 0),
    'value of global.set': withBody(0x42, 0, AT, 0x24, 1),
    'initial value of a global': module(globals([I64, 0, AT, 0x41, 0, END])),
    'address of a data segment': module(ONE_PAGE, data([0, AT, 0x42, 0, END, 0])),
    'operands of replace_lane': withBody(0x00, 0x41, 0, AT, 0xfd, 0x20, 0, 0x1a),
  },
  index: {
    'type of a function': module(types(functionType()), section(3, [1, AT, 1])),
    'type of a block': withBody(0x02, AT, 1, END),
    'type of call_indirect': withBody(0x41, 0, AT, 0x11, 1, 0),
    'called function': withBody(AT, 0x10, 1),
    local: withBody(AT, 0x20, 0, 0x1a),
    global: withBody(AT, 0x23, 2, 0x1a),
    label: withBody(AT, 0x0c, 1),
    'label of br_table': withBody(0x41, 0, AT, 0x0e, 1, 7, 0),
    'exported function': module(exports([...text('x'), 0, AT, 0])),
    'exported memory': module(exports([...text('x'), 2, AT, 0])),
    'start function': module(section(8, [AT, 0])),
    'data segment of memory.init': module(
      ...NOP,
      ONE_PAGE,
      section(12, [1]),
      code(body(0x00, AT, 0xfc, 8, 1, 0)),
      data([1, 0]),
    ),
    'data segment of data.drop': module(
      ...NOP,
      section(12, [1]),
      code(body(AT, 0xfc, 9, 1)),
      data([1, 0]),
    ),
    'function of an element segment': module(ONE_ENTRY, elements([0, ...CONST_0, 1, AT, 0])),
  },
  alignment: {
    'i32.load': withBody(0x41, 0, 0x28, AT, 3, 0, 0x1a),
    'i64.store8': withBody(0x41, 0, 0x42, 0, 0x3c, AT, 1, 0),
    'v128.load32_splat': withBody(0x41, 0, 0xfd, 0x09, AT, 3, 0, 0x1a),
    'v128.load8_lane': withBody(0x00, 0xfd, 0x54, AT, 1, 0, 0, 0x1a),
    'far above': withBody(0x41, 0, 0x28, AT, 0x80, 0x01, 0, 0x1a),
  },
  lane: {
    extract_lane: withBody(0x00, 0xfd, 0x15, AT, 16, 0x1a),
    replace_lane: withBody(0x00, 0xfd, 0x22, AT, 2, 0x1a),
    'load lane': withBody(0x00, 0xfd, 0x57, 0, 0, AT, 2, 0x1a),
    'store lane': withBody(0x00, 0xfd, 0x59, 0, 0, AT, 8),
    shuffle: withBody(0x00, 0xfd, 0x0d, ...new Array(15).fill(31), AT, 32, 0x1a),
  },
  control: {
    'else without if': withBody(AT, 0x05),
    'second else': withBody(0x41, 0, 0x04, 0x40, 0x05, AT, 0x05, END),
    'bytes after the last end': withBody(END, AT),
  },
  'immutable-global': { 'global.set': withBody(0x41, 0, AT, 0x24, 0) },
  'no-memory': {
    load: module(...NOP, code(body(0x41, 0, AT, 0x28, 0, 0, 0x1a))),
    'memory.size': module(...NOP, code(body(AT, 0x3f, 0, 0x1a))),
    'memory.grow': module(...NOP, code(body(0x41, 0, AT, 0x40, 0, 0x1a))),
    'v128.store lane': module(...NOP, code(body(0x00, AT, 0xfd, 0x58, 0, 0, 0))),
    'memory.copy': module(...NOP, code(body(0x00, AT, 0xfc, 10, 0, 0))),
    'memory.fill': module(...NOP, code(body(0x00, AT, 0xfc, 11, 0))),
    'memory.init': module(
      ...NOP,
      section(12, [1]),
      code(body(0x00, AT, 0xfc, 8, 0, 0)),
      data([1, 0]),
    ),
    'data segment': module(data([AT, 0, ...CONST_0, 0])),
  },
  'no-table': {
    call_indirect: module(...NOP, code(body(0x41, 0, AT, 0x11, 0, 0))),
    'element segment': module(...NOP, elements([AT, 0, ...CONST_0, 0]), NOP_CODE),
  },
  'constant-expression': {
    'no constant': module(globals([I32, 0, AT, END])),
    'another instruction': module(globals([I32, 0, AT, 0x01, END])),
    'SIMD arithmetic': module(globals([V128, 0, AT, 0xfd, 0x4d, END])),
    'a call after the constant': module(
      ...NOP,
      globals([I32, 0, 0x41, 0, AT, 0x10, 0, END]),
      NOP_CODE,
    ),
  },
  'start-function': {
    'with a parameter': module(
      types(functionType([I32])),
      functions(0),
      section(8, [AT, 0]),
      NOP_CODE,
    ),
    'with a result': module(
      types(functionType([], [I32])),
      functions(0),
      section(8, [AT, 0]),
      code(body(0x41, 0)),
    ),
  },
  'memory-size': {
    'initial size': module(memory([0, AT, ...page(MAX_PAGES + 1)])),
    'maximum size': module(memory([1, AT, 0, ...page(MAX_PAGES + 1)])),
  },
  'duplicate-export': {
    'of two kinds': module(
      ONE_ENTRY,
      ONE_PAGE,
      exports([...text('x'), 1, 0], [AT, ...text('x'), 2, 0]),
    ),
  },
};

const UNSUPPORTED: Readonly<Record<Exclude<RestrictionCode, 'limit' | 'kernel-profile'>, Cases>> = {
  'unsupported-import': {
    'of a function': module(
      types(functionType()),
      section(2, [AT, 1, ...text('env'), ...text('f'), 0, 0]),
    ),
    'of a memory': module(section(2, [AT, 1, ...text('env'), ...text('memory'), 2, 0, 1])),
  },
  'unsupported-threads': {
    'shared memory': module(memory([AT, 3, 1, 1])),
    'atomic load': withBody(0x41, 0, AT, 0xfe, 0x10, 2, 0, 0x1a),
    'atomic.fence': withBody(AT, 0xfe, 0x03, 0),
    'shared global': module(globals([I32, AT, 2, ...CONST_0])),
  },
  'unsupported-memory64': {
    memory: module(memory([AT, 4, 1])),
    table: module(table([0x70, AT, 4, 1])),
  },
  'unsupported-relaxed-simd': {
    relaxed_swizzle: withBody(0x00, AT, 0xfd, 0x80, 0x02, 0x1a),
    relaxed_madd: withBody(0x00, AT, 0xfd, 0x85, 0x02, 0x1a),
  },
  'unsupported-reference-types': {
    'externref parameter': module(types([0x60, 1, AT, 0x6f, 0])),
    'funcref local': module(...NOP, code(sized([1, 1, AT, 0x70, END]))),
    'typed reference': module(types([0x60, 1, AT, 0x64, 0x70, 0])),
    'externref table': module(table([AT, 0x6f, 0, 1])),
    'table with an initialiser': module(table([AT, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, END])),
    'table.get': withBody(0x41, 0, AT, 0x25, 0, 0x1a),
    'table.set': withBody(0x00, AT, 0x26, 0),
    'ref.null': withBody(AT, 0xd0, 0x70, 0x1a),
    'ref.is_null': withBody(0x00, AT, 0xd1, 0x1a),
    'ref.func': withBody(AT, 0xd2, 0, 0x1a),
    call_ref: withBody(0x00, AT, 0x14, 0),
    'select of references': withBody(0x00, 0x1c, 1, AT, 0x70, 0x1a),
    'block that returns a reference': withBody(0x02, AT, 0x6f, 0x00, END, 0x1a),
    'segment of expressions': module(ONE_ENTRY, elements([AT, 4, ...CONST_0, 1, 0xd0, 0x70, END])),
    'global of a reference': module(globals([AT, 0x70, 0, 0xd0, 0x70, END])),
    'ref.null as a constant': module(globals([I32, 0, AT, 0xd0, 0x70, END])),
  },
  'unsupported-gc': {
    'struct type': module(types([AT, 0x5f, 0])),
    'recursive types': module(types([AT, 0x4e, 0])),
    instruction: withBody(AT, 0xfb, 0x00, 0, 0x1a),
  },
  'unsupported-multi-table': {
    'two tables': module(section(4, [AT, 2, 0x70, 0, 1, 0x70, 0, 1])),
    call_indirect: withBody(0x41, 0, 0x11, 0, AT, 1),
    'element segment': module(ONE_ENTRY, elements([2, AT, 1, ...CONST_0, 0, 0])),
  },
  'unsupported-multi-memory': {
    'two memories': module(section(5, [AT, 2, 0, 1, 0, 1])),
    load: withBody(0x41, 0, 0x28, AT, 0x42, 1, 0, 0x1a),
    'memory.size': withBody(0x3f, AT, 1, 0x1a),
    'memory.copy, to': withBody(0x00, 0xfc, 10, AT, 1, 0),
    'memory.copy, from': withBody(0x00, 0xfc, 10, 0, AT, 1),
    'memory.fill': withBody(0x00, 0xfc, 11, AT, 1),
    'memory.init': withBody(0x00, 0xfc, 8, 0, AT, 1),
    'data segment': module(ONE_PAGE, data([2, AT, 1, ...CONST_0, 0])),
  },
  'unsupported-segment': {
    'passive elements': module(...NOP, ONE_ENTRY, elements([AT, 1, 0, 1, 0]), NOP_CODE),
    'declarative elements': module(...NOP, ONE_ENTRY, elements([AT, 3, 0, 1, 0]), NOP_CODE),
    'declarative expressions': module(ONE_ENTRY, elements([AT, 7, 0x70, 0])),
  },
  'unsupported-table-instruction': Object.fromEntries(
    ['table.init', 'elem.drop', 'table.copy', 'table.grow', 'table.size', 'table.fill'].map(
      (name, i) => [name, withBody(0x00, AT, 0xfc, 12 + i, 0, 0)],
    ),
  ),
  'unsupported-exceptions': {
    'tag section': module(types(functionType()), [13, 3, AT, 1, 0, 0]),
    try: withBody(AT, 0x06, 0x40, END),
    throw: withBody(AT, 0x08, 0),
    throw_ref: withBody(0x00, AT, 0x0a),
    delegate: withBody(AT, 0x18, 0),
    try_table: withBody(AT, 0x1f, 0x40, 0, END),
  },
  'unsupported-tail-calls': {
    return_call: withBody(AT, 0x12, 0),
    return_call_indirect: withBody(0x41, 0, AT, 0x13, 0, 0),
  },
  'unsupported-constant-expression': {
    'global.get': module(globals([I32, 0, ...CONST_0], [I32, 0, AT, 0x23, 0, END])),
    addition: module(globals([I32, 0, 0x41, 1, AT, 0x41, 2, 0x6a, END])),
  },
  'segment-out-of-range': {
    'data behind the memory': module(
      ONE_PAGE,
      data([AT, 0, 0x41, 0xff, 0xff, 0x03, END, ...sized([1, 2])]),
    ),
    'no data behind the memory': module(ONE_PAGE, data([AT, 0, 0x41, 0x81, 0x80, 0x04, END, 0])),
    'data at a "negative" address': module(ONE_PAGE, data([AT, 0, 0x41, 0x7f, END, 1, 0])),
    'elements behind the table': module(
      ...NOP,
      ONE_ENTRY,
      elements([AT, 0, ...CONST_0, 2, 0, 0]),
      NOP_CODE,
    ),
  },
};

/** Repeats one instruction. */
const times = (count: number, ...instruction: Bytes): number[] =>
  Array.from({ length: count }, () => instruction).flat();
const declares = (id: number, count: number): number[] =>
  module(section(id, [AT, ...u32(count), 0, 0]));
const HUGE = 0xffff_ffff;

/** One module for every bound; all but a few are tiny. */
const LIMITED: Readonly<Record<keyof typeof LIMITS, () => Bytes>> = {
  moduleBytes: () => [],
  types: () => module([1, 5, AT, ...u32(HUGE)]),
  arity: () =>
    module(types([0x60, AT, ...u32(LIMITS.arity + 1), ...times(LIMITS.arity + 1, I32), 0])),
  functions: () => declares(3, LIMITS.functions + 1),
  bodyBytes: () => module(...NOP, section(10, [1, AT, ...u32(LIMITS.bodyBytes + 1)])),
  instructions: () => withLongBody([...times(LIMITS.instructions, 0x01), AT]),
  locals: () => module(...NOP, code(sized([1, AT, ...u32(HUGE), I32, END]))),
  totalLocals: () => {
    const full = sized([1, ...u32(LIMITS.locals), I32, END]);
    const count = LIMITS.totalLocals / LIMITS.locals;
    const over = sized([1, AT, 1, I32, END]);
    return module(
      types(functionType()),
      functions(...new Array(count + 1).fill(0)),
      code(...new Array(count).fill(full), over),
    );
  },
  operands: () => withBody(...times(LIMITS.operands, 0x41, 0), AT, 0x41, 0),
  nesting: () => withBody(...times(LIMITS.nesting, 0x02, 0x40), AT, 0x02, 0x40),
  brTable: () => withBody(0x00, 0x0e, AT, ...u32(LIMITS.brTable + 1)),
  totalLabels: () => {
    const full = [0x0e, ...u32(LIMITS.brTable), ...new Array(LIMITS.brTable + 1).fill(0)];
    const count = Math.floor(LIMITS.totalLabels / (LIMITS.brTable + 1));
    return withLongBody([0x00, ...times(count, ...full), 0x0e, AT, ...full.slice(1)]);
  },
  tableEntries: () => module(table([0x70, 0, AT, ...u32(HUGE)])),
  elementSegments: () => declares(9, LIMITS.elementSegments + 1),
  globals: () => declares(6, LIMITS.globals + 1),
  exports: () => declares(7, LIMITS.exports + 1),
  nameBytes: () => module(ONE_PAGE, exports([AT, ...text('x'.repeat(5000)), 2, 0])),
  dataSegments: () => declares(11, LIMITS.dataSegments + 1),
  passiveBytes: () =>
    module(
      section(11, [
        2,
        ...[1, 1, 0xaa],
        ...[AT, 1, ...u32(LIMITS.passiveBytes), ...new Array(LIMITS.passiveBytes).fill(0)],
      ]),
    ),
  dataBytes: () =>
    module(memory([0, ...page(65536)]), data([AT, 0, 0x41, 0x70, END, ...sized([1, 2, 3])])),
};

describe.each(Object.entries(INVALID))('invalid modules are refused: %s', (errorCode, cases) => {
  test.each(Object.entries(cases))('%s', (_name, marked) => {
    const { bytes, offset } = finish(marked);
    expect(WebAssembly.validate(bytes as BufferSource)).toBe(false);
    const error = refusal(bytes);
    expect({ code: error.code, offset: error.offset }).toEqual({ code: errorCode, offset });
    expect(RESTRICTIONS.has(error.code)).toBe(false);
  });
});

describe.each(Object.entries(UNSUPPORTED))('what the machine lacks: %s', (errorCode, cases) => {
  test.each(Object.entries(cases))('%s', (_name, marked) => {
    const { bytes, offset } = finish(marked);
    const error = refusal(bytes);
    expect({ code: error.code, offset: error.offset }).toEqual({ code: errorCode, offset });
    expect(RESTRICTIONS.has(error.code)).toBe(true);
    expect(error.message).toContain(`(${errorCode}, module offset ${offset})`);
  });
});

describe('limits', () => {
  test.each(Object.entries(LIMITED).filter(([name]) => name !== 'moduleBytes'))(
    '%s',
    (name, make) => {
      const { bytes, offset } = finish(make());
      const error = refusal(bytes);
      expect({ code: error.code, offset: error.offset }).toEqual({ code: 'limit', offset });
      expect(error.message).toContain(`at most ${LIMITS[name as keyof typeof LIMITS]} are taken`);
    },
  );

  test('moduleBytes', () => {
    const error = refusal(new Uint8Array(LIMITS.moduleBytes + 1));
    expect(error.code).toBe('limit');
    expect(error.offset).toBe(0);
  });

  test('blocks nested as deep as allowed, operands as many as allowed', () => {
    const deep = withBody(
      ...times(LIMITS.nesting, 0x02, 0x40),
      ...times(LIMITS.nesting, END),
      ...times(LIMITS.operands, 0x41, 0),
      ...times(LIMITS.operands, 0x1a),
    );
    const [fn] = readModule(Uint8Array.from(deep)).functions;
    expect(fn?.body.length).toBe(2 * LIMITS.nesting + 2 * LIMITS.operands + 1);
  });

  test('data up to the end of region 0, not a byte further', () => {
    const at = (address: number): Uint8Array =>
      Uint8Array.from(
        module(memory([0, ...page(4097)]), data([0, 0x41, ...s32(address), END, ...sized([0xaa])])),
      );
    const { data: content } = readModule(at(LIMITS.dataBytes - 1));
    expect(content.length).toBe(LIMITS.dataBytes);
    expect(content[LIMITS.dataBytes - 1]).toBe(0xaa);
    expect(refusal(at(LIMITS.dataBytes)).code).toBe('limit');
  });
});

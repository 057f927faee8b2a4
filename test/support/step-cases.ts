/**
 * Steps of the machine with the states before and after, for every row of the opcode table. The effect of each form is written
 * out here once more, straight from docs/machine.md: it shares no code with vm/forms.ts and vm/effect.ts. (The values come from
 * vm/alu.ts, which its own test holds against the engine.)
 */
import { createAlu } from '../../vm/alu.ts';
import { type Opcode, opcode } from '../../vm/opcodes.ts';
import { codeWord, littleEndian, NaiveState, type WordFields } from './naive-state.ts';
import {
  Builder,
  FRAME,
  fromBytes,
  LOW,
  OPERANDS,
  type StepCase,
  slotOf,
  U32,
} from './step-builder.ts';

const alu = createAlu();

/** Offsets of a, b, c, d: one leaf; a leaf each; all the same slot; two and two. */
const LAYOUTS = [
  [1, 2, 3, 4],
  [9, 40, 17, 3000],
  [5, 5, 5, 5],
  [7, 8, 7, 8],
] as const;

function values(t: Builder): void {
  const { row } = t;
  const base = opcode(row.name.replace(/\.imm$/, ''));
  for (let i = 0; i < 8; i++) {
    const [a, b, c, d] = LAYOUTS[i % 4] as (typeof LAYOUTS)[number];
    const second = t.value(3);
    const imm = t.value(i) & LOW;
    const slots: Record<number, bigint> = { [a]: t.value(i) };
    slots[b] = t.value(row.operands[0] === 'i64' || row.operands[0] === 'f64' ? 1 : i);
    slots[c] = t.value(row.operands[1] === 'i64' || row.operands[1] === 'f64' ? 1 : i);
    slots[d] = t.value(i);
    const fields: Partial<WordFields> = {
      a,
      b,
      ...(row.form === 'binaryImm' ? { imm } : {}),
      ...(['binary', 'ternary', 'replaceLane', 'shuffle'].includes(row.form) ? { c } : {}),
      ...(row.form === 'ternary' ? { d } : {}),
      ...(row.lanes ? { lo: t.random() } : {}),
    };
    const before = t.state(fields, slots, row.form === 'shuffle' ? second : undefined);
    if (i === 1) t.crowd(before);
    const at = (offset: number): bigint => slotOf(before, before.fp + offset);
    const y = row.form === 'binaryImm' ? imm : row.operands.length > 1 ? at(c) : 0n;
    const z =
      row.form === 'ternary' ? at(d) : row.form === 'shuffle' ? second : BigInt(fields.lo ?? 0);
    const done = alu.execute(base, at(b), y, z);
    if (done.trapped) t.trap(`traps on values ${i}`, before);
    else t.result(`values ${i}`, before, a, done.result);
  }
}

/** Division by zero, its overflow, floats that no integer is near: rule 7 by value. */
function valueTraps(t: Builder): void {
  const { row } = t;
  const trapping = /\.(div|rem)_[su]/.exec(row.name);
  if (trapping) {
    const bits = row.operands[0] === 'i32' ? 32n : 64n;
    const x = 1n << (bits - 1n);
    const pairs: [string, bigint, boolean][] = [
      ['by zero', 0n, true],
      ['lowest by minus one', (1n << bits) - 1n, row.name.includes('div_s')],
    ];
    for (const [name, y, traps] of pairs) {
      const imm = row.form === 'binaryImm';
      const before = t.state(imm ? { a: 1, b: 2, imm: y } : { a: 1, b: 2, c: 3 }, { 2: x, 3: y });
      if (traps) t.trap(name, before);
      // Lowest by minus one otherwise: 0 rest -1 signed; unsigned, the quotient is 0 and the rest the dividend.
      else t.result(name, before, 1, row.name.includes('rem_u') ? x : 0n);
    }
  }
  if (/^i\d\d\.trunc_f/.test(row.name)) {
    const infinity = row.operands[0] === 'f32' ? 0x7f800000n : 0x7ff0000000000000n;
    t.trap('of an infinity', t.state({ a: 1, b: 2 }, { 2: infinity }));
    t.trap('of a NaN', t.state({ a: 1, b: 2 }, { 2: infinity + 1n }));
  }
}

function compares(t: Builder): void {
  const imm = t.row.form === 'cmpBranchImm';
  const base = opcode(t.row.name.replace(/^br\./, '').replace(/\.imm$/, ''));
  for (let i = 0; i < 8; i++) {
    const wide = t.row.operands[0]?.endsWith('64') ? 1 : 0;
    const x = t.value(wide);
    const y = i % 3 === 0 ? x : t.value(wide);
    const lo = t.random();
    const [b, c] = i % 2 === 0 ? [2, 3] : [2, 700];
    const before = imm
      ? t.state({ b, lo, hi: Number(y & U32) }, { [b]: x })
      : t.state({ b, c, lo }, { [b]: x, [c]: y });
    const taken = alu.execute(base, x, y, 0n).result === 1n;
    t.step(`${taken ? 'taken' : 'not taken'} ${i}`, before, (after) => {
      if (taken) after.pc = lo;
    });
  }
}

function branches(t: Builder): void {
  if (t.row.form === 'jump') {
    for (const lo of [0, 77, 2 ** 32 - 1]) {
      t.step(`to ${lo}`, t.crowd(t.state({ lo })), (after) => {
        after.pc = lo;
      });
    }
    return;
  }
  if (t.row.form === 'brTable') {
    for (const [index, lo] of [
      [0, 5],
      [4, 5],
      [5, 5],
      [6, 5],
      [2 ** 32 - 1, 2 ** 32 - 1],
      [9, 0],
    ] as const) {
      const before = t.state({ b: 3, lo }, { 3: BigInt(index) | (7n << 32n) });
      t.step(`${index} of ${lo}`, before, (after) => {
        after.pc = (before.pc + 1 + Math.min(index, lo)) % 2 ** 32;
      });
    }
    return;
  }
  for (const value of [0n, 1n, 0x80000000n, U32 << 32n]) {
    const lo = t.random();
    const taken = ((value & U32) !== 0n) === (t.row.form === 'brIf');
    t.step(`on 0x${value.toString(16)}`, t.state({ b: 6, lo }, { 6: value }), (after) => {
      if (taken) after.pc = lo;
    });
  }
}

function calls(t: Builder): void {
  const frame =
    (before: NaiveState, slot: number, pc: number, a: number) => (after: NaiveState) => {
      after.pc = pc;
      after.fp = before.fp + a;
      after.setSlot(slot, BigInt(before.pc + 1) | (BigInt(before.fp) << 32n));
    };
  const junk = (1n << 128n) - 1n;
  if (t.row.form === 'call') {
    for (const [a, c] of [
      [0, 0],
      [20, 3],
      [40000, 50000],
    ] as const) {
      const lo = t.random();
      const before = t.state({ a, c, lo }, { [a + c]: junk });
      t.step(`frame ${a}, return slot ${c}`, before, frame(before, before.fp + a + c, lo, a));
    }
    return;
  }
  for (const [index, lo, hi, b, a, c] of [
    [0, 100, 1, 1, 20, 3],
    [6, 100, 7, 500, 20, 3],
    [6, 2 ** 32 - 2, 7, 1, 20, 3],
    [5, 9, 2 ** 32 - 1, 23, 20, 3],
    [7, 100, 7, 1, 20, 3],
    [0, 100, 0, 1, 20, 3],
    [2 ** 32 - 1, 100, 2 ** 32 - 1, 1, 20, 3],
  ] as const) {
    const before = t.state({ a, b, c, lo, hi }, { [b]: BigInt(index) | (U32 << 32n) });
    const name = `${index} of ${hi} from ${lo}`;
    if (index >= hi) t.trap(name, before);
    else t.step(name, before, frame(before, before.fp + a + c, (lo + index) % 2 ** 32, a));
  }
}

function moves(t: Builder): void {
  const { form } = t.row;
  LAYOUTS.forEach(([a, b, c, d], i) => {
    const v = [t.value(), t.value(1), t.value(2), t.value(3)] as const;
    const slots: Record<number, bigint> = { [a]: v[0], [b]: v[1] };
    const pick = (before: NaiveState, offset: number): bigint => slotOf(before, before.fp + offset);
    if (form === 'copy') {
      const before = t.state({ a, b }, slots);
      t.result(`layout ${i}`, before, a, pick(before, b));
    } else if (form === 'select') {
      for (const condition of [0n, 1n, U32 << 32n]) {
        const before = t.state({ a, b, c, d }, { ...slots, [c]: v[2], [d]: condition });
        const taken = (pick(before, d) & U32) !== 0n;
        t.result(
          `layout ${i} on 0x${condition.toString(16)}`,
          before,
          a,
          pick(before, taken ? b : c),
        );
      }
    } else if (form === 'const') {
      t.result(`${i}`, t.state({ a, imm: v[1] & LOW }, slots), a, v[1] & LOW);
    } else if (form === 'const128') {
      t.result(`${i}`, t.state({ a }, slots, v[3]), a, v[3]);
    } else if (form === 'memorySize') {
      const before = t.state({ a }, slots);
      before.pages = [1, 0, 65536, 777][i] as number;
      t.result(`${before.pages} pages`, before, a, BigInt(before.pages));
    } else {
      const lo = [0, 1, 1023, 500][i] as number;
      const before = t.state(form === 'globalGet' ? { a, lo } : { b, lo }, slots);
      before.setSlot(FRAME + lo, v[2]);
      if (form === 'globalGet') t.result(`global ${lo}`, before, a, v[2]);
      else {
        t.step(`global ${lo}`, before, (after) => after.setSlot(FRAME + lo, pick(before, b)));
      }
    }
  });
  if (form === 'globalGet' || form === 'globalSet') {
    for (const lo of [1024, 2 ** 32 - 1])
      t.trap(`global ${lo} isn't there`, t.state({ a: 1, b: 1, lo }));
  }
  if (form === 'const128') leafEnd(t);
}

/** A two-word form whose second word would be in the next leaf. */
function leafEnd(t: Builder): void {
  const before = new NaiveState();
  before.pc = 15;
  before.code.write(16 * 15, codeWord({ op: t.row.code }));
  before.code.write(16 * 16, Uint8Array.of(1));
  t.trap('in the last word of a leaf', before);
}

function grows(t: Builder): void {
  for (const [pages, delta, lo] of [
    [1, 0, 10],
    [1, 9, 10],
    [1, 10, 10],
    [65535, 1, 2 ** 32 - 1],
    [65536, 1, 2 ** 32 - 1],
    [2, 2 ** 32 - 1, 65536],
    [5, 0, 4],
  ] as const) {
    const a = pages % 2 === 0 ? 2 : 40;
    const before = t.state({ a, b: 2, lo }, { [a]: t.value(), 2: BigInt(delta) | (3n << 32n) });
    before.pages = pages;
    const fits = pages + delta <= Math.min(lo, 65536);
    t.step(`${pages} by ${delta} up to ${lo}`, before, (after) => {
      if (fits) after.pages = pages + delta;
      const old = slotOf(before, before.fp + a);
      after.setSlot(before.fp + a, (old & ~LOW) | (fits ? BigInt(pages) : U32));
    });
  }
}

/** What a load makes of its bytes, in the words of the WebAssembly specification. */
function loaded(row: Opcode, bytes: Uint8Array): bigint {
  const signed = row.name.endsWith('_s');
  const value = fromBytes(bytes);
  const pack = /load(\d+)x(\d)_/.exec(row.name);
  if (pack) {
    const from = Number(pack[1]);
    let vector = 0n;
    for (let i = 0; i < Number(pack[2]); i++) {
      const lane = BigInt.asUintN(from, value >> BigInt(from * i));
      const wide = BigInt.asUintN(2 * from, signed ? BigInt.asIntN(from, lane) : lane);
      vector |= wide << BigInt(2 * from * i);
    }
    return vector;
  }
  if (row.name.endsWith('_splat')) {
    const whole = new Uint8Array(16).map((_, i) => bytes[i % bytes.length] as number);
    return fromBytes(whole);
  }
  if (!signed) return value;
  return BigInt.asUintN(row.result === 'i32' ? 32 : 64, BigInt.asIntN(8 * bytes.length, value));
}

function accesses(t: Builder): void {
  const { row } = t;
  const width = row.width as number;
  const last = 2 * 65536 - width;
  const places: readonly (readonly [string, number, number])[] = [
    ['within a leaf', 256 + 16, 0],
    ['by its offset', 1000, 2000],
    ['at the end of memory', last - 60000, 60000],
    ...(width > 1
      ? ([
          ['over two leaves', 128 * 5 - 1, 0],
          ['over two subtrees', 65536 - width + 1, 0],
        ] as const)
      : []),
    ['one byte beyond memory', last, 1],
    ['beyond 32 bits', 2 ** 32 - 1, 2 ** 32 - 1],
  ];
  places.forEach(([name, base, lo], i) => {
    const [a, b, c] = i % 2 === 0 ? [1, 2, 3] : [30, 2, 60];
    const hi = t.random();
    const before = t.state(
      { ...(row.result ? { a } : {}), b, ...(row.form === 'load' ? {} : { c }), lo, hi },
      { [a]: t.value(), [b]: BigInt(base) | (0xabcdn << 32n), [c]: t.value(3) },
    );
    before.pages = 2;
    if (i === 1) t.crowd(before);
    const address = base + lo;
    if (address > last) {
      t.trap(name, before);
      return;
    }
    before.memory.write(address, littleEndian(t.value(3), width));
    before.memory.write(Math.max(0, address - 3), Uint8Array.of(1, 2, 3));
    const bytes = before.memory.read(address, width);
    const operand = before.slots.read(16 * (before.fp + c), 16);
    const at = width * (hi % (row.lanes ?? 1));
    if (row.form === 'load') t.result(name, before, a, loaded(row, bytes));
    else if (row.form === 'loadLane') {
      const vector = before.slots.read(16 * (before.fp + a), 16);
      vector.set(bytes, at);
      t.result(name, before, a, fromBytes(vector));
    } else {
      t.step(name, before, (after) => after.memory.write(address, operand.slice(at, at + width)));
    }
  });
}

function ends(t: Builder): void {
  if (t.row.form === 'return') {
    for (const [pc, fp] of [
      [5, 6],
      [2 ** 32 - 1, 2 ** 32 - 1],
    ] as const) {
      const value = BigInt(pc) | (BigInt(fp) << 32n) | (t.value() & ~LOW);
      t.step(`to ${pc}`, t.state({ c: 9 }, { 9: value }), (after) => {
        after.pc = pc;
        after.fp = fp;
      });
    }
    return;
  }
  for (const regions of [[], [1], [0, 1, 4], [0]]) {
    const before = t.state({});
    for (const region of regions)
      before.memory.write(region * 2 ** 28 + 12345, Uint8Array.of(region + 1));
    t.step(`output with regions ${regions.join()} used`, before, (after) => {
      after.status = 'halted';
    });
  }
}

/** Rule 5 at every operand: the last slot of the frame is reached, the one above traps. */
function bounds(t: Builder): void {
  const names = OPERANDS[t.row.form] ?? [];
  for (const name of names) {
    const fields: Record<string, number> = { a: 10, b: 11, c: 12, d: 13, lo: 0, hi: 0 };
    const high = 40001;
    if (name === 'ac') Object.assign(fields, { a: 20000, c: 20001 });
    else fields[name] = high;
    if (names.includes('d')) fields.lo = fields.d as number;
    const before = t.state(fields);
    before.fp = FRAME - high;
    t.trap(`operand ${name} at the first slot above the frames`, before);
  }
  if (names.length > 0) {
    const before = t.state({ a: 1, b: 1, c: 1, lo: 1 });
    before.fp = 2 ** 32 - 1;
    t.trap('a frame beyond all slots', before);
  }
}

/** Steps of one row; the same on every run. `codeLeaves`: of the code tree, among which the instruction lies. */
export function casesOf(row: Opcode, codeLeaves?: number): StepCase[] {
  const t = new Builder(row, codeLeaves);
  switch (row.form) {
    case 'trap':
      t.trap('opcode 0', t.state({}));
      break;
    case 'nop':
      t.step('goes on', t.state({}));
      break;
    case 'jump':
    case 'brIf':
    case 'brUnless':
    case 'brTable':
      branches(t);
      break;
    case 'cmpBranch':
    case 'cmpBranchImm':
      compares(t);
      break;
    case 'call':
    case 'callIndirect':
      calls(t);
      break;
    case 'return':
    case 'halt':
      ends(t);
      break;
    case 'memoryGrow':
      grows(t);
      break;
    case 'load':
    case 'store':
    case 'loadLane':
    case 'storeLane':
      accesses(t);
      break;
    default:
      if (
        OPERANDS[row.form]?.includes('b') &&
        !['copy', 'select', 'globalSet'].includes(row.form)
      ) {
        values(t);
        valueTraps(t);
        if (row.form === 'shuffle') leafEnd(t);
      } else moves(t);
  }
  bounds(t);
  return t.cases;
}

/** Steps that no row decides: ended states, the limit, program counters without code, unknown opcodes. */
export function generalCases(): StepCase[] {
  const cases: StepCase[] = [];
  const add = (
    name: string,
    change: (state: NaiveState) => void,
    after: 'trapped' | 'same',
  ): void => {
    const before = new NaiveState();
    before.code.write(0, codeWord({ op: 1 }));
    before.setSlot(3, 4n);
    before.memory.write(2 ** 28, Uint8Array.of(9));
    change(before);
    const next = before.clone();
    next.position++;
    if (after === 'trapped') next.status = 'trapped';
    cases.push({ name, before, after: next });
  };
  add(
    'a halted state stays',
    (s) => {
      s.status = 'halted';
    },
    'same',
  );
  add(
    'a trapped state stays',
    (s) => {
      s.status = 'trapped';
    },
    'same',
  );
  add(
    'a halted state stays at the limit',
    (s) => {
      s.status = 'halted';
      s.position = 2 ** 48 - 1;
    },
    'same',
  );
  add(
    'the step at LIMIT - 1 traps',
    (s) => {
      s.position = 2 ** 48 - 1;
    },
    'trapped',
  );
  add(
    'the first program counter beyond the code traps',
    (s) => {
      s.pc = 2 ** 21;
    },
    'trapped',
  );
  add(
    'the last program counter of 32 bits traps',
    (s) => {
      s.pc = 2 ** 32 - 1;
    },
    'trapped',
  );
  add(
    'missing code is opcode 0',
    (s) => {
      s.pc = 2 ** 21 - 1;
    },
    'trapped',
  );
  for (const op of [0x12, 0x27, 0xff, 0x1ff, 0x2a2, 0x300, 0x500, 0xffff]) {
    add(
      `opcode 0x${op.toString(16)} isn't in the table`,
      (s) => {
        s.code.write(0, codeWord({ op, a: 1, b: 2, c: 3, lo: 4 }));
      },
      'trapped',
    );
  }
  return cases;
}

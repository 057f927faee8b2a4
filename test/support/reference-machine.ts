/**
 * The machine as docs/machine.md describes it, form by form, with nothing shared with the code under test but the opcode
 * table. Arithmetic is the JavaScript engine's own: one compiled WebAssembly function for each opcode.
 */
import {
  CODE_WORDS,
  FRAME_SLOTS,
  GLOBAL_BASE,
  GLOBALS,
  MAX_PAGES,
  PAGE_BYTES,
} from '../../vm/constants.ts';
import { BY_CODE, BY_NAME, type Opcode } from '../../vm/opcodes.ts';
import type { Image } from '../../vm/types.ts';
import { compile, type Probe } from './value-module.ts';

type Native = (x: bigint, y?: bigint, z?: bigint) => bigint | undefined;

const natives = new Map<string, Native>();

/** The engine's function for a row with these immediates. */
function native(row: Opcode, immediates: readonly number[] = []): Native {
  const key = `${row.name} ${immediates.join(' ')}`;
  let found = natives.get(key);
  if (!found) {
    const probe: Probe = { row, immediates };
    found = compile([probe])[0] as Native;
    natives.set(key, found);
  }
  return found;
}

const ARITHMETIC =
  /^f(32|64)(?:x\d)?\.(add|sub|mul|div|sqrt|min|max|ceil|floor|trunc|nearest|promote\w*|demote\w*)$/;

/** Every NaN of arithmetic as the positive canonical one; which NaN the engine gives is its own choice. */
function canonical(row: Opcode, value: bigint): bigint {
  const width = ARITHMETIC.exec(row.name)?.[1];
  if (!width) return value;
  const bits = BigInt(width);
  const [infinity, nan] =
    width === '32' ? [0x7f800000n, 0x7fc00000n] : [0x7ff0000000000000n, 0x7ff8000000000000n];
  let out = 0n;
  for (let at = 0n; at < 128n; at += bits) {
    const lane = BigInt.asUintN(Number(bits), value >> at);
    const magnitude = BigInt.asUintN(Number(bits) - 1, lane);
    out |= (magnitude > infinity ? nan : lane) << at;
  }
  return out;
}

const u32 = (x: bigint): number => Number(x & 0xffffffffn);
const LOW = (1n << 64n) - 1n;

class Trap extends Error {}

const trap = (): never => {
  throw new Trap();
};

export class ReferenceMachine {
  readonly image: Image;
  pc: number;
  fp = 0;
  pages: number;
  status: 'running' | 'halted' | 'trapped' = 'running';
  steps = 0;
  /** Contents of slots that aren't zero, as u128. */
  readonly slots = new Map<number, bigint>();
  memory: Uint8Array;
  readonly #view: DataView;

  /** At the entry of an export, with its arguments (u128 each) and the module's own initial memory. */
  constructor(image: Image, name: string, args: readonly bigint[]) {
    const entry = image.entries.get(name);
    if (entry === undefined) throw new Error(`no entry named ${name}`);
    this.image = image;
    this.pc = entry;
    this.pages = image.memory.initial;
    this.memory = new Uint8Array(this.pages * PAGE_BYTES);
    this.memory.set(image.data);
    this.#view = new DataView(image.code.buffer, image.code.byteOffset, image.code.length);
    args.forEach((value, i) => {
      this.slots.set(i, value);
    });
  }

  /** Runs until it halts or traps; throws if that takes more than `limit` steps. */
  run(limit = 1_000_000): this {
    while (this.status === 'running') {
      if (this.steps === limit) throw new Error(`still running after ${limit} steps`);
      this.step();
    }
    return this;
  }

  slot(index: number): bigint {
    return this.slots.get(index) ?? 0n;
  }

  global(index: number): bigint {
    return this.slot(GLOBAL_BASE + index);
  }

  step(): void {
    this.steps += 1;
    try {
      this.#execute();
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      this.status = 'trapped';
    }
  }

  #word(pc: number): bigint {
    const at = pc * 16;
    if (at >= this.#view.byteLength) return 0n;
    return this.#view.getBigUint64(at, true) | (this.#view.getBigUint64(at + 8, true) << 64n);
  }

  #execute(): void {
    const { pc, fp } = this;
    if (pc >= CODE_WORDS) trap();
    const word = this.#word(pc);
    const field = (at: number): number => Number((word >> BigInt(at * 16)) & 0xffffn);
    const [op, a, b, c, d] = [field(0), field(1), field(2), field(3), field(4)] as const;
    const lo = u32(word >> 64n);
    const hi = u32(word >> 96n);
    const imm = word >> 64n;
    const row = BY_CODE.get(op) ?? trap();
    if (row.form === 'trap') trap();
    const two = row.form === 'const128' || row.form === 'shuffle';
    if (two && pc % 8 === 7) trap();
    const second = two ? this.#word(pc + 1) : 0n;
    const inFrame = (x: number): number => (fp + x < FRAME_SLOTS ? fp + x : trap());
    const read = (x: number): bigint => this.slot(inFrame(x));
    const write = (value: bigint): void => {
      const at = inFrame(a);
      const whole = row.result === 'v128';
      this.slots.set(at, whole ? value : ((this.slot(at) >> 64n) << 64n) | (value & LOW));
    };
    const value = (base: Opcode, x: bigint, y = 0n, z = 0n, lanes: number[] = []): bigint => {
      const result = native(base, lanes)(x, y, z);
      return result === undefined ? trap() : canonical(base, result);
    };
    const base = (suffix: RegExp): Opcode => BY_NAME.get(row.name.replace(suffix, '')) ?? trap();
    const address = (): number => {
      const at = u32(read(b)) + lo;
      return at + (row.width as number) > this.pages * PAGE_BYTES ? trap() : at;
    };
    let next = pc + (two ? 2 : 1);
    const call = (target: number): void => {
      const at = inFrame(a + c);
      this.slots.set(at, BigInt(pc + 1) | (BigInt(fp) << 32n));
      this.fp = fp + a;
      next = target;
    };
    switch (row.form) {
      case 'nop':
        break;
      case 'jump':
        next = lo;
        break;
      case 'brIf':
        if (u32(read(b)) !== 0) next = lo;
        break;
      case 'brUnless':
        if (u32(read(b)) === 0) next = lo;
        break;
      case 'brTable':
        next = pc + 1 + Math.min(u32(read(b)), lo);
        break;
      case 'cmpBranch':
        if (value(base(/^br\./), read(b), read(c)) !== 0n) next = lo;
        break;
      case 'cmpBranchImm':
        if (value(base(/^br\.|\.imm$/g), read(b), BigInt(hi)) !== 0n) next = lo;
        break;
      case 'call':
        call(lo);
        break;
      case 'callIndirect': {
        const index = u32(read(b));
        inFrame(a + c);
        if (index >= hi) trap();
        call(lo + index);
        break;
      }
      case 'return': {
        const r = read(c);
        next = u32(r);
        this.fp = u32(r >> 32n);
        break;
      }
      case 'halt':
        this.status = 'halted';
        return;
      case 'copy':
        write(read(b));
        break;
      case 'select': {
        const [x, y, condition] = [read(b), read(c), read(d)];
        write(u32(condition) !== 0 ? x : y);
        break;
      }
      case 'const':
        write(imm);
        break;
      case 'const128':
        write(second);
        break;
      case 'globalGet':
        if (lo >= GLOBALS) trap();
        write(this.global(lo));
        break;
      case 'globalSet':
        if (lo >= GLOBALS) trap();
        this.slots.set(GLOBAL_BASE + lo, read(b));
        break;
      case 'memorySize':
        write(BigInt(this.pages));
        break;
      case 'memoryGrow': {
        const grown = this.pages + u32(read(b));
        if (grown > Math.min(lo, MAX_PAGES)) {
          write(0xffffffffn);
          break;
        }
        write(BigInt(this.pages));
        this.pages = grown;
        this.grow();
        break;
      }
      case 'load':
        // The function reads its memory operand from its third argument.
        write(value(row, 0n, 0n, this.#load(address(), row.width as number)));
        break;
      case 'store':
        this.#store(address(), row.width as number, read(c));
        break;
      case 'loadLane': {
        const lane = hi % (row.lanes as number);
        const width = BigInt(8 * (row.width as number));
        const at = BigInt(lane) * width;
        const hole = ((1n << width) - 1n) << at;
        const vector = read(a);
        const loaded = this.#load(address(), row.width as number);
        write(vector - (vector & hole) + (loaded << at));
        break;
      }
      case 'storeLane': {
        const lane = hi % (row.lanes as number);
        const width = row.width as number;
        this.#store(address(), width, read(c) >> BigInt(8 * width * lane));
        break;
      }
      case 'unary':
        write(value(row, read(b)));
        break;
      case 'binary':
        write(value(row, read(b), read(c)));
        break;
      case 'binaryImm':
        write(value(base(/\.imm$/), read(b), imm));
        break;
      case 'ternary':
        write(value(row, read(b), read(c), read(d)));
        break;
      case 'extractLane':
        write(value(row, read(b), 0n, 0n, [lo % (row.lanes as number)]));
        break;
      case 'replaceLane':
        write(value(row, read(b), read(c), 0n, [lo % (row.lanes as number)]));
        break;
      case 'shuffle': {
        const lanes = Array.from({ length: 16 }, (_, i) => Number((second >> BigInt(8 * i)) & 31n));
        write(value(row, read(b), read(c), 0n, lanes));
        break;
      }
    }
    this.pc = next % 2 ** 32;
  }

  /** Makes room for `pages` pages. */
  protected grow(): void {
    const memory = new Uint8Array(this.pages * PAGE_BYTES);
    memory.set(this.memory);
    this.memory = memory;
  }

  #load(at: number, width: number): bigint {
    let value = 0n;
    for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.memory[at + i] ?? 0);
    return value;
  }

  #store(at: number, width: number, value: bigint): void {
    for (let i = 0; i < width; i++) this.memory[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
}

/**
 * A machine for the pickles of PyTorch's state dictionaries (opcodes: CPython's `pickletools`). It knows containers, numbers and strings; of the
 * globals it knows just those that such a dictionary names. Nothing is imported, called or set by name: whatever
 * else a pickle asks for is refused.
 */
import { malformed, unsupported } from '../../compile/errors.ts';
import {
  DICTIONARY,
  isCount,
  isObject,
  KNOWN,
  PARAMETER,
  type Pickled,
  STORAGES,
  TENSOR,
  tensorOf,
} from './pickled.ts';

/** Largest length of a pickle; those of state dictionaries hold names and shapes only. */
const MOST_BYTES = 100_000_000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
const text = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    return malformed('the pickle has a string that is not UTF-8');
  }
};

/** @throws ModelError BAD_NETWORK; UNSUPPORTED_OPERATOR for globals and opcodes outside state dictionaries */
export function readPickle(bytes: Uint8Array): Pickled {
  if (bytes.length > MOST_BYTES) malformed(`a pickle of ${bytes.length} bytes`);
  return new Machine(bytes).run();
}

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #memo = new Map<number, Pickled>();
  /** The stacks below the last mark. */
  readonly #below: Pickled[][] = [];
  #stack: Pickled[] = [];
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  run(): Pickled {
    for (;;) {
      const opcode = this.#take(1)[0]!;
      if (opcode === 0x2e) return this.#pop();
      this.#step(opcode);
    }
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) malformed('the pickle is cut off');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #u32(): number {
    this.#take(4);
    return this.#view.getUint32(this.#at - 4, true);
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) malformed('the pickle is cut off');
    const line = this.#take(end - this.#at);
    this.#at++;
    return text(line);
  }

  #pop(): Pickled {
    return this.#stack.length > 0
      ? this.#stack.pop()
      : malformed('the pickle takes too much from its stack');
  }

  #top(): Pickled {
    return this.#stack.length > 0
      ? this.#stack.at(-1)
      : malformed('the pickle takes too much from its stack');
  }

  /** What lies above the last mark, which goes. */
  #marked(): Pickled[] {
    const above = this.#stack;
    this.#stack = this.#below.pop() ?? malformed('the pickle takes a mark that it has not set');
    return above;
  }

  #tuple(length: number): void {
    if (this.#stack.length < length) malformed('the pickle takes too much from its stack');
    this.#stack.push(this.#stack.splice(this.#stack.length - length));
  }

  #recall(index: number): void {
    if (!this.#memo.has(index)) malformed(`the pickle recalls ${index}, which it has not stored`);
    this.#stack.push(this.#memo.get(index));
  }

  #set(items: Pickled[]): void {
    const dictionary = this.#top();
    if (!(dictionary instanceof Map) || items.length % 2 === 1) {
      malformed('the pickle sets items of what is no dictionary');
    }
    for (let i = 0; i < items.length; i += 2) dictionary.set(items[i], items[i + 1]);
  }

  #append(items: readonly Pickled[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) malformed('the pickle appends to what is no list');
    for (const item of items) list.push(item);
  }

  #global(name: string): void {
    if (!KNOWN.has(name))
      unsupported(`the pickle asks for ${name}; only state dictionaries are read`);
    this.#stack.push({ kind: 'global', name });
  }

  /** A little-endian integer of any length in two's complement. */
  #long(length: number): number {
    let value = 0n;
    const bytes = this.#take(length);
    bytes.forEach((byte, i) => {
      value |= BigInt(byte) << BigInt(8 * i);
    });
    return Number(BigInt.asIntN(8 * length, value));
  }

  #reduce(): void {
    const operands = this.#pop();
    const callee = this.#pop();
    if (!Array.isArray(operands) || !isObject(callee) || callee.kind !== 'global') {
      malformed('the pickle calls what is no function');
    }
    if (callee.name === DICTIONARY && operands.length === 0) this.#stack.push(new Map());
    else if (callee.name === TENSOR) this.#stack.push(tensorOf(operands));
    else if (callee.name === PARAMETER) this.#stack.push(operands[0]);
    else unsupported(`the pickle calls ${callee.name} with ${operands.length} operands`);
  }

  #storage(): void {
    const id = this.#pop();
    const [tag, type, key, , count] = Array.isArray(id) ? id : [];
    const dtype = isObject(type) && type.kind === 'global' ? STORAGES[type.name] : undefined;
    if (tag !== 'storage' || !dtype || typeof key !== 'string' || !isCount(count)) {
      malformed('the pickle has a persistent id that is no storage');
    }
    this.#stack.push({ kind: 'storage', key, dtype, count });
  }

  #step(opcode: number): void {
    const stack = this.#stack;
    switch (opcode) {
      case 0x80: // PROTO
        this.#take(1);
        break;
      case 0x95: // FRAME
        this.#take(8);
        break;
      case 0x28: // MARK
        this.#below.push(stack);
        this.#stack = [];
        break;
      case 0x30: // POP
        this.#pop();
        break;
      case 0x4e: // NONE
        stack.push(undefined);
        break;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(opcode === 0x88);
        break;
      case 0x4b: // BININT1
        stack.push(this.#take(1)[0]!);
        break;
      case 0x4d: // BININT2
        this.#take(2);
        stack.push(this.#view.getUint16(this.#at - 2, true));
        break;
      case 0x4a: // BININT
        stack.push(this.#u32() | 0);
        break;
      case 0x8a: // LONG1
        stack.push(this.#long(this.#take(1)[0]!));
        break;
      case 0x47: // BINFLOAT
        this.#take(8);
        stack.push(this.#view.getFloat64(this.#at - 8));
        break;
      case 0x58: // BINUNICODE
        stack.push(text(this.#take(this.#u32())));
        break;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(text(this.#take(this.#take(1)[0]!)));
        break;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        stack.push([]);
        break;
      case 0x74: {
        // TUPLE
        const items = this.#marked();
        this.#stack.push(items);
        break;
      }
      case 0x85: // TUPLE1, TUPLE2, TUPLE3
      case 0x86:
      case 0x87:
        this.#tuple(opcode - 0x84);
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        break;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        break;
      case 0x65: // APPENDS
        this.#append(this.#marked());
        break;
      case 0x73: {
        // SETITEM
        const value = this.#pop();
        this.#set([this.#pop(), value]);
        break;
      }
      case 0x75: // SETITEMS
        this.#set(this.#marked());
        break;
      case 0x71: // BINPUT
        this.#memo.set(this.#take(1)[0]!, this.#top());
        break;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#u32(), this.#top());
        break;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        break;
      case 0x68: // BINGET
        this.#recall(this.#take(1)[0]!);
        break;
      case 0x6a: // LONG_BINGET
        this.#recall(this.#u32());
        break;
      case 0x63: {
        // GLOBAL
        const module = this.#line();
        this.#global(`${module}.${this.#line()}`);
        break;
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = this.#pop();
        this.#global(`${String(this.#pop())}.${String(name)}`);
        break;
      }
      case 0x52: // REDUCE
        this.#reduce();
        break;
      case 0x62: // BUILD: attributes of a dictionary, such as the versions of its modules
        this.#pop();
        if (!(this.#top() instanceof Map)) unsupported('the pickle sets the state of an object');
        break;
      case 0x51: // BINPERSID
        this.#storage();
        break;
      default:
        unsupported(
          `the pickle has the opcode 0x${opcode.toString(16)}, which state dictionaries don't need`,
        );
    }
  }
}

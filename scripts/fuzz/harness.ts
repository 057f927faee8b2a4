/**
 * Adds the tests of a guest: functions t0, t1, ... that call its exports in sequence. No float crosses the border to an
 * engine, because engines change the bits of NaNs there: arguments come as i64 parameters, and results, globals and the memory's
 * size are folded into i64 globals that are exported as r0, r1, ...
 */
import type { ValueType } from '../../vm/opcodes.ts';
import { BY_NAME, type Opcode } from '../../vm/opcodes.ts';
import type { FunctionType } from '../../vm/types.ts';
import { OP } from '../../vm/wasm/instructions.ts';
import {
  type Code,
  code,
  constant,
  decodedOpcode,
  END,
  type Guest,
  type GuestFunction,
  global,
  local,
} from './guest.ts';
import { asIntegers, fold } from './observe.ts';
import type { Random } from './random.ts';

/** Parameters of a test at most. */
const MAX_PARAMS = 24;
const OBSERVED = 24;
/** Locals of a test. */
const TEMPORARIES: readonly ValueType[] = ['i32', 'i64', 'f32', 'f64', 'v128'];
/** Pages that a guest starts with and may grow to. */
const MAX_INITIAL = 4;
const MAX_GROWTH = 3;

const named = (name: string): Code => code(decodedOpcode(BY_NAME.get(name) as Opcode));
const wrap = named('i32.wrap_i64');

/** One call of a test. */
export interface TestCall {
  readonly functionIndex: number;
  /** Per argument: bits, or undefined: a parameter of the test. */
  readonly args: readonly (bigint | undefined)[];
}

/** Keeps memory small enough that its growth never fails for the host's reasons. */
export function boundMemory(guest: Guest): Guest {
  if (!guest.memory) return guest;
  const needed = Math.ceil(guest.data.length / 65536);
  const initial = Math.min(guest.memory.initial, Math.max(MAX_INITIAL, needed));
  const maximum = Math.min(guest.memory.maximum, initial + MAX_GROWTH);
  return { ...guest, memory: { initial, maximum } };
}

export interface TestPlan {
  readonly name: string;
  readonly params: number;
}

export interface Harnessed {
  readonly guest: Guest;
  readonly tests: readonly TestPlan[];
}

export function withTests(guest: Guest, tests: readonly (readonly TestCall[])[]): Harnessed {
  const first = guest.globals.length;
  const observed = Array.from({ length: OBSERVED }, (_, i) => first + i);
  const plans: TestPlan[] = [];
  const functions: GuestFunction[] = [...guest.functions];
  const exports: { name: string; functionIndex: number }[] = [];
  tests.forEach((calls, i) => {
    const test = new Test(guest, first, calls);
    exports.push({ name: `t${i}`, functionIndex: functions.push(test.build()) - 1 });
    plans.push({ name: `t${i}`, params: test.params });
  });
  const zero = { type: 'i64', mutable: true, init: new Uint8Array(16) } as const;
  return {
    guest: {
      ...guest,
      functions,
      exports,
      observed,
      globals: [...guest.globals, ...observed.map(() => zero)],
    },
    tests: plans,
  };
}

class Test {
  readonly #guest: Guest;
  readonly #firstObserved: number;
  readonly #calls: readonly TestCall[];
  readonly #out: Code[] = [];
  #used = 0;
  #observations = 0;
  readonly params: number;

  constructor(guest: Guest, firstObserved: number, calls: readonly TestCall[]) {
    this.#guest = guest;
    this.#firstObserved = firstObserved;
    this.#calls = calls;
    const wanted = calls.flatMap(({ functionIndex, args }) =>
      this.#type(functionIndex).params.map((type, i) =>
        args[i] !== undefined ? 0 : type === 'v128' ? 2 : 1,
      ),
    );
    this.params = Math.min(
      MAX_PARAMS,
      wanted.reduce<number>((sum, n) => sum + n, 0),
    );
  }

  #type(index: number): FunctionType {
    return (this.#guest.functions[index] as GuestFunction).type;
  }

  build(): GuestFunction {
    for (const { functionIndex, args } of this.#calls) {
      const { params, results } = this.#type(functionIndex);
      params.forEach((type, i) => {
        const bits = args[i];
        if (bits === undefined) this.#argument(type);
        else this.#out.push(constant(type, bits));
      });
      this.#out.push(code(OP.call, { index: functionIndex }));
      for (const type of [...results].reverse()) this.#observe(type);
    }
    this.#guest.globals.forEach(({ type }, i) => {
      this.#out.push(global.get(i));
      this.#observe(type);
    });
    if (this.#guest.memory) {
      this.#out.push(code(OP.memorySize));
      this.#observe('i32');
    }
    const params = Array.from({ length: this.params }, (): ValueType => 'i64');
    return {
      type: { params, results: [] },
      locals: TEMPORARIES,
      body: [...this.#out, END],
    };
  }

  #parameter(): void {
    this.#out.push(local.get(this.#used++ % Math.max(1, this.params)));
  }

  #argument(type: ValueType): void {
    this.#parameter();
    if (type === 'i32' || type === 'f32') this.#out.push(wrap);
    if (type === 'f32') this.#out.push(code(OP.f32ReinterpretI32));
    if (type === 'f64') this.#out.push(code(OP.f64ReinterpretI64));
    if (type !== 'v128') return;
    this.#out.push(named('i64x2.splat'));
    this.#parameter();
    this.#out.push(code(decodedOpcode(BY_NAME.get('i64x2.replace_lane') as Opcode), { lane: 1 }));
  }

  /** Takes the top of the stack into an observed global, beside what is there. */
  #observe(type: ValueType): void {
    const temporary = this.params + TEMPORARIES.indexOf(type);
    this.#out.push(local.set(temporary));
    for (const value of asIntegers(type, temporary)) {
      const index = this.#firstObserved + (this.#observations++ % OBSERVED);
      this.#out.push(...fold(index, value));
    }
  }
}

/** A few sequences of calls of a guest's exported functions. */
export function randomTests(guest: Guest, random: Random, count: number): TestCall[][] {
  const indices = [...new Set(guest.exports.map(({ functionIndex }) => functionIndex))];
  if (indices.length === 0) return [];
  return random.list(count, () =>
    random.list(1 + random.below(3), () => {
      const functionIndex = random.pick(indices);
      const { params } = (guest.functions[functionIndex] as GuestFunction).type;
      return {
        functionIndex,
        args: params.map((type) => (random.chance(30) ? random.bits(type) : undefined)),
      };
    }),
  );
}

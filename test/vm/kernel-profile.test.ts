import { describe, expect, test } from 'vitest';
import { checkKernelProfile, readModule, WasmError } from '../../vm/wasm/index.ts';
import { assemble, type FunctionText, type ModuleText } from '../support/assemble.ts';
import { kernelsWasm } from '../support/wasm.ts';

/** Why a module is refused; `accepted` if it isn't. */
function verdict(text: Partial<ModuleText> & Pick<ModuleText, 'functions'>): string {
  const bytes = assemble({ memory: [1], ...text });
  // What isn't valid would be refused for another reason.
  expect(WebAssembly.validate(bytes as BufferSource)).toBe(true);
  try {
    checkKernelProfile(readModule(bytes), ['f']);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof WasmError) || error.code !== 'kernel-profile') throw error;
    return error.message;
  }
}

const PARAMS = 'i32 i32 i32 i32';
/** An operator with this body; its first parameter is an address to write to. */
const body = (text: string, more: Partial<FunctionText> = {}): { f: FunctionText } => ({
  f: { type: PARAMS, body: text, ...more },
});
const STORE_F32 = 'local.get 0; local.get 1; f32.load; local.get 2; f32.load; f32.div';

test('the kernels of this project keep the profile', () => {
  const module = readModule(kernelsWasm());
  expect(() => checkKernelProfile(module)).not.toThrow();
  expect(module.exports.length).toBeGreaterThan(7);
});

describe('what outlives a call is refused', () => {
  test('a start function', () => {
    const functions = { ...body('nop'), start: { body: 'nop' } };
    expect(verdict({ functions })).toBe('accepted');
    expect(verdict({ functions, start: 1 })).toMatch(/start function/);
  });

  test('growing the memory and asking for its size', () => {
    expect(verdict({ functions: body('i32.const 1; memory.grow; drop') })).toMatch(/memoryGrow/);
    expect(verdict({ functions: body('memory.size; drop') })).toMatch(/memorySize/);
    // Wherever it is, called or not.
    const functions = { ...body('nop'), g: { body: 'memory.size; drop' } };
    expect(verdict({ functions })).toMatch(/memorySize/);
  });

  test('a global that counts calls', () => {
    const functions = body('global.get 0; i32.const 1; i32.add; global.set 0');
    expect(verdict({ functions, globals: [['i32', 'i32.const 64']] })).toMatch(
      /returns with another stack pointer/,
    );
  });

  test('two mutable globals, one that is no i32, one that points outside the memory', () => {
    const functions = body('nop');
    const pointer = ['i32', 'i32.const 4096'] as const;
    expect(verdict({ functions, globals: [pointer] })).toBe('accepted');
    expect(verdict({ functions, globals: [pointer, pointer] })).toMatch(/globals 0 and 1/);
    expect(verdict({ functions, globals: [['f64', 'f64.const 1']] })).toMatch(
      /is mutable and a f64/,
    );
    expect(verdict({ functions, globals: [['i32', 'i32.const 0']] })).toMatch(/starts at 0/);
    expect(verdict({ functions, globals: [['i32', 'i32.const 65537']] })).toMatch(
      /starts at 65537/,
    );
  });
});

describe('the stack pointer is left as it was found', () => {
  const globals = [['i32', 'i32.const 4096']] as const;
  const enter = 'global.get 0; i32.const 32; i32.sub; local.tee 4; global.set 0';
  const leave = 'local.get 4; i32.const 32; i32.add; global.set 0';
  const on = (text: string): string =>
    verdict({ globals, functions: body(text, { locals: 'i32' }) });

  test('as compilers of C do it', () => {
    expect(on(`${enter}; local.get 4; i32.const 7; i32.store; ${leave}`)).toBe('accepted');
    expect(on(`${enter}; loop; local.get 1; br_if 0; end; ${leave}`)).toBe('accepted');
    expect(on(`block; local.get 1; br_if 0; ${enter}; ${leave}; end`)).toBe('accepted');
  });

  test('not on one of two paths', () => {
    expect(on(`${enter}; local.get 1; if; return; end; ${leave}`)).toMatch(/stack pointer/);
    expect(on(`local.get 1; if; ${enter}; end`)).toMatch(/stack pointer/);
  });

  test('not by a value that only may be the same', () => {
    expect(on(`${enter}; local.get 1; global.set 0`)).toMatch(/stack pointer/);
    expect(
      on(
        `${enter}; loop; local.get 4; i32.const 1; i32.add; local.set 4; local.get 1; br_if 0; end; ${leave}`,
      ),
    ).toMatch(/stack pointer/);
  });
});

describe('calls end before the native stack does', () => {
  const call = (to: number): FunctionText => ({
    type: PARAMS,
    body: `local.get 0; local.get 1; local.get 2; local.get 3; call ${to}`,
  });

  test('recursion, of one function and of two', () => {
    expect(verdict({ functions: { f: call(0) } })).toMatch(/recursion: f calls f/);
    expect(verdict({ functions: { f: call(1), g: call(0) } })).toMatch(
      /recursion: f calls g calls f/,
    );
    expect(verdict({ functions: { f: call(1), g: body('nop').f } })).toBe('accepted');
  });

  test('recursion through the table, whatever is in it', () => {
    const indirect = {
      f: {
        type: PARAMS,
        body: `local.get 0; local.get 0; local.get 0; local.get 0; local.get 1; call_indirect ${PARAMS}`,
      },
    };
    expect(verdict({ functions: indirect, table: [0] })).toMatch(/recursion: f calls f/);
    const other = { ...indirect, g: { type: 'i32', body: 'nop' }, h: body('nop').f };
    // A function of another type is never reached.
    expect(verdict({ functions: other, table: [1, 2, null] })).toBe('accepted');
    expect(verdict({ functions: other, table: [1, 0] })).toMatch(/recursion/);
  });

  test('a chain of more than sixteen functions, a function of more than 1024 values', () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, i): [string, FunctionText] => [
          i === 0 ? 'f' : `f${i}`,
          i + 1 < length ? call(i + 1) : body('nop').f,
        ]),
      );
    expect(verdict({ functions: chain(16) })).toBe('accepted');
    expect(verdict({ functions: chain(17) })).toMatch(/17 functions active at once/);
    const locals = (count: number): string => Array.from({ length: count }, () => 'v128').join(' ');
    expect(verdict({ functions: body('nop', { locals: locals(1020) }) })).toBe('accepted');
    expect(verdict({ functions: body('nop', { locals: locals(1021) }) })).toMatch(/1025 locals/);
    expect(
      verdict({
        functions: body('i32.const 1; i32.const 2; drop; drop', { locals: locals(1019) }),
      }),
    ).toMatch(/1025 locals and operands/);
  });
});

describe('bits of a NaN that arithmetic made stay hidden', () => {
  test('copysign of 0/0', () => {
    const nan = 'f32.const 0; f32.const 0; f32.div';
    const text = `local.get 0; f32.const 1; ${nan}; f32.copysign; f32.store`;
    expect(verdict({ functions: body(text) })).toMatch(/f32.copysign.*bits of a NaN/);
    // The sign of what was loaded is the same everywhere.
    const loaded = 'local.get 0; f32.const 1; local.get 1; f32.load; f32.copysign; f32.store';
    expect(verdict({ functions: body(loaded) })).toBe('accepted');
  });

  test('a quotient that is stored', () => {
    expect(verdict({ functions: body(`${STORE_F32}; f32.store`) })).toMatch(
      /f32.store.*canonicalise/,
    );
  });

  test('a quotient that is reinterpreted', () => {
    const text = 'local.get 0; local.get 1; f64.load; f64.sqrt; i64.reinterpret_f64; i64.store';
    expect(verdict({ functions: body(text) })).toMatch(/i64ReinterpretF64/);
  });

  test('a quotient whose sign is turned', () => {
    expect(verdict({ functions: body(`${STORE_F32}; f32.neg; f32.store`) })).toMatch(/f32.store/);
  });

  test('lanes that are handled as integers, or as lanes of another width', () => {
    const lanes = 'local.get 0; local.get 1; v128.load; local.get 2; v128.load; f32x4.mul';
    for (const op of [
      'i32.const 31; i32x4.shr_u; v128.store',
      'v128.not; v128.store',
      'i32x4.extract_lane 0; i32.store',
      'f64x2.extract_lane 0; f64.store',
      'i8x16.bitmask; i32.store',
      'v128.store',
    ]) {
      expect(verdict({ functions: body(`${lanes}; ${op}`) }), op).toMatch(/in a kernel/);
    }
    expect(verdict({ functions: body(`${lanes}; i32x4.trunc_sat_f32x4_s; v128.store`) })).toBe(
      'accepted',
    );
  });

  test('a NaN that goes through a local, a loop, a branch, a call', () => {
    const locals = 'f32';
    const quotient = 'local.get 1; f32.load; local.get 2; f32.load; f32.div';
    const store = 'local.get 0; local.get 4; f32.store';
    const through = (text: string) => verdict({ functions: body(text, { locals }) });
    expect(through(`${quotient}; local.set 4; ${store}`)).toMatch(/f32.store/);
    // Stored at the loop's beginning, made at its end.
    expect(through(`loop; ${store}; ${quotient}; local.set 4; local.get 3; br_if 0; end`)).toMatch(
      /f32.store/,
    );
    expect(through(`local.get 3; if; ${quotient}; local.set 4; end; ${store}`)).toMatch(
      /f32.store/,
    );
    expect(
      through(
        `block -> f32; ${quotient}; local.get 3; br_if 0; drop; f32.const 1; end; local.set 4; ${store}`,
      ),
    ).toMatch(/f32.store/);
    const functions = {
      ...body(`${quotient}; call 1`),
      g: { type: 'f32', body: 'i32.const 0; local.get 0; f32.store' },
    };
    expect(verdict({ functions })).toMatch(/f32.store/);
    const returned = {
      ...body('local.get 0; local.get 1; f32.load; call 1; f32.store'),
      g: { type: 'f32 -> f32', body: 'local.get 0; f32.sqrt' },
    };
    expect(verdict({ functions: returned })).toMatch(/f32.store/);
  });

  test('a check of another value than the one chosen', () => {
    const locals = 'f32 f32';
    const two =
      'local.get 1; f32.load; f32.sqrt; local.set 4; local.get 2; f32.load; f32.sqrt; local.set 5';
    const choose = (checked: number): string =>
      `${two}; local.get 0; local.get 4; f32.const 0; local.get ${checked}; local.get ${checked}; f32.eq; select; f32.store`;
    expect(verdict({ functions: body(choose(4), { locals }) })).toBe('accepted');
    expect(verdict({ functions: body(choose(5), { locals }) })).toMatch(/f32.store/);
  });

  test('a check made in an earlier iteration', () => {
    // The check is of the value of the iteration before, which has the same place in the code.
    const text = `loop
      local.get 0; local.get 4; f32.const 0; local.get 5; select; f32.store
      local.get 1; f32.load; f32.sqrt; local.tee 4; local.get 4; f32.eq; local.set 5
      local.get 1; f32.load; f32.sqrt; local.set 4; local.get 3; br_if 0; end`;
    expect(verdict({ functions: body(text, { locals: 'f32 i32' }) })).toMatch(/f32.store/);
  });
});

describe('what cannot differ is taken', () => {
  const accepts = (text: string, locals = ''): void => {
    expect(verdict({ functions: body(text, { locals }) }), text).toBe('accepted');
  };

  test('canonicalised values, scalar and vector, either way round', () => {
    accepts(
      `${STORE_F32}; local.tee 4; f32.const 0x7fc00000; local.get 4; local.get 4; f32.eq; select; f32.store`,
      'f32',
    );
    accepts(
      `${STORE_F32}; local.set 4; f32.const 0x7fc00000; local.get 4; local.get 4; local.get 4; f32.ne; select; f32.store`,
      'f32',
    );
    accepts(
      `${STORE_F32}; local.tee 4; f32.const 0; local.get 4; local.get 4; f32.ne; i32.eqz; select; f32.store`,
      'f32',
    );
    const lanes = 'local.get 0; local.get 1; v128.load; f64x2.sqrt; local.tee 4';
    accepts(
      `${lanes}; v128.const 0 0 0 0; local.get 4; local.get 4; f64x2.eq; v128.bitselect; v128.store`,
      'v128',
    );
    accepts(
      `local.get 0; v128.const 0 0 0 0; local.get 1; v128.load; f64x2.sqrt; local.tee 4; local.get 4; local.get 4; f64x2.ne; v128.bitselect; v128.store`,
      'v128',
    );
  });

  test('but not lanes checked at another width', () => {
    const text =
      'local.get 0; local.get 1; v128.load; f64x2.sqrt; local.tee 4; v128.const 0 0 0 0; local.get 4; local.get 4; f32x4.eq; v128.bitselect; v128.store';
    expect(verdict({ functions: body(text, { locals: 'v128' }) })).toMatch(/f32x4.eq/);
  });

  test('values moved as they are, whatever NaN they hold', () => {
    accepts('local.get 0; local.get 1; f32.load; f32.neg; f32.store');
    accepts('local.get 0; local.get 1; f64.load; i64.reinterpret_f64; i64.store');
    accepts('local.get 0; local.get 1; v128.load; local.get 2; v128.load; f32x4.pmax; v128.store');
  });

  test('comparisons, and conversions to integers', () => {
    accepts('local.get 0; local.get 1; f32.load; f32.sqrt; f32.const 1; f32.lt; i32.store');
    accepts('local.get 0; local.get 1; f32.load; f32.sqrt; i32.trunc_sat_f32_s; i32.store');
  });

  test('arithmetic on numbers that cannot make a NaN', () => {
    accepts(
      'local.get 0; local.get 1; i32.load8_u; f32.convert_i32_u; f32.const 255; f32.div; f32.store',
    );
    const divided =
      'local.get 0; local.get 1; i32.load; f32.convert_i32_s; f32.const 0; f32.div; f32.store';
    expect(verdict({ functions: body(divided) })).toMatch(/f32.store/);
    const infinite = 'local.get 0; f32.const Infinity; f32.const 0; f32.mul; f32.store';
    expect(verdict({ functions: body(infinite) })).toMatch(/f32.store/);
  });
});

test('a module whose data flow takes too long to check is refused, not hung on', () => {
  // Each of the loops hands the NaN on by one local, and makes those around it start again.
  const depth = 300;
  const range = Array.from({ length: depth }, (_, i) => 4 + i).reverse();
  const open = range.map(() => 'loop').join('; ');
  const close = range.map((i) => `local.get ${i}; local.set ${i + 1}; local.get 1; br_if 0; end`);
  const locals = `${range.map(() => 'f32').join(' ')} f32`;
  const text = `local.get 1; f32.load; f32.sqrt; local.set 4; ${open}; ${close.join('; ')}`;
  expect(verdict({ functions: body(text, { locals }) })).toMatch(/data flow takes more than/);
});

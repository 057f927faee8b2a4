import { describe, expect, test } from 'vitest';
import { readKernels } from '../../models/kernels.ts';
import {
  elementBytes,
  OPERATORS,
  type OperandType,
  type Rule,
} from '../../models/operators/index.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { lower } from '../../vm/lower/index.ts';
import { createMachine, type Machine } from '../../vm/machine.ts';
import {
  type Call,
  outputAtPlaces,
  type Regions,
  SanitiserError,
  sanitise,
} from '../../vm/sanitiser/index.ts';
import type { Image, WasmModule } from '../../vm/types.ts';
import { checkKernelProfile, readModule } from '../../vm/wasm/index.ts';
import { EXAMPLES } from '../kernels/examples/index.ts';
import { assemble, type ModuleText } from '../support/assemble.ts';
import { generator, slotValue } from '../support/values.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const random = generator(41);

/** Values of all kinds for floats (NaNs with any bits, infinities, subnormals), any bits for the rest. */
function tensor(type: OperandType, count: number): Uint8Array {
  const width = elementBytes(type);
  const bytes = new Uint8Array(count * width);
  const view = new DataView(bytes.buffer);
  if (width < 4) return type === 'bool' ? bytes.map(() => random() % 2) : bytes.map(() => random());
  for (let at = 0; at < bytes.length; at += width) {
    const isTame = random() % 3 === 0;
    const value = ((random() % 4001) - 2000) / 500;
    if (width === 8 && isTame) view.setFloat64(at, value, true);
    else if (width === 8) view.setBigUint64(at, slotValue(64, random) & 0xffffffffffffffffn, true);
    else if (isTame) view.setFloat32(at, value, true);
    else view.setUint32(at, Number(slotValue(32, random) & 0xffffffffn), true);
  }
  return bytes;
}

const u32s = (values: readonly number[]): Uint8Array =>
  new Uint8Array(Uint32Array.from(values).buffer);

function callOf(kernel: string, rule: Rule, attributes: readonly number[]): Call {
  const operands = rule.operands(attributes);
  const [dtype, count] = operands.at(-1)!;
  const length = count * elementBytes(dtype);
  return {
    kernel,
    attributes: u32s(attributes),
    inputs: operands.slice(0, -1).map(([of, n]) => tensor(of, n)),
    output: {
      length,
      ...(rule.updates?.(attributes) ? { updates: true, content: tensor(dtype, count) } : {}),
    },
    scratch: rule.scratch?.(attributes) ?? 0,
  };
}

/** The highest regions, whatever the number of inputs. */
const highRegions = (inputs: number): Regions => ({
  output: 14,
  scratch: 13,
  attributes: 12,
  inputs: 12 - inputs,
});

describe('every kernel, in every shape, touches nothing but its operands', () => {
  const wasm = kernelsWasm();
  const image = readKernels(wasm);
  const compiled = compileWasm(wasm);
  const module = readModule(wasm);
  const machine = createMachine(interpreterModule());
  machine.load(image);

  test('the kernels file has the operators and no others', () => {
    expect([...image.entries.keys()].sort()).toEqual([...OPERATORS.keys()].sort());
  });

  test.each([...OPERATORS])('%s', (kernel, rule) => {
    const shapes = EXAMPLES[kernel] ?? [];
    expect(shapes.length).toBeGreaterThan(0);
    for (const shape of shapes) {
      const call = callOf(kernel, rule, shape);
      const where = `${kernel} ${shape}`;
      const { output } = sanitise(machine, image, call);
      // The same bits at other addresses of the machine, and natively at any place.
      const regions = highRegions(call.inputs.length);
      const elsewhere = sanitise(machine, image, call, { regions });
      expect(Buffer.compare(output, elsewhere.output), where).toBe(0);
      expect(Buffer.compare(output, outputAtPlaces(compiled, module, call)), where).toBe(0);
    }
  });
});

/** A kernel of one input that a test makes: `local.get 1` output, 2 scratch, 3 attributes, 4 the input. */
function crafted(body: string, more: Partial<ModuleText> & { locals?: string } = {}) {
  const { locals = '', ...rest } = more;
  const bytes = assemble({
    memory: [1],
    ...rest,
    functions: { kernel: { type: 'i32 i32 i32 i32 i32', locals, body }, ...rest.functions },
  });
  const module = readModule(bytes);
  return { module, image: lower(module), compiled: compileWasm(bytes) };
}

const CALL: Call = {
  kernel: 'kernel',
  attributes: u32s([4]),
  inputs: [Uint8Array.from({ length: 16 }, (_, i) => i + 1)],
  output: { length: 16 },
  scratch: 32,
};

interface Crafted {
  readonly module: WasmModule;
  readonly image: Image;
  readonly compiled: WebAssembly.Module;
}

const machine: Machine = createMachine(interpreterModule());

/** The error of the sanitiser; the kernel profile has nothing against the module. */
function refusal({ image, module }: Crafted, call: Partial<Call> = {}): SanitiserError {
  checkKernelProfile(module, ['kernel']);
  machine.load(image);
  try {
    sanitise(machine, image, { ...CALL, ...call });
  } catch (error) {
    if (error instanceof SanitiserError) return error;
    throw error;
  }
  throw new Error('the sanitiser accepted the kernel');
}

/** The error of the runs at several places. */
function dependence({ compiled, module }: Crafted, call: Partial<Call> = {}): string {
  checkKernelProfile(module, ['kernel']);
  try {
    outputAtPlaces(compiled, module, { ...CALL, ...call });
  } catch (error) {
    if (error instanceof SanitiserError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'the same everywhere';
}

const COPY = 'local.get 1; local.get 4; v128.load; v128.store';
const STACK = { globals: [['i32', 'i32.const 4096']] as const };

describe('kernels that misbehave are refused', () => {
  test('a copy of its input is accepted', () => {
    const { compiled, image, module } = crafted(COPY);
    machine.load(image);
    expect(sanitise(machine, image, CALL).output).toEqual(CALL.inputs[0]);
    expect(outputAtPlaces(compiled, module, CALL)).toEqual(CALL.inputs[0]);
  });

  test('a kernel that reads past an operand', () => {
    const { code, message, report } = refusal(
      crafted(`${COPY}; local.get 1; local.get 4; i32.load 13; i32.store`),
    );
    expect(code).toBe('outside');
    expect(message).toMatch(
      /reads 4 bytes at 0x4000000d, 1 bytes beyond the 16 bytes of the input 0/,
    );
    expect(report).toMatchObject({ kernel: 'kernel', address: 0x4000000d, width: 4, region: 4 });
    expect(report.instruction).toMatch(/i32.load/);
    expect(report.function).toBe('kernel');
    expect(report.pc).toBeGreaterThan(0);
  });

  test('a kernel that reads where no operand is', () => {
    const text = `${COPY}; local.get 1; local.get 4; i32.load 16; i32.store`;
    expect(refusal(crafted(text)).message).toMatch(
      /outside every operand, 0 bytes behind the input 0/,
    );
    expect(refusal(crafted(`i32.const -4; i32.load; drop; ${COPY}`)).code).toBe('outside');
    // The attributes are an operand of 4 bytes.
    expect(refusal(crafted(`local.get 3; i64.load; drop; ${COPY}`)).message).toMatch(/attributes/);
  });

  test('a kernel that writes past its output, even where the machine would forgive it', () => {
    const text = `${COPY}; local.get 1; i32.const 0; i32.store8 16`;
    expect(refusal(crafted(text)).message).toMatch(
      /writes 1 bytes at 0x10000010, outside every operand/,
    );
  });

  test('a kernel that writes an input', () => {
    const { code, message } = refusal(crafted(`local.get 4; i32.const 0; i32.store; ${COPY}`));
    expect(code).toBe('read-only');
    expect(message).toMatch(/input 0/);
    expect(refusal(crafted(`local.get 3; i32.const 0; i32.store; ${COPY}`)).code).toBe('read-only');
  });

  test('a kernel that reads stale scratch', () => {
    const stale = crafted(`local.get 1; local.get 2; v128.load; v128.store`);
    const { code, message } = refusal(stale);
    expect(code).toBe('unwritten');
    expect(message).toMatch(/byte 0 of the scratch/);
    expect(dependence(stale)).toMatch(/depends-on-place/);
    // Written first, all of it, it may be read.
    const half =
      'local.get 2; i64.const 5; i64.store; local.get 1; local.get 2; v128.load; v128.store';
    expect(refusal(crafted(half)).message).toMatch(/byte 8 of the scratch/);
    const whole = crafted(`local.get 2; i64.const 5; i64.store 8; ${half}`);
    machine.load(whole.image);
    expect(sanitise(machine, whole.image, CALL).output[0]).toBe(5);
  });

  test('a kernel that uses more scratch than declared', () => {
    const text = `local.get 2; i32.const 1; i32.store 32; ${COPY}`;
    expect(refusal(crafted(text)).message).toMatch(/outside every operand/);
    expect(refusal(crafted(text), { scratch: 35 }).message).toMatch(/1 bytes beyond/);
  });

  test('a kernel that reads its output before it has written it, unless it updates it', () => {
    const add =
      'local.get 1; local.get 1; v128.load; local.get 4; v128.load; i32x4.add; v128.store';
    const update = crafted(add);
    expect(refusal(update)).toMatchObject({ code: 'unwritten' });
    expect(dependence(update)).toMatch(/second call/);
    machine.load(update.image);
    const output = { length: 16, updates: true, content: new Uint8Array(16).fill(1) };
    const done = sanitise(machine, update.image, { ...CALL, output });
    expect(done.output[0]).toBe(2);
    expect(dependence(update, { output })).toBe('the same everywhere');
  });

  test('a kernel that leaves a part of its output as it was', () => {
    const partial = crafted('local.get 1; local.get 4; i64.load; i64.store');
    expect(refusal(partial).message).toMatch(/without having written byte 8 of the 16 bytes/);
    expect(dependence(partial)).toMatch(/byte 8 of its output is 255 with ones around/);
  });

  test('a kernel whose result depends on its addresses', () => {
    const text = `${COPY}; local.get 1; local.get 4; i32.store`;
    expect(dependence(crafted(text))).toMatch(/depends-on-place/);
    // The order of two operands.
    const order = `${COPY}; local.get 1; local.get 4; local.get 1; i32.lt_u; i32.store8`;
    expect(dependence(crafted(order))).toMatch(/depends-on-place/);
    // A signed comparison, which only high addresses tell from an unsigned one.
    const signed = `${COPY}; local.get 1; local.get 4; i32.const 0; i32.lt_s; i32.store8`;
    expect(dependence(crafted(signed))).toMatch(/addresses above 2 GiB/);
  });

  test('a kernel that counts its calls in static data', () => {
    const counter = 'i32.const 64; i32.const 64; i32.load; i32.const 1; i32.add; i32.store';
    const text = `${COPY}; ${counter}; local.get 1; i32.const 64; i32.load; i32.store`;
    const data = [[64, [1, 0, 0, 0]]] as const;
    const counting = crafted(text, { data });
    expect(refusal(counting)).toMatchObject({ code: 'read-only' });
    expect(dependence(counting)).toMatch(/second call/);
    // Zero-initialised data take no bytes in the module.
    expect(refusal(crafted(text)).message).toMatch(/outside every operand/);
    expect(refusal(crafted(text, STACK)).message).toMatch(/byte 64 of the stack is unwritten/);
  });

  test('a kernel that reads what an earlier call left on its stack', () => {
    const enter = 'global.get 0; i32.const 16; i32.sub; local.tee 5; global.set 0';
    const leave = 'local.get 5; i32.const 16; i32.add; global.set 0';
    const use = (between: string): Crafted =>
      crafted(`${enter}; ${between}; local.get 1; local.get 5; v128.load; v128.store; ${leave}`, {
        ...STACK,
        locals: 'i32',
      });
    expect(refusal(use('nop')).message).toMatch(/byte 4080 of the stack is unwritten/);
    expect(dependence(use('nop'))).toMatch(/depends-on-place/);
    const good = use('local.get 5; local.get 4; v128.load; v128.store');
    machine.load(good.image);
    expect(sanitise(machine, good.image, CALL).output).toEqual(CALL.inputs[0]);
  });

  test('a kernel that traps, and one that never ends', () => {
    expect(refusal(crafted('unreachable'))).toMatchObject({ code: 'trap' });
    expect(dependence(crafted('unreachable'))).toMatch(/trap: .*natively/);
    const { image } = crafted('loop; br 0; end');
    machine.load(image);
    expect(() => sanitise(machine, image, CALL, { maxSteps: 1000 })).toThrow(/after 1000 steps/);
  });
});

import { expect, test } from 'vitest';
import { writeBundle } from '../../models/bundle.ts';
import { ModelError } from '../../models/errors.ts';
import { createGraph } from '../../models/graph.ts';
import { loadModel } from '../../models/index.ts';
import { readKernels } from '../../models/kernels.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { WasmError } from '../../vm/wasm/index.ts';
import { assemble, type ModuleText } from '../support/assemble.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const SIGNATURE = 'i32 i32 i32 i32 i32';

/** A kernels file whose only operator is `relu`, with this body. */
const kernels = (body: string, more: Partial<ModuleText> = {}): Uint8Array =>
  assemble({
    memory: [1],
    ...more,
    functions: { relu: { type: SIGNATURE, locals: 'i32', body }, ...more.functions },
  });

function reluModel(wasm: Uint8Array) {
  const graph = createGraph('relu');
  const x = graph.input('x', { dtype: 'f32', shape: [1] });
  const y = graph.output('y', { dtype: 'f32', shape: [1] });
  graph.call('relu', [x], y, [1]);
  const engines = {
    kernels: compileWasm(wasm),
    kernelsWasm: wasm,
    interpreter: interpreterModule(),
  };
  return loadModel(writeBundle(graph.build()), engines);
}

const COPY = 'local.get 1; local.get 4; i32.load; i32.store';

test('a model is loaded only with kernels that keep the profile', async () => {
  await expect(reluModel(kernels(COPY))).resolves.toBeDefined();
  const refused: readonly [string, Uint8Array][] = [
    ['memoryGrow', kernels(`${COPY}; i32.const 1; memory.grow; drop`)],
    ['start function', kernels(COPY, { functions: { start: { body: 'nop' } }, start: 1 })],
    ['canonicalise', kernels('local.get 1; local.get 4; f32.load; f32.sqrt; f32.store')],
  ];
  for (const [text, wasm] of refused) {
    const error = await reluModel(wasm).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).code).toBe('UNSUPPORTED_OPERATOR');
    expect((error as ModelError).message).toContain(text);
    expect((error as ModelError).cause).toBeInstanceOf(WasmError);
  }
});

test('bytes that are no module are refused in the same way', () => {
  expect(() => readKernels(new Uint8Array(8))).toThrow(/kernels are refused: .*magic/);
});

test('kernels are read once', () => {
  const wasm = kernelsWasm();
  expect(readKernels(wasm)).toBe(readKernels(wasm));
  expect(readKernels(wasm.slice())).not.toBe(readKernels(wasm));
});

test('after a trap no call sees what the trapped one left behind', async () => {
  // Traps on zero with the stack pointer moved; otherwise its output is the stack pointer.
  const enter = 'global.get 0; i32.const 16; i32.sub; local.tee 5; global.set 0';
  const leave = 'local.get 5; i32.const 16; i32.add; global.set 0';
  const body = `${enter}; local.get 4; i32.load; i32.eqz; if; unreachable; end; local.get 1; local.get 5; i32.store; ${leave}`;
  const model = await reluModel(kernels(body, { globals: [['i32', 'i32.const 4096']] }));
  const run = async (value: number): Promise<number> => {
    const { outputs } = await model.run([Uint8Array.of(value, 0, 0, 0)]);
    return new Uint32Array((outputs[0] as Uint8Array).slice().buffer)[0] as number;
  };
  expect(await run(1)).toBe(4080);
  await expect(run(0)).rejects.toMatchObject({ code: 'KERNEL_TRAP' });
  expect(await run(1)).toBe(4080);
});

test('a call whose output is one of its inputs is refused', () => {
  const graph = createGraph('aliased');
  const y = graph.output('y', { dtype: 'f32', shape: [1] });
  graph.call('relu', [y], y, [1]);
  expect(() => graph.build()).toThrow(/reads its own output slot/);
});

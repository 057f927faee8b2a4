import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployPinpoint } from '../../chain/deploy.ts';
import { arbiterAbi } from '../../chain/generated/abi.ts';
import { writeBundle } from '../../models/bundle.ts';
import { createExecutor } from '../../models/executor.ts';
import { createGraph, type Dtype, type Graph } from '../../models/graph.ts';
import { toHash } from '../../models/hash.ts';
import { loadModel } from '../../models/index.ts';
import { type Anvil, startAnvil } from '../../scripts/lib/anvil.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { createMachine } from '../../vm/machine.ts';
import { BY_CODE } from '../../vm/opcodes.ts';
import { createRun } from '../../vm/run.ts';
import { generator, slotValue } from '../support/values.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

let anvil: Anvil;
let arbiter: `0x${string}`;
beforeAll(async () => {
  anvil = await startAnvil();
  const { contracts } = await deployPinpoint(anvil.wallet(0), anvil.client);
  arbiter = contracts.find(({ name }) => name === 'Arbiter')?.address as `0x${string}`;
});
afterAll(() => anvil?.stop());

const random = generator(77);
/** Values of all kinds: NaNs, infinities, subnormals, zeros of both signs, and ordinary ones. */
function floats(count: number, isTame: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * count));
  for (let i = 0; i < count; i++) {
    if (isTame) view.setFloat32(4 * i, ((random() % 4001) - 2000) / 500, true);
    else view.setUint32(4 * i, Number(slotValue(32, random) & 0xffffffffn), true);
  }
  return new Uint8Array(view.buffer);
}

interface Call {
  readonly kernel: string;
  readonly attributes: readonly number[];
  readonly inputs: readonly (readonly [Dtype, number])[];
  readonly output: readonly [Dtype, number];
}

/** Sizes with and without remainders of the kernels' blocks. */
const CALLS: readonly Call[] = [
  ...[1, 4, 19, 64].flatMap((n): Call[] => [
    ...['add', 'sub', 'mul'].map((kernel) => ({
      kernel,
      attributes: [n],
      inputs: [
        ['f32', n],
        ['f32', n],
      ] as const,
      output: ['f32', n] as const,
    })),
    { kernel: 'relu', attributes: [n], inputs: [['f32', n]], output: ['f32', n] },
    { kernel: 'normalise', attributes: [n], inputs: [['u8', n]], output: ['f32', n] },
    { kernel: 'softmax', attributes: [1, n], inputs: [['f32', n]], output: ['f32', n] },
    { kernel: 'argmax', attributes: [1, n], inputs: [['f32', n]], output: ['i32', 1] },
  ]),
  ...(
    [
      [1, 3, 1],
      [2, 5, 7],
      [1, 4, 39],
      [3, 2, 64],
    ] as const
  ).map(
    ([m, k, n]): Call => ({
      kernel: 'dense',
      attributes: [m, k, n],
      inputs: [
        ['f32', m * k],
        ['f32', k * n],
        ['f32', n],
      ],
      output: ['f32', m * n],
    }),
  ),
];

function graphOf({ attributes, inputs, kernel, output }: Call): Graph {
  const graph = createGraph(kernel);
  const slots = inputs.map(([dtype, count], i) =>
    graph.input(`input ${i}`, { dtype, shape: [count] }),
  );
  const out = graph.output('output', { dtype: output[0], shape: [output[1]] });
  graph.call(kernel, slots, out, attributes);
  return graph.build();
}

const seen = new Set<number>();

test('every instruction of the kernels, natively, in the interpreter and in the contract', async () => {
  const wasm = kernelsWasm();
  const engines = {
    kernels: compileWasm(wasm),
    kernelsWasm: wasm,
    interpreter: interpreterModule(),
  };
  let image: Awaited<ReturnType<typeof loadModel>>['image'] | undefined;
  for (const call of CALLS) {
    const graph = graphOf(call);
    const model = await loadModel(writeBundle(graph), engines);
    image ??= model.image;
    for (const isTame of [true, false]) {
      const inputs = call.inputs.map(([dtype, count]) =>
        dtype === 'u8' ? new Uint8Array(count).map(() => random()) : floats(count, isTame),
      );
      const where = `${call.kernel} ${call.attributes} ${isTame ? 'tame' : 'wild'}`;
      // Natively.
      const executor = createExecutor(graph, engines.kernels);
      executor.load({}, inputs);
      const [instruction] = graph.program;
      if (instruction?.kind !== 'call') throw new Error('no call');
      executor.call(instruction, 0);
      const native = executor.bytes(instruction.output).slice();
      // In the interpreter.
      const machine = createMachine(engines.interpreter);
      machine.load(model.image);
      const attributes = new Uint8Array(new Uint32Array(call.attributes).buffer);
      const regions = new Map([
        [0, model.image.data],
        [1, new Uint8Array(native.length)],
        [3, attributes],
        ...inputs.map((input, i): [number, Uint8Array] => [4 + i, input]),
      ]);
      const region = (index: number): bigint => BigInt(index) << 28n;
      const args = [0n, region(1), region(2), region(3), ...inputs.map((_, i) => region(4 + i))];
      const entry = model.image.entries.get(call.kernel) as number;
      const run = createRun(machine, () => machine.start(entry, args, regions));
      machine.start(entry, args, regions);
      machine.run(run.length);
      expect(machine.status, where).toBe('halted');
      expect(Buffer.compare(machine.readMemory(2 ** 28, native.length), native), where).toBe(0);
      // In the contract: the first step of each operation that hasn't been there, of wild runs and of tame ones.
      const fresh = new Map<number, number>();
      machine.start(entry, args, regions);
      for (let position = 0; position < run.length; position++) {
        const { pc } = machine;
        const leaf = machine.code.leaf(pc >> 3);
        const code = (leaf[(pc % 8) * 16] as number) | ((leaf[(pc % 8) * 16 + 1] as number) << 8);
        const key = code * 2 + (isTame ? 1 : 0);
        if (!seen.has(key)) {
          seen.add(key);
          fresh.set(position, code);
        }
        machine.run(1);
      }
      const codeRoot = toHash(machine.codeRoot());
      for (const [position, code] of fresh) {
        const [previous, next] = await run.hashes([position, position + 1]);
        const witness = toHash(await run.witness(position));
        const step = await anvil.client.readContract({
          address: arbiter,
          abi: arbiterAbi,
          functionName: 'step',
          args: [codeRoot, BigInt(position), witness],
        });
        expect(step, `${where}: ${BY_CODE.get(code)?.name}`).toEqual([previous, next]);
      }
    }
  }
  // What the code has and no run reached would be untested: only what pads leaves may be left.
  const code = image?.code ?? new Uint8Array();
  const missing = new Set<string>();
  for (const { end, name, start } of image?.functions ?? []) {
    for (let pc = start; pc < end; pc++) {
      const op = (code[16 * pc] as number) | ((code[16 * pc + 1] as number) << 8);
      const row = BY_CODE.get(op);
      const isSecond = isSecondWord(code, pc);
      if (!row || isSecond || seen.has(op * 2) || seen.has(op * 2 + 1)) continue;
      missing.add(`${row.name} in ${name}`);
    }
  }
  expect([...missing]).toEqual([]);
}, 240_000);

/** Whether a word is the 16 bytes of the instruction before it. */
function isSecondWord(code: Uint8Array, pc: number): boolean {
  if (pc % 8 === 0) return false;
  const at = 16 * (pc - 1);
  const form = BY_CODE.get((code[at] as number) | ((code[at + 1] as number) << 8))?.form;
  return (form === 'const128' || form === 'shuffle') && !isSecondWord(code, pc - 1);
}

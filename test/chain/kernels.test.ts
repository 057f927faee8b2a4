import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployPinpoint } from '../../chain/deploy.ts';
import { arbiterAbi } from '../../chain/generated/abi.ts';
import { toHash } from '../../models/hash.ts';
import { readKernels } from '../../models/kernels.ts';
import { elementBytes, OPERATORS, type OperandType } from '../../models/operators/index.ts';
import { type Anvil, startAnvil } from '../../scripts/lib/anvil.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { createMachine } from '../../vm/machine.ts';
import { BY_CODE } from '../../vm/opcodes.ts';
import { createRun } from '../../vm/run.ts';
import { DEFAULT_REGIONS, startOf } from '../../vm/sanitiser/areas.ts';
import { type Call, outputAtPlaces } from '../../vm/sanitiser/index.ts';
import { readModule } from '../../vm/wasm/index.ts';
import { EXAMPLES } from '../kernels/examples/index.ts';
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
/** Values of all kinds: NaNs, infinities, subnormals, zeros of both signs, and ordinary ones; of integers, any bits. */
function content(type: OperandType, count: number, isTame: boolean): Uint8Array {
  const width = elementBytes(type);
  const bytes = new Uint8Array(width * count);
  const view = new DataView(bytes.buffer);
  if (width < 4) return bytes.map(() => (type === 'bool' ? random() % 2 : random()));
  const isInteger = typeof type === 'string' && !type.startsWith('f');
  for (let at = 0; at < bytes.length; at += width) {
    // Small integers are indices and labels that are there.
    if (isTame && isInteger) {
      bytes[at] = random() % 4;
      continue;
    }
    const tame = ((random() % 4001) - 2000) / 500;
    if (width === 8 && isTame) view.setFloat64(at, tame, true);
    else if (width === 8) view.setBigUint64(at, slotValue(64, random) & (2n ** 64n - 1n), true);
    else if (isTame) view.setFloat32(at, tame, true);
    else view.setUint32(at, Number(slotValue(32, random) & 0xffffffffn), true);
  }
  return bytes;
}

/** The examples of all kernels, the first of each first: what they reach for the first time is what the contract executes. */
const CALLS = [...OPERATORS]
  .flatMap(([kernel, rule]) =>
    (EXAMPLES[kernel] ?? []).map((attributes, i) => ({ kernel, rule, attributes, i })),
  )
  .sort((x, y) => x.i - y.i);

const seen = new Set<number>();

test('every instruction of the kernels, natively, in the interpreter and in the contract', async () => {
  const wasm = kernelsWasm();
  const compiled = compileWasm(wasm);
  const module = readModule(wasm);
  const image = readKernels(wasm);
  const machine = createMachine(interpreterModule());
  machine.load(image);
  const codeRoot = toHash(machine.codeRoot());
  for (const { attributes, kernel, rule } of CALLS) {
    for (const isTame of [true, false]) {
      const where = `${kernel} ${attributes} ${isTame ? 'tame' : 'wild'}`;
      const operands = rule.operands(attributes).map(([of, n]) => content(of, n, isTame));
      const output = operands.at(-1)!;
      const updates = rule.updates?.(attributes) === true;
      const call: Call = {
        kernel,
        attributes: new Uint8Array(new Uint32Array(attributes).buffer),
        inputs: operands.slice(0, -1),
        output: { length: output.length, ...(updates ? { updates, content: output } : {}) },
        scratch: rule.scratch?.(attributes) ?? 0,
      };
      const native = outputAtPlaces(compiled, module, call);
      // In the interpreter.
      const { args, content: regions } = startOf(module, call, DEFAULT_REGIONS);
      const entry = image.entries.get(kernel) as number;
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
  const { code } = image;
  const missing = new Set<string>();
  for (const { end, name, start } of image.functions) {
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

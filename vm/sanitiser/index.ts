/**
 * The sanitiser: runs one call of a kernel and refuses every access that its operands don't allow, with a report.
 *
 * It steps the machine itself, one instruction at a time, and looks at each access before it happens. (Checks compiled
 * into a copy of the WebAssembly would be faster, but then what is checked is another program than the one that is disputed, and the
 * report couldn't name the machine's instruction. Kernels' loops don't depend on the size beyond remainders, so small shapes say enough.)
 */
import { WORD_BYTES } from '../constants.ts';
import { disassemble } from '../disassemble.ts';
import { type FormOperands, formOperands, type MemoryAccess, memoryAccess } from '../forms.ts';
import type { Machine } from '../machine.ts';
import type { Image, WasmModule } from '../types.ts';
import { readModule } from '../wasm/index.ts';
import {
  type Area,
  areasOf,
  baseOf,
  type Call,
  DEFAULT_REGIONS,
  type Regions,
  startOf,
} from './areas.ts';
import { type SanitiserCode, SanitiserError } from './report.ts';

export type { Call, Regions } from './areas.ts';
export { outputAtPlaces } from './places.ts';
export { type SanitiserCode, SanitiserError, type SanitiserReport } from './report.ts';

export interface SanitiserOptions {
  /** Where the operands lie; in the regions of an operator call if absent. */
  readonly regions?: Regions;
  /** Steps after which the call counts as endless. */
  readonly maxSteps?: number;
}

const MAX_STEPS = 20_000_000;

/**
 * Executes a call in the machine.
 *
 * @param machine holds `image`
 * @returns its output and its number of steps
 * @throws SanitiserError at the first access that is wrong, or if the call traps or leaves output unwritten
 */
export function sanitise(
  machine: Machine,
  image: Image,
  call: Call,
  { maxSteps = MAX_STEPS, regions = DEFAULT_REGIONS }: SanitiserOptions = {},
): { readonly output: Uint8Array; readonly steps: number } {
  const { kernel } = call;
  const entry = image.entries.get(kernel);
  if (entry === undefined) throw new RangeError(`sanitiser: the image has no kernel "${kernel}"`);
  const { accesses, module } = knownOf(image);
  const { areas, output } = areasOf(module, call, regions);
  const { args, content } = startOf(module, call, regions);
  machine.start(entry, args, content);

  const fail = (code: SanitiserCode, message: string, access?: MemoryAccess): never => {
    const { pc, position } = machine;
    const at = (word: number): Uint8Array | undefined => {
      const bytes = image.code.subarray(word * WORD_BYTES, (word + 1) * WORD_BYTES);
      return bytes.length === WORD_BYTES ? bytes : undefined;
    };
    const word = at(pc);
    throw new SanitiserError({
      code,
      kernel,
      message,
      position,
      pc,
      instruction: word ? disassemble(word, at(pc + 1), pc) : 'outside the code',
      function: image.functions.find(({ end, start }) => pc >= start && pc < end)?.name ?? 'none',
      ...(access
        ? {
            address: access.address,
            width: access.width,
            region: Math.floor(access.address / baseOf(1)),
          }
        : {}),
    });
  };
  while (machine.status === 'running') {
    if (machine.position >= maxSteps) fail('endless', `still running after ${maxSteps} steps`);
    const operands = accesses.get(machine.pc);
    if (operands) {
      const access = memoryAccess(operands, machine.readSlot(machine.fp + operands.b));
      const fault = access && faultOf(areas, access);
      if (fault) fail(fault[0], textOf(access, fault[1]), access);
    }
    machine.run(1);
  }
  if (machine.status === 'trapped') fail('trap', 'traps');
  const missing = output.firstUnwritten;
  if (missing >= 0) {
    const all = `${call.output.length} bytes of its output`;
    fail('incomplete', `ends without having written byte ${missing} of the ${all}`);
  }
  return {
    output: machine.readMemory(baseOf(regions.output), call.output.length),
    steps: machine.position,
  };
}

interface Known {
  readonly module: WasmModule;
  readonly accesses: ReadonlyMap<number, FormOperands>;
}

const known = new WeakMap<Image, Known>();

/** What is the same for all calls of an image. */
function knownOf(image: Image): Known {
  const found = known.get(image) ?? {
    module: readModule(image.wasm),
    accesses: accessesOf(image.code),
  };
  known.set(image, found);
  return found;
}

/** The words of the code that access memory, by pc. */
function accessesOf(code: Uint8Array): ReadonlyMap<number, FormOperands> {
  const found = new Map<number, FormOperands>();
  for (let pc = 0; pc * WORD_BYTES < code.length; pc++) {
    const operands = formOperands(code.subarray(pc * WORD_BYTES, (pc + 1) * WORD_BYTES), 0);
    if (operands.row?.width) found.set(pc, operands);
  }
  return found;
}

function faultOf(
  areas: readonly Area[],
  access: MemoryAccess,
): readonly [SanitiserCode, string] | undefined {
  const { address } = access;
  const area = areas.find(({ end, start }) => address >= start && address < end);
  if (area) return area.fault(access);
  const before = areas.filter(({ start }) => start <= address).at(-1);
  const near = areas.filter(({ end }) => end <= address).sort((x, y) => y.end - x.end)[0] ?? before;
  return [
    'outside',
    near
      ? `outside every operand, ${address - near.end} bytes behind the ${near.name}`
      : 'outside every operand',
  ];
}

const textOf = ({ address, width, write }: MemoryAccess, what: string): string =>
  `${write ? 'writes' : 'reads'} ${width} bytes at 0x${address.toString(16)}, ${what}`;

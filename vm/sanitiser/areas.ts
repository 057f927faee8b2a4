/** The parts of memory that a call may touch, and how. */
import {
  REGION_ATTRIBUTES,
  REGION_BYTES,
  REGION_DATA,
  REGION_INPUTS,
  REGION_OUTPUT,
  REGION_SCRATCH,
} from '../constants.ts';
import type { MemoryAccess } from '../forms.ts';
import type { WasmModule } from '../types.ts';
import { stackPointerOf } from '../wasm/kernel-profile/index.ts';
import type { SanitiserCode } from './report.ts';

/** One call of a kernel. */
export interface Call {
  /** Name of the export. */
  readonly kernel: string;
  readonly iteration?: number;
  readonly attributes: Uint8Array;
  readonly inputs: readonly Uint8Array[];
  readonly output: {
    /** Bytes. */
    readonly length: number;
    /** What it holds before the call; zeros if absent. */
    readonly content?: Uint8Array;
    /** The operator updates its output in place: it may read what it hasn't written, and leave some as it is. */
    readonly updates?: boolean;
  };
  /** Bytes of scratch that the operator declares. */
  readonly scratch?: number;
}

/** Which memory region each operand lies in. */
export interface Regions {
  readonly output: number;
  readonly scratch: number;
  readonly attributes: number;
  readonly inputs: number;
}

export const DEFAULT_REGIONS: Regions = {
  output: REGION_OUTPUT,
  scratch: REGION_SCRATCH,
  attributes: REGION_ATTRIBUTES,
  inputs: REGION_INPUTS,
};

export class Area {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly #isWritable: boolean;
  /** Which bytes this call has written; undefined: all may be read. */
  readonly #written: Uint8Array | undefined;

  constructor(name: string, start: number, length: number, mode: 'input' | 'scratch' | 'update') {
    this.name = name;
    this.start = start;
    this.end = start + length;
    this.#isWritable = mode !== 'input';
    this.#written = mode === 'scratch' ? new Uint8Array(length) : undefined;
  }

  /** What is wrong with an access that begins here; a write that is right is noted. */
  fault({ address, width, write }: MemoryAccess): readonly [SanitiserCode, string] | undefined {
    const end = address + width;
    if (end > this.end) {
      return [
        'outside',
        `${end - this.end} bytes beyond the ${this.end - this.start} bytes of the ${this.name}`,
      ];
    }
    if (write && !this.#isWritable)
      return ['read-only', `in the ${this.name}, which is not its to write`];
    if (!this.#written) return undefined;
    const [from, to] = [address - this.start, end - this.start];
    if (write) {
      this.#written.fill(1, from, to);
      return undefined;
    }
    const missing = this.#written.subarray(from, to).indexOf(0);
    if (missing < 0) return undefined;
    return [
      'unwritten',
      `of which byte ${from + missing} of the ${this.name} is unwritten in this call`,
    ];
  }

  /** First byte that the call hasn't written, -1 if there is none or none is asked for. */
  get firstUnwritten(): number {
    return this.#written?.indexOf(0) ?? -1;
  }
}

/** Static data, and the stack where the module has one. Data may lie above the stack or below it. */
function areasOfModule(module: WasmModule): Area[] {
  const never = (_: number, message: string): never => {
    throw new Error(`sanitiser: ${message}`);
  };
  const top = stackPointerOf(module, never)?.initial;
  const { length } = module.data;
  if (top === undefined) return [new Area('static data', 0, length, 'input')];
  // Linkers put the stack first, and the data above it, or the other way round.
  const bottom = length <= top ? length : 0;
  const first = length <= top ? 0 : top;
  return [
    new Area('static data', first, length - first, 'input'),
    new Area('stack', bottom, top - bottom, 'scratch'),
  ];
}

/** Where the stack lies, if the module has one. */
export function stackOf(module: WasmModule): Area | undefined {
  return areasOfModule(module).find(({ name }) => name === 'stack');
}

export const baseOf = (region: number): number => region * REGION_BYTES;

/** The areas of a call, the output among them. */
export function areasOf(module: WasmModule, call: Call, regions: Regions) {
  const { attributes, inputs, output, scratch = 0 } = call;
  const written = new Area(
    'output',
    baseOf(regions.output),
    output.length,
    output.updates ? 'update' : 'scratch',
  );
  const areas = [
    ...areasOfModule(module),
    written,
    new Area('scratch', baseOf(regions.scratch), scratch, 'scratch'),
    new Area('attributes', baseOf(regions.attributes), attributes.length, 'input'),
    ...inputs.map(
      ({ length }, i) => new Area(`input ${i}`, baseOf(regions.inputs + i), length, 'input'),
    ),
  ];
  return { areas, output: written };
}

/** The contents with which the machine starts, and the arguments of the call. */
export function startOf(module: WasmModule, call: Call, regions: Regions) {
  const { attributes, inputs, iteration = 0, output } = call;
  const content = new Map<number, Uint8Array>([
    [REGION_DATA, module.data],
    [regions.output, output.content ?? new Uint8Array(output.length)],
    [regions.attributes, attributes],
    ...inputs.map((input, i): [number, Uint8Array] => [regions.inputs + i, input]),
  ]);
  const places = [regions.output, regions.scratch, regions.attributes];
  const args = [
    BigInt(iteration),
    ...[...places, ...inputs.map((_, i) => regions.inputs + i)].map((region) =>
      BigInt(baseOf(region)),
    ),
  ];
  return { content, args };
}

/**
 * One call natively at several places: other addresses, other bytes around the operands, in scratch, stack and output, and a second
 * time in the same instance. A kernel that keeps the profile gives the same bits each time.
 */
import { LEAF_BYTES, PAGE_BYTES } from '../constants.ts';
import type { WasmModule } from '../types.ts';
import { type Call, stackOf } from './areas.ts';
import { SanitiserError } from './report.ts';

interface Place {
  readonly name: string;
  /** First address; at least what the module declares. */
  readonly from: number;
  readonly order: 'ascending' | 'descending';
  /** Bytes between operands, a multiple of LEAF_BYTES as hosts align them. */
  readonly gap: number;
  /** What lies in gaps, scratch, stack and output. */
  readonly garbage: number;
}

const HIGH = 2 ** 31;
const SCRATCH_MIN = LEAF_BYTES;

const PLACES: readonly Place[] = [
  { name: 'zeros around', from: 0, order: 'ascending', gap: 0, garbage: 0 },
  { name: 'ones around', from: 0, order: 'descending', gap: 3 * LEAF_BYTES, garbage: 0xff },
  {
    name: 'other addresses',
    from: 4 * PAGE_BYTES,
    order: 'ascending',
    gap: LEAF_BYTES,
    garbage: 0x3f,
  },
  // Addresses of which a signed comparison thinks that they are negative.
  {
    name: 'addresses above 2 GiB',
    from: HIGH,
    order: 'descending',
    gap: LEAF_BYTES,
    garbage: 0xa5,
  },
];

/**
 * The output of a call, the same at every place.
 *
 * @param kernels the compiled module
 * @param module the same module as `readModule` gives it
 * @throws SanitiserError `depends-on-place`, or `trap`
 */
export function outputAtPlaces(
  kernels: WebAssembly.Module,
  module: WasmModule,
  call: Call,
): Uint8Array {
  let first: { readonly output: Uint8Array; readonly name: string } | undefined;
  for (const place of PLACES) {
    for (const [i, output] of run(kernels, module, call, place).entries()) {
      const name = `${place.name}${i === 0 ? '' : ', second call'}`;
      first ??= { output, name };
      const { output: wanted, name: other } = first;
      const at = output.findIndex((byte, index) => byte !== wanted[index]);
      if (at < 0) continue;
      throw new SanitiserError({
        code: 'depends-on-place',
        kernel: call.kernel,
        message: `byte ${at} of its output is ${output[at]} with ${name}, and ${wanted[at]} with ${other}`,
      });
    }
  }
  if (!first) throw new Error('sanitiser: no place to run at');
  return first.output;
}

interface Held {
  readonly exports: WebAssembly.Exports;
  /** Bytes of memory that the module starts with. */
  readonly own: number;
}

/** An instance serves every call at its place, as a host's does; growing one beyond 2 GiB takes long. */
const instances = new WeakMap<WebAssembly.Module, Map<Place, Held>>();

function instanceOf(kernels: WebAssembly.Module, place: Place): Held {
  const held = instances.get(kernels) ?? new Map<Place, Held>();
  instances.set(kernels, held);
  let found = held.get(place);
  if (!found) {
    const { exports } = new WebAssembly.Instance(kernels);
    const { memory } = exports;
    found = { exports, own: memory instanceof WebAssembly.Memory ? memory.buffer.byteLength : 0 };
    held.set(place, found);
  }
  return found;
}

/** Outputs of two calls in one instance. */
function run(
  kernels: WebAssembly.Module,
  module: WasmModule,
  call: Call,
  place: Place,
): Uint8Array[] {
  const { attributes, inputs, kernel, output, scratch = 0 } = call;
  const { exports, own } = instanceOf(kernels, place);
  const memory = exports.memory;
  const fn = exports[kernel];
  if (!(memory instanceof WebAssembly.Memory) || typeof fn !== 'function') {
    throw new RangeError(`sanitiser: the module exports no memory or no kernel "${kernel}"`);
  }
  const { from, garbage, gap, order } = place;
  const start = Math.max(from, own, PAGE_BYTES);
  const sizes = [
    output.length,
    Math.max(scratch, SCRATCH_MIN),
    attributes.length,
    ...inputs.map(({ length }) => length),
  ];
  const indices = sizes.map((_, i) => i);
  if (order === 'descending') indices.reverse();
  const addresses: number[] = [];
  let end = start + gap;
  for (const i of indices) {
    addresses[i] = end;
    end += Math.ceil(sizes[i]! / LEAF_BYTES) * LEAF_BYTES + gap;
  }
  const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing > 0) memory.grow(missing);
  const bytes = new Uint8Array(memory.buffer);
  const [to = 0, , parameters = 0, ...sources] = addresses;
  bytes.fill(garbage, start, end);
  const stack = stackOf(module);
  if (stack) bytes.fill(garbage, stack.start, stack.end);
  bytes.set(attributes, parameters);
  inputs.forEach((input, i) => {
    bytes.set(input, sources[i]);
  });
  return [0, 1].map(() => {
    // An operator that updates its output starts from it; any other must not see it.
    if (output.updates) bytes.set(output.content ?? new Uint8Array(output.length), to);
    try {
      (fn as (...args: number[]) => void)(call.iteration ?? 0, ...addresses);
    } catch (cause) {
      instances.delete(kernels);
      const message = `traps natively: ${(cause as Error).message}`;
      throw new SanitiserError({ code: 'trap', kernel, message });
    }
    return bytes.slice(to, to + output.length);
  });
}

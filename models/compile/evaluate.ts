import { PAGE_BYTES } from '../../vm/constants.ts';
import { ModelError } from '../errors.ts';
import { OPERATORS } from '../operators/index.ts';

const ALIGN = 128;

/** Runs single calls natively: what folds constants, with the bits that the model itself would compute. */
export interface Evaluator {
  /**
   * @param output its content before the call; changed in place
   * @throws ModelError KERNEL_TRAP, OUT_OF_MEMORY
   */
  run(
    kernel: string,
    inputs: readonly Uint8Array[],
    attributes: readonly number[],
    output: Uint8Array,
  ): void;
}

export function createEvaluator(kernels: WebAssembly.Module): Evaluator {
  let instance:
    | { memory: WebAssembly.Memory; base: number; exports: WebAssembly.Exports }
    | undefined;

  function fresh() {
    const { exports } = new WebAssembly.Instance(kernels);
    const memory = exports.memory as WebAssembly.Memory;
    return { memory, base: Math.max(memory.buffer.byteLength, PAGE_BYTES), exports };
  }

  return {
    run(kernel, inputs, attributes, output) {
      instance ??= fresh();
      const { base, exports, memory } = instance;
      let end = base;
      const place = (size: number): number => {
        const at = end;
        end += Math.ceil(size / ALIGN) * ALIGN;
        return at;
      };
      const places = inputs.map((input) => place(input.length));
      const parameters = place(4 * attributes.length);
      const to = place(output.length);
      const scratch = place(OPERATORS.get(kernel)?.scratch?.(attributes) ?? 0);
      const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE_BYTES);
      try {
        if (missing > 0) memory.grow(missing);
      } catch (cause) {
        const message = `folding ${kernel} takes ${end} bytes, which the engine doesn't give`;
        throw new ModelError('OUT_OF_MEMORY', message, { cause });
      }
      const all = new Uint8Array(memory.buffer);
      inputs.forEach((input, i) => {
        all.set(input, places[i]!);
      });
      all.set(new Uint8Array(Uint32Array.from(attributes).buffer), parameters);
      all.set(output, to);
      try {
        (exports[kernel] as (...args: number[]) => void)(0, to, scratch, parameters, ...places);
      } catch (cause) {
        instance = undefined;
        throw new ModelError('KERNEL_TRAP', `kernel ${kernel} trapped: ${cause}`, { cause });
      }
      output.set(all.subarray(to, to + output.length));
    },
  };
}

/** Runs a compiled graph natively and, call by call, in the machine. */
import { callStarter, machineWith } from '../../cli/in-machine.ts';
import { createExecutor } from '../../models/executor.ts';
import { type Graph, groupOf } from '../../models/graph.ts';
import type { Engines } from '../../models/index.ts';
import { readKernels } from '../../models/kernels.ts';
import { checkOperators } from '../../models/operators/index.ts';
import { REGION_BITS, REGION_OUTPUT } from '../../vm/constants.ts';
import { firstDifference } from './compare.ts';

export interface Ran {
  readonly outputs: readonly Uint8Array[];
  /** Where the machine's output isn't the native one. */
  readonly differences: readonly string[];
  readonly calls: number;
  /** Steps of the machine, of all calls. */
  readonly steps: number;
}

export interface Runner {
  run(graph: Graph, inputs: readonly Uint8Array[]): Ran;
}

export function createRunner({ interpreter, kernels, kernelsWasm }: Engines): Runner {
  const image = readKernels(kernelsWasm);
  const machine = machineWith(image, interpreter);

  return {
    run(graph, inputs) {
      checkOperators(graph);
      const executor = createExecutor(graph, kernels);
      executor.load({}, inputs);
      const starterOf = callStarter(graph, image, executor);
      const differences: string[] = [];
      let steps = 0;
      graph.program.forEach((call, i) => {
        if (call.kind !== 'call') throw new Error(`a compiled graph has a ${call.kind}`);
        starterOf(call)(machine);
        machine.run(Number.MAX_SAFE_INTEGER);
        const { position, status } = machine;
        steps += position;
        executor.call(call, 0);
        const native = executor.bytes(call.output);
        const got = machine.readMemory(REGION_OUTPUT * 2 ** REGION_BITS, native.length);
        const at = firstDifference(got, native);
        if (status !== 'halted')
          differences.push(`call ${i}, ${call.kernel}: the machine ${status}`);
        else if (at !== undefined) {
          differences.push(
            `call ${i}, ${call.kernel}: byte ${at} is ${got[at]} in the machine, ${native[at]} natively`,
          );
        }
      });
      const outputs = graph.slots.filter(({ slot }) => groupOf(slot) === 'output');
      return {
        outputs: outputs.map(({ slot }) => executor.bytes(slot).slice()),
        differences,
        calls: graph.program.length,
        steps,
      };
    },
  };
}

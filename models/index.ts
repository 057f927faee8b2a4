/** Models: files, commitments, native runs and traces. */
export type { Registration } from './commit.ts';
export { ModelError, type ModelErrorCode } from './errors.ts';
export {
  checkInputs,
  type Engines,
  loadModel,
  type Model,
  type RunOptions,
  type RunResult,
} from './model.ts';
export type { Tamper } from './trace.ts';
export type { Descent, Hash, MachineTrace, StepDescription, Trace } from './types.ts';

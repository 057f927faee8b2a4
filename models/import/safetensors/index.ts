/** Safetensors files; docs/importing.md. */
import type { Network } from '../../network/types.ts';
import { describeNetwork } from '../pytorch/describe.ts';
import { readDescription } from '../pytorch/description.ts';
import { readSafetensors } from './read.ts';

/**
 * The network of a file of tensors and of a description of its layers, parsed from JSON.
 *
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR
 */
export function importSafetensors(file: Uint8Array, description: unknown): Network {
  return describeNetwork(readDescription(description), readSafetensors(file));
}

/** PyTorch's files of weights; docs/importing.md. */
import type { Network } from '../../network/types.ts';
import { describeNetwork } from './describe.ts';
import { readDescription } from './description.ts';
import { readStateDictionary } from './read.ts';

/**
 * The network of a state dictionary (`.pt`, `.pth`) and of a description of its layers, parsed from JSON.
 *
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR
 */
export function importPytorch(file: Uint8Array, description: unknown): Network {
  return describeNetwork(readDescription(description), readStateDictionary(file));
}

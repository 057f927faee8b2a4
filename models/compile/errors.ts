import { ModelError } from '../errors.ts';

/** Something of the network isn't supported: operator, type or variant. Throws `ModelError` UNSUPPORTED_OPERATOR. */
export function unsupported(message: string): never {
  throw new ModelError('UNSUPPORTED_OPERATOR', message);
}

/** The network contradicts itself. Throws `ModelError` BAD_NETWORK. */
export function malformed(message: string): never {
  throw new ModelError('BAD_NETWORK', message);
}

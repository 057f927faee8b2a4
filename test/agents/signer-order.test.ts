import { expect, test } from 'vitest';
import { INITIAL, reduceSigner, type SignerEvent } from '../../durable-objects/signer.reducer.ts';

const limits = { confirmations: 1, maxFeePerGas: 10n ** 12n };
const observed: SignerEvent = {
  ...{ type: 'observed', nonce: 0, head: 10, receipts: {} },
  fees: { maxFeePerGas: 10n, maxPriorityFeePerGas: 1n },
};
const job = (id: string, after?: string): SignerEvent => ({
  ...{ type: 'submit', id, to: '0x01', data: '0x', value: 0n },
  ...(after === undefined ? {} : { after }),
});

test('a job that needs another waits until it is finished, well or not', () => {
  let { state } = reduceSigner(INITIAL, job('register'), 0, limits);
  ({ state } = reduceSigner(state, job('offer', 'register'), 0, limits));
  ({ state } = reduceSigner(state, job('other', 'no such job'), 0, limits));
  const tried = () =>
    reduceSigner(state, observed, 1, limits).effects.flatMap((effect) =>
      effect.kind === 'estimate' ? [effect.job.id] : [],
    );
  expect(tried()).toEqual(['register', 'other']);
  const refused = { type: 'reverted', id: 'register', reason: 'it is registered' } as const;
  ({ state } = reduceSigner(state, refused, 1, limits));
  expect(tried()).toEqual(['offer', 'other']);
});

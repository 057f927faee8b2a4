/** The submitter: takes inferences over HTTP, runs them, claims their results and defends the claims. */
import { ChainWatcher } from '../../durable-objects/chain-watcher.ts';
import { ClaimObject } from '../../durable-objects/claim.ts';
import { DisputeObject } from '../../durable-objects/dispute.ts';
import { InferenceObject } from '../../durable-objects/inference.ts';
import { SignerObject } from '../../durable-objects/signer.ts';
import { honestParty } from '../../strategy/party.ts';
import { agentWorker } from '../agent/worker.ts';
import { createApp } from '../api/app.ts';

export class Watcher extends ChainWatcher {}
export class Signer extends SignerObject {}
export class Claim extends ClaimObject {
  protected override readonly verifies = false;
}
export class Dispute extends DisputeObject {
  protected override partyOf() {
    return honestParty;
  }
}
export class Inference extends InferenceObject {
  protected override partyOf() {
    return honestParty;
  }
}

export default agentWorker(createApp({ name: 'coordinator', submits: true }));

/** The verifier: runs every claim it sees again, and challenges those that end elsewhere. */
import { ChainWatcher } from '../../durable-objects/chain-watcher.ts';
import { ClaimObject } from '../../durable-objects/claim.ts';
import { DisputeObject } from '../../durable-objects/dispute.ts';
import { SignerObject } from '../../durable-objects/signer.ts';
import { honestParty } from '../../strategy/party.ts';
import { agentWorker } from '../agent/worker.ts';
import { createApp } from '../api/app.ts';

export class Watcher extends ChainWatcher {}
export class Signer extends SignerObject {}
export class Claim extends ClaimObject {
  protected override readonly verifies = true;
}
export class Dispute extends DisputeObject {
  protected override partyOf() {
    return honestParty;
  }
}

export default agentWorker(createApp({ name: 'verifier', submits: false }));

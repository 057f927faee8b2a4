/** A submitter that lies, for demonstrations and tests: ADVERSARY, or the inference itself, says how. */
import { ChainWatcher } from '../../durable-objects/chain-watcher.ts';
import { ClaimObject } from '../../durable-objects/claim.ts';
import { DisputeObject } from '../../durable-objects/dispute.ts';
import { InferenceObject } from '../../durable-objects/inference.ts';
import { SignerObject } from '../../durable-objects/signer.ts';
import { ADVERSARIES } from '../../strategy/adversaries.ts';
import type { Party } from '../../strategy/party.ts';
import { agentWorker } from '../agent/worker.ts';
import { createApp } from '../api/app.ts';
import type { Settings } from '../settings.ts';

const DEFAULT = 'instruction';

function adversaryOf({ adversary }: Settings, asked: string | null): Party {
  const name = asked ?? adversary ?? DEFAULT;
  const party = Object.hasOwn(ADVERSARIES, name) ? ADVERSARIES[name] : undefined;
  if (party) return party;
  const known = Object.keys(ADVERSARIES).join(', ');
  throw new Error(`there is no adversary "${name}"; there are ${known}`);
}

export class Watcher extends ChainWatcher {}
export class Signer extends SignerObject {}
export class Claim extends ClaimObject {
  protected override readonly verifies = false;
}
export class Dispute extends DisputeObject {
  protected override partyOf(asked: string | null) {
    return adversaryOf(this.settings, asked);
  }
}
export class Inference extends InferenceObject {
  protected override partyOf(asked: string | null) {
    return adversaryOf(this.settings, asked);
  }
}

export default agentWorker(createApp({ name: 'dishonest submitter', submits: true }));

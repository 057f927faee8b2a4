import type { ChainWatcher } from '../durable-objects/chain-watcher.ts';
import type { ClaimObject } from '../durable-objects/claim.ts';
import type { DisputeObject } from '../durable-objects/dispute.ts';
import type { InferenceObject } from '../durable-objects/inference.ts';
import type { SignerObject } from '../durable-objects/signer.ts';
import type { Settings } from './settings.ts';
import type { DeliveryMessage } from './webhooks/events.ts';

/** Bindings of every agent; variables and secrets are read by `settingsOf`. */
export interface AgentEnv {
  readonly DB: D1Database;
  readonly BUCKET: R2Bucket;
  readonly WEBHOOKS: Queue<DeliveryMessage>;
  readonly WATCHER: DurableObjectNamespace<ChainWatcher>;
  readonly SIGNER: DurableObjectNamespace<SignerObject>;
  readonly CLAIM: DurableObjectNamespace<ClaimObject>;
  readonly DISPUTE: DurableObjectNamespace<DisputeObject>;
  /** Only submitters have it. */
  readonly INFERENCE?: DurableObjectNamespace<InferenceObject>;
}

/** What hono's context carries. */
export interface ApiEnv {
  Bindings: AgentEnv;
  Variables: { settings: Settings };
}

/** The one signer of a key, the one watcher of a contract. */
export const signerOf = (env: AgentEnv, { chainId, address }: Settings) =>
  env.SIGNER.getByName(`${chainId}:${address}`);
export const watcherOf = (env: AgentEnv, { chainId, contract }: Settings) =>
  env.WATCHER.getByName(`${chainId}:${contract}`);

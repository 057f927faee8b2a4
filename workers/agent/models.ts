import { eq } from 'drizzle-orm';
import interpreter from '../../build/wasm/interpreter.wasm';
import kernelsBytes from '../../build/wasm/kernels.bin';
import kernels from '../../build/wasm/kernels.wasm';
import { readBundle } from '../../models/bundle.ts';
import { byteLength, type Dtype, groupOf, type Slot } from '../../models/graph.ts';
import { loadModel, type Model } from '../../models/index.ts';
import { openDatabase } from '../db/client.ts';
import { models } from '../db/schema.ts';
import type { AgentEnv } from '../env.ts';

/** dtype and shape of an input or output, as the API shows them. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** What the API says of a model without loading it. */
export interface Manifest {
  readonly name: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** The files that every agent runs models with are part of its deployment. */
const engines = { kernels, kernelsWasm: new Uint8Array(kernelsBytes), interpreter };
/** Loaded models an isolate keeps; each has its tensors in memory, of which there are 128 MB. */
const KEPT_MODELS = 2;
const loaded = new Map<string, Promise<Model>>();

const info = (slot: Slot): TensorInfo => ({
  ...{ name: slot.name, dtype: slot.dtype, shape: slot.shape, bytes: byteLength(slot) },
});

/** Reads and checks a model file. Throws `ModelError`. */
export async function openBundle(bytes: Uint8Array): Promise<{ model: Model; manifest: Manifest }> {
  const graph = readBundle(bytes);
  const model = await loadModel(bytes, engines);
  const of = (group: string) => graph.slots.filter(({ slot }) => groupOf(slot) === group).map(info);
  return { model, manifest: { name: graph.name, inputs: of('input'), outputs: of('output') } };
}

/** A model that this agent holds; undefined if nobody has uploaded it here. */
export async function findModel(env: AgentEnv, id: string): Promise<Model | undefined> {
  const known = loaded.get(id);
  if (known) return known;
  const db = openDatabase(env.DB);
  const row = await db.query.models.findFirst({ where: eq(models.id, id) });
  if (!row) return undefined;
  const file = await env.BUCKET.get(row.bundleKey);
  if (!file) throw new Error(`the bucket has lost ${row.bundleKey}: upload model ${id} again`);
  const loading = openBundle(new Uint8Array(await file.arrayBuffer())).then(({ model }) => {
    if (model.id !== id) throw new Error(`${row.bundleKey} holds model ${model.id}, not ${id}`);
    return model;
  });
  loaded.set(id, loading);
  // A failure is not remembered: the next who asks tries again.
  loading.catch(() => loaded.delete(id));
  for (const oldest of loaded.keys()) {
    if (loaded.size <= KEPT_MODELS) break;
    loaded.delete(oldest);
  }
  return loading;
}

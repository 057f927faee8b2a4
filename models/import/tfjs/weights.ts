/**
 * Weights of a TensorFlow.js model: a manifest in model.json, contents in shards beside it, perhaps quantised to integers of
 * 8 or 16 bits or to f16 (github.com/tensorflow/tfjs, tfjs-core/src/io/types.ts and io_utils.ts).
 */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { TensorData } from '../../network/types.ts';
import { Config } from '../layers/json.ts';
import { checkBools, checkedCount, floats } from '../layers/tensors.ts';

/** The file of a path beside model.json; undefined if there is none. */
export type Shards = (path: string) => Uint8Array | undefined;

/** Shards and weights at most. */
const MOST_ENTRIES = 100_000;

const DTYPES = { float32: 'f32', int32: 'i32', bool: 'bool' } as const;

/** Refuses paths that could leave the folder of model.json. */
function checkPath(path: unknown): string {
  const isPlain =
    typeof path === 'string' &&
    path.length > 0 &&
    !/^[/\\]|[\\\0:]/.test(path) &&
    !path.split('/').some((part) => part === '..');
  return isPlain
    ? path
    : malformed(`the path of a weight's shard leaves the folder: ${JSON.stringify(path)}`);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/**
 * All weights by name, quantised ones as the floats they stand for.
 *
 * @throws ModelError BAD_NETWORK: shards are missing, leave the folder, or don't have the manifest's sizes
 */
export function readWeights(manifest: readonly unknown[], shards: Shards): Map<string, TensorData> {
  const weights = new Map<string, TensorData>();
  const used = new Set<string>();
  for (const one of manifest) {
    const group = new Config(one, 'a group of the weights');
    const paths = group.list('paths').map(checkPath);
    const parts = paths.map((path) => {
      // Each shard is read once, or a manifest could make much of little.
      if (used.has(path) || used.size > MOST_ENTRIES)
        malformed(`the shard "${path}" is named twice`);
      used.add(path);
      return shards(path) ?? malformed(`the shard "${path}" of the weights is missing`);
    });
    const bytes = joined(parts);
    let at = 0;
    for (const entry of group.list('weights')) {
      const weight = new Config(entry, 'a weight');
      const name = weight.string('name');
      if (weights.has(name) || weights.size > MOST_ENTRIES)
        malformed(`two weights are called "${name}"`);
      const { size, tensor } = readWeight(weight, name, bytes.subarray(at));
      weights.set(name, tensor);
      at += size;
    }
    if (at !== bytes.length) {
      malformed(`the weights of ${paths.join(', ')} take ${at} bytes; there are ${bytes.length}`);
    }
  }
  return weights;
}

interface Read {
  readonly size: number;
  readonly tensor: TensorData;
}

function readWeight(weight: Config, name: string, bytes: Uint8Array): Read {
  const where = `weight "${name}"`;
  const type = weight.string('dtype');
  if (!Object.hasOwn(DTYPES, type)) unsupported(`${where} of type ${type}`);
  const dtype = DTYPES[type as keyof typeof DTYPES];
  const shape = weight.list('shape') as number[];
  const count = checkedCount(shape, dtype, where);
  const isQuantised = weight.get('quantization') !== undefined;
  const stored = isQuantised ? weight.object('quantization').string('dtype') : type;
  const width = { uint8: 1, uint16: 2, float16: 2, float32: 4, int32: 4, bool: 1 }[stored];
  if (!width || (isQuantised && width > 2)) return unsupported(`${where} quantised to ${stored}`);
  const size = count * width;
  if (size > bytes.length) malformed(`${where} takes ${size} bytes; ${bytes.length} are left`);
  const data = bytes.subarray(0, size);
  if (!isQuantised) {
    const tensor = { dtype, shape, data };
    checkBools(tensor, where);
    return { size, tensor };
  }
  const view = new DataView(data.buffer, data.byteOffset, size);
  if (stored === 'float16') {
    const values = Float32Array.from({ length: count }, (_, i) => view.getFloat16(2 * i, true));
    return { size, tensor: floats(values, shape) };
  }
  const { min, scale } = scaleOf(weight.object('quantization'));
  const values = Float64Array.from({ length: count }, (_, i) => {
    const value = stored === 'uint8' ? data[i]! : view.getUint16(2 * i, true);
    return value * scale + min;
  });
  if (dtype === 'f32') return { size, tensor: floats(values, shape) };
  if (dtype === 'bool') unsupported(`${where}: quantised truth values`);
  const rounded = Int32Array.from(values, (value) => Math.round(value));
  return { size, tensor: { dtype, shape, data: new Uint8Array(rounded.buffer) } };
}

const scaleOf = (quantization: Config): { min: number; scale: number } => ({
  min: quantization.number('min'),
  scale: quantization.number('scale'),
});

/** What the pickle of a state dictionary can hold. */
import { malformed } from '../../compile/errors.ts';
import type { Dtype } from '../../graph.ts';

/** Bytes that a tensor is a window of: a member of the archive. */
export interface Storage {
  readonly kind: 'storage';
  readonly key: string;
  readonly dtype: Dtype;
  readonly count: number;
}

/** `torch._utils._rebuild_tensor_v2`; offset and strides count elements. */
export interface StoredTensor {
  readonly kind: 'tensor';
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

interface Global {
  readonly kind: 'global';
  readonly name: string;
}

export type Pickled =
  | undefined
  | boolean
  | number
  | string
  | Storage
  | StoredTensor
  | Global
  | Map<Pickled, Pickled>
  | Pickled[];

/** Storages by the global that names their type. */
export const STORAGES: Readonly<Record<string, Dtype>> = {
  'torch.FloatStorage': 'f32',
  'torch.DoubleStorage': 'f64',
  'torch.HalfStorage': 'f16',
  'torch.BFloat16Storage': 'bf16',
  'torch.LongStorage': 'i64',
  'torch.IntStorage': 'i32',
  'torch.ShortStorage': 'i16',
  'torch.CharStorage': 'i8',
  'torch.ByteStorage': 'u8',
  'torch.BoolStorage': 'bool',
};

export const DICTIONARY = 'collections.OrderedDict';
export const TENSOR = 'torch._utils._rebuild_tensor_v2';
export const PARAMETER = 'torch._utils._rebuild_parameter';
/** All globals that a state dictionary may name. */
export const KNOWN = new Set([DICTIONARY, TENSOR, PARAMETER, ...Object.keys(STORAGES)]);

export const isObject = (value: Pickled): value is Storage | StoredTensor | Global =>
  typeof value === 'object' && 'kind' in value;
export const isCount = (value: Pickled): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: Pickled): value is number[] =>
  Array.isArray(value) && value.every(isCount);

/** Operands of `_rebuild_tensor_v2`. Throws `ModelError` BAD_NETWORK. */
export function tensorOf([storage, offset, shape, strides]: Pickled[]): StoredTensor {
  if (!isObject(storage) || storage.kind !== 'storage') malformed('a tensor without a storage');
  if (!isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    malformed(`a tensor of storage "${storage.key}" has no proper shape`);
  }
  if (shape.length !== strides.length)
    malformed(`a tensor with ${shape.length} dimensions and ${strides.length} strides`);
  return { kind: 'tensor', storage, offset, shape, strides };
}

/** State dictionaries that `torch.save` wrote (since 1.6: a zip archive of a pickle and of the storages it names). */
import { malformed, unsupported } from '../../compile/errors.ts';
import { DTYPES } from '../../graph.ts';
import type { TensorData } from '../../network/types.ts';
import { checkBools, checkedCount, gathered, rowMajorStrides } from '../layers/tensors.ts';
import { readPickle } from './pickle.ts';
import type { Pickled, StoredTensor } from './pickled.ts';
import { isZip, readZip } from './zip.ts';

/** Keys under which training scripts keep the state dictionary. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model'];

const isTensor = (value: Pickled): value is StoredTensor =>
  typeof value === 'object' && 'kind' in value && value.kind === 'tensor';

/**
 * Tensors by name, row-major. What is no tensor is left out.
 *
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR
 */
export function readStateDictionary(file: Uint8Array): Map<string, TensorData> {
  if (!isZip(file)) unsupported('a PyTorch file of before 1.6; save it again with torch.save');
  const members = readZip(file);
  const pickle = [...members.keys()].filter((path) => /^[^/]*\/?data\.pkl$/.test(path));
  if (pickle.length !== 1) malformed('the archive has no data.pkl: not a PyTorch file');
  const folder = pickle[0]!.slice(0, -'data.pkl'.length);
  if (members.has(`${folder}constants.pkl`)) {
    unsupported('a TorchScript program; save its state_dict() instead');
  }
  const order = members.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order).trim() !== 'little') {
    unsupported('a PyTorch file in big-endian byte order');
  }
  const dictionary = stateDictionary(readPickle(members.get(pickle[0]!)!));
  // Strided tensors are copied; together at most twice the file, so that strides of 0 can't ask for more.
  let budget = 2 * file.length + 2 ** 20;
  const result = new Map<string, TensorData>();
  for (const [name, value] of dictionary) {
    if (typeof name !== 'string' || !isTensor(value)) continue;
    const data = members.get(`${folder}data/${value.storage.key}`);
    if (!data)
      malformed(`tensor "${name}": its storage ${value.storage.key} is not in the archive`);
    const tensor = tensorOf(name, value, data);
    if (tensor.data.buffer !== data.buffer && (budget -= tensor.data.length) < 0) {
      malformed(`tensor "${name}" repeats its storage too often`);
    }
    checkBools(tensor, `tensor "${name}"`);
    result.set(name, tensor);
  }
  return result;
}

function stateDictionary(root: Pickled): Map<Pickled, Pickled> {
  if (!(root instanceof Map)) unsupported('a PyTorch file that holds no dictionary of tensors');
  if ([...root.values()].some(isTensor)) return root;
  const inner = WRAPPERS.map((key) => root.get(key)).find((value) => value instanceof Map);
  return inner instanceof Map ? inner : unsupported('a dictionary without tensors');
}

function tensorOf(name: string, tensor: StoredTensor, data: Uint8Array): TensorData {
  const { offset, shape, storage, strides } = tensor;
  const { dtype } = storage;
  const { bytes } = DTYPES[dtype];
  const count = checkedCount(shape, dtype, `tensor "${name}"`);
  if (count === 0) return { dtype, shape, data: new Uint8Array(0) };
  const last = shape.reduce((at, size, axis) => at + (size - 1) * strides[axis]!, offset);
  if (!(last < storage.count) || storage.count * bytes > data.length) {
    malformed(`tensor "${name}" reaches beyond its storage`);
  }
  const dense = rowMajorStrides(shape);
  const isDense = strides.every((stride, axis) => stride === dense[axis] || shape[axis] === 1);
  if (isDense)
    return { dtype, shape, data: data.subarray(offset * bytes, (offset + count) * bytes) };
  if (count > 2 * storage.count) malformed(`tensor "${name}" repeats its storage too often`);
  return { dtype, shape, data: gathered(data, bytes, offset, shape, strides) };
}

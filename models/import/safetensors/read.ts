/**
 * Tensors of a safetensors file (github.com/huggingface/safetensors, "Format"): the header's length in 8 bytes, a header in
 * JSON, the tensors' bytes.
 */
import { malformed, unsupported } from '../../compile/errors.ts';
import { DTYPES, type Dtype } from '../../graph.ts';
import type { TensorData } from '../../network/types.ts';
import { Config, parseJson } from '../layers/json.ts';
import { checkBools, checkedCount } from '../layers/tensors.ts';

const MOST_HEADER = 100_000_000;

const TYPES: Readonly<Record<string, Dtype>> = {
  F64: 'f64',
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  I64: 'i64',
  I32: 'i32',
  I16: 'i16',
  I8: 'i8',
  U64: 'u64',
  U32: 'u32',
  U16: 'u16',
  U8: 'u8',
  BOOL: 'bool',
};

/** Length of the header, or undefined if this is no safetensors file. */
function headerLength(file: Uint8Array): number | undefined {
  if (file.length < 9 || file[8] !== 0x7b) return undefined;
  const length = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true);
  return length <= Math.min(MOST_HEADER, file.length - 8) ? Number(length) : undefined;
}

export const isSafetensors = (file: Uint8Array): boolean => headerLength(file) !== undefined;

/**
 * Tensors by name, as views of the file. The tensors must cover what follows the header exactly, without overlap or gap, as
 * the format demands.
 *
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR (element types that networks here don't have, all at once)
 */
export function readSafetensors(file: Uint8Array): Map<string, TensorData> {
  const length =
    headerLength(file) ?? malformed('not a safetensors file, or its header is cut off');
  const header = new Config(
    parseJson(file.subarray(8, 8 + length), 'the header of the safetensors file'),
    'the header of the safetensors file',
  );
  const data = file.subarray(8 + length);
  const unknown = new Set<string>();
  const entries = header
    .keys()
    .filter((name) => name !== '__metadata__')
    .map((name) => {
      const entry = new Config(header.get(name), `tensor "${name}"`);
      const [begin, end] = entry.sizes('data_offsets', 2, undefined, 0) as [number, number];
      const type = entry.string('dtype');
      if (!Object.hasOwn(TYPES, type)) unknown.add(type);
      return { name, begin, end, dtype: TYPES[type]!, shape: entry.list('shape') as number[] };
    });
  if (unknown.size > 0) unsupported(`tensors of the types ${[...unknown].sort().join(', ')}`);
  let at = 0;
  for (const { begin, dtype, end, name, shape } of entries.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    const bytes = checkedCount(shape, dtype, `tensor "${name}"`) * DTYPES[dtype].bytes;
    if (begin !== at || end !== begin + bytes) {
      malformed(
        `tensor "${name}" lies at ${begin} to ${end}; ${bytes} bytes from ${at} are its place`,
      );
    }
    at = end;
  }
  if (at !== data.length) malformed(`the tensors take ${at} bytes, the file has ${data.length}`);
  return new Map(
    entries.map(({ begin, dtype, end, name, shape }) => {
      const tensor = { dtype, shape, data: data.subarray(begin, end) };
      checkBools(tensor, `tensor "${name}"`);
      return [name, tensor];
    }),
  );
}

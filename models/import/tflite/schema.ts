/**
 * What a TFLite file holds, as plain objects: the tables of TensorFlow Lite's schema (schema.fbs, version 3) that a network
 * needs. Fields of tables are read by their number there.
 */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { Dtype } from '../../graph.ts';
import { BUILTINS } from './builtins.ts';
import { type Options, readOptions } from './options.ts';
import { rootTable, type Table } from './tables.ts';

/** value = scale * (stored - zero), for each index along `axis` or for the whole tensor. */
export interface Quantisation {
  readonly scales: readonly number[];
  readonly zeros: readonly number[];
  readonly axis: number;
}

export interface TfliteTensor {
  readonly index: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Content of a constant. */
  readonly data?: Uint8Array;
  readonly quantisation?: Quantisation;
}

export interface TfliteOperator {
  /** Name in the schema, or `CUSTOM:name`. */
  readonly builtin: string;
  /** Undefined for an optional input that is left out. */
  readonly inputs: readonly (TfliteTensor | undefined)[];
  readonly outputs: readonly TfliteTensor[];
  readonly options: Options;
}

export interface TfliteModel {
  readonly name: string;
  readonly inputs: readonly TfliteTensor[];
  readonly outputs: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
}

const DTYPE: Readonly<Record<number, Dtype>> = {
  0: 'f32',
  1: 'f16',
  2: 'i32',
  3: 'u8',
  4: 'i64',
  6: 'bool',
  7: 'i16',
  9: 'i8',
  10: 'f64',
  12: 'u64',
  15: 'u32',
  16: 'u16',
  18: 'bf16',
};

/** @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR */
export function readModel(bytes: Uint8Array): TfliteModel {
  const model = rootTable(bytes, 'TFL3');
  const version = model.number(0, 'u32');
  if (version !== 3) unsupported(`version ${version} of the TFLite schema; 3 is known`);
  const codes = model.tables(1).map(builtinOf);
  const buffers = model.tables(4);
  const subgraphs = model.tables(2);
  const main = subgraphs[0] ?? malformed('the TFLite file has no subgraph');
  const tensors = main.tables(0).map((table, index) => readTensor(table, index, buffers, bytes));
  const tensor = (index: number): TfliteTensor =>
    tensors[index] ?? malformed(`tensor ${index} of ${tensors.length} doesn't exist`);
  const operators = main.tables(3).map((table, position) => {
    const code = table.number(0, 'u32');
    const builtin = codes[code] ?? malformed(`operator ${position} has no operator code ${code}`);
    return {
      builtin,
      inputs: table.numbers(1, 'i32').map((index) => (index === -1 ? undefined : tensor(index))),
      outputs: table.numbers(2, 'i32').map(tensor),
      options: readOptions(builtin, table.table(4)),
    };
  });
  return {
    name: model.string(3) || main.string(4) || 'tflite',
    inputs: main.numbers(1, 'i32').map(tensor),
    outputs: main.numbers(2, 'i32').map(tensor),
    operators,
  };
}

/** Codes above 127 don't fit the old field; writers put the code into both where it does. */
function builtinOf(table: Table): string {
  const code = Math.max(table.number(0, 'i8'), table.number(3, 'i32'));
  const name = BUILTINS[code] ?? `BUILTIN_${code}`;
  return name === 'CUSTOM' ? `CUSTOM:${table.string(1)}` : name;
}

function readTensor(
  table: Table,
  index: number,
  buffers: readonly Table[],
  file: Uint8Array,
): TfliteTensor {
  const name = table.string(3) || `tensor ${index}`;
  const type = table.number(1, 'i8');
  const dtype = DTYPE[type] ?? unsupported(`tensor "${name}" has the type ${type}`);
  if (table.has(6)) unsupported(`tensor "${name}" is sparse`);
  const shape = table.numbers(0, 'i32');
  if (shape.some((size) => size < 0)) malformed(`tensor "${name}" has the shape [${shape}]`);
  const number = table.number(2, 'u32');
  const buffer = buffers[number] ?? malformed(`tensor "${name}" has no buffer ${number}`);
  const data = number === 0 ? new Uint8Array() : bufferBytes(buffer, file);
  const quantisation = table.table(4);
  return {
    index,
    name,
    dtype,
    shape,
    ...(data.length > 0 ? { data } : {}),
    ...(quantisation ? readQuantisation(quantisation, name, shape) : {}),
  };
}

/** A buffer's content: in its table, or in files above 2 GiB behind the tables. */
function bufferBytes(buffer: Table, file: Uint8Array): Uint8Array {
  const offset = buffer.number(1, 'u64');
  if (offset <= 1) return buffer.bytes(0);
  const size = buffer.number(2, 'u64');
  if (offset + size > file.length) malformed('a buffer lies outside the TFLite file');
  return file.subarray(offset, offset + size);
}

function readQuantisation(
  table: Table,
  name: string,
  shape: readonly number[],
): { quantisation?: Quantisation } {
  const scales = table.numbers(2, 'f32');
  if (scales.length === 0) return {};
  if (table.number(4, 'u8') !== 0) unsupported(`tensor "${name}" has a quantisation of its own`);
  const zeros = table.numbers(3, 'i64');
  const axis = table.number(6, 'i32');
  const isSound =
    (zeros.length === 0 || zeros.length === scales.length) &&
    (scales.length === 1 || scales.length === shape[axis]) &&
    scales.every((scale) => scale >= 0 && Number.isFinite(scale)) &&
    zeros.every((zero) => Number.isInteger(zero) && Math.abs(zero) <= 2 ** 31);
  if (!isSound) malformed(`the quantisation of tensor "${name}" doesn't fit it`);
  return {
    quantisation: { scales, zeros: zeros.length > 0 ? zeros : scales.map(() => 0), axis },
  };
}

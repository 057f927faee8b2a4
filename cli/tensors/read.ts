/** Tensors from files of any kind that the command line takes, and back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { describeType, elements, type TensorType } from '../../models/graph.ts';
import { readOnnxTensor } from '../../models/import/onnx/index.ts';
import type { TensorData } from '../../models/network/types.ts';
import { UserError } from '../errors.ts';
import { isFloat, rangeOf, readElements, writeElements } from './elements.ts';
import { matching, parseJson, readNested, writeNested } from './json.ts';
import { readNpy, writeNpy } from './npy.ts';
import { type PictureOptions, readPng } from './png.ts';

export interface ReadOptions extends PictureOptions {
  /** Numbers of another type become the input's: floats are rounded to nearest, integers must fit. */
  readonly convert?: boolean;
}

/** Bytes of a file. Throws `UserError` NO_FILE. */
export function readBytes(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new UserError('NO_FILE', `can't read ${path}: ${reason}`, { cause });
  }
}

/** Writes a file. Throws `UserError` CANT_WRITE. */
export function writeBytes(path: string, bytes: Uint8Array | string): void {
  try {
    writeFileSync(path, bytes);
  } catch (cause) {
    throw new UserError('CANT_WRITE', `can't write ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** What `--input` and `--freeze` read. */
export const READABLE = ['.npy', '.json', '.png', '.pb'] as const;

/**
 * The content of a tensor of type `type` from a file.
 *
 * @throws UserError NO_FILE, BAD_NPY, BAD_JSON, BAD_PNG, BAD_PB, WRONG_TYPE (another dtype or shape)
 */
export function readTensor(path: string, type: TensorType, options: ReadOptions = {}): TensorData {
  const name = basename(path);
  const ending = extname(path).toLowerCase();
  if (!READABLE.some((known) => known === ending)) {
    throw new UserError(
      'UNKNOWN_KIND',
      `${path}: tensors are read from ${READABLE.join(', ')}; "${ending || 'no ending'}" is none of them`,
    );
  }
  const file = readBytes(path);
  if (ending === '.json') {
    return readNested(parseJson(new TextDecoder().decode(file), name), type, name);
  }
  if (ending === '.png') return readPng(file, type, options, name);
  const tensor = ending === '.npy' ? readNpy(file, name) : readPb(file, name);
  return fitting(tensor, type, options, name);
}

/** A tensor in a file of ONNX's test sets. */
function readPb(file: Uint8Array, name: string): TensorData {
  try {
    return readOnnxTensor(file);
  } catch (cause) {
    throw new UserError('BAD_PB', `${name}: ${(cause as Error).message}`, { cause });
  }
}

/** The tensor as one of `type`: axes of one element may differ, and with `convert` the dtype. */
function fitting(
  tensor: TensorData,
  type: TensorType,
  { convert = false }: ReadOptions,
  name: string,
): TensorData {
  const fail = (hint: string): never => {
    throw new UserError(
      'WRONG_TYPE',
      `${name} is ${describeType(tensor)}; it must be ${describeType(type)}${hint}`,
    );
  };
  if (!matching(tensor.shape, type.shape)) return fail('');
  if (tensor.dtype === type.dtype) return { ...type, data: tensor.data };
  if (!convert) return fail(', or say --convert');
  const [low, high] = rangeOf(type.dtype);
  const values = readElements(tensor.dtype, tensor.data).map((exact, i) => {
    const value = Number(exact);
    const isGood = isFloat(type.dtype)
      ? !Number.isFinite(value) || (value >= low && value <= high)
      : Number.isInteger(value) && value >= low && value <= high;
    return isGood ? value : fail(`, and its element ${i} is ${exact}, which that doesn't hold`);
  });
  return { ...type, data: writeElements(type.dtype, values) };
}

/** Writes a tensor as `.npy` or `.json`, by the file's ending. Throws `UserError` UNKNOWN_KIND, CANT_WRITE. */
export function writeTensor(path: string, tensor: TensorData): void {
  const ending = extname(path).toLowerCase();
  if (ending !== '.npy' && ending !== '.json') {
    throw new UserError('UNKNOWN_KIND', `${path}: results are written as .npy or .json`);
  }
  const text = () => `${JSON.stringify(writeNested(tensor))}\n`;
  writeBytes(path, ending === '.npy' ? writeNpy(tensor) : text());
}

/** A tensor from the text of an option: JSON, one number for every element of a shape that is known. */
export function parseTensor(text: string, type: TensorType, name: string): TensorData {
  const value = parseJson(text, name);
  const filled =
    typeof value === 'number' || typeof value === 'boolean'
      ? new Array<unknown>(elements(type)).fill(value)
      : value;
  return readNested(filled, type, name);
}

/** Network files: read by models/import, compiled as the options say. */
import { type Compiled, compileNetwork } from '../models/compile/compile.ts';
import { type Format, formatOf, type Imported, importFile } from '../models/import/index.ts';
import { type Engines, ModelError } from '../models/index.ts';
import type { Dimension, Network, NetworkInput, TensorData } from '../models/network/types.ts';
import { UserError } from './errors.ts';
import { Folder } from './folder.ts';
import { dimensionsFrom, named, shapesFrom } from './options.ts';
import { progress } from './output.ts';
import { parseTensor, READABLE, readTensor } from './tensors/read.ts';

/** What decides how a network file becomes a model. */
export interface ImportOptions {
  readonly description?: string;
  readonly shape?: readonly string[];
  readonly dimension?: readonly string[];
  readonly freeze?: readonly string[];
}

/** Formats that hold weights and not the network. */
const WEIGHTS_ONLY: ReadonlySet<Format> = new Set(['PyTorch', 'safetensors']);

/**
 * Reads a network file, with the files beside it that it names.
 *
 * @throws UserError NO_FILE, UNKNOWN_KIND, BAD_OPTION; ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR
 */
export function readNetwork(path: string, { description }: ImportOptions): Imported {
  const files = new Folder(path, description === undefined ? [] : [description]);
  const format = formatOf(files.main);
  if (!format) {
    throw new UserError(
      'UNKNOWN_KIND',
      `${path} is no network of a known format: ONNX, TFLite, TensorFlow.js (its model.json), Keras (HDF5), PyTorch, safetensors`,
    );
  }
  if (description === undefined && WEIGHTS_ONLY.has(format)) {
    throw new UserError(
      'BAD_OPTION',
      `${path} (${format}) holds weights and not the network; give --description FILE.json, which docs/importing.md explains`,
    );
  }
  return importFile(files);
}

/** Names of dimensions that must be given. */
export const openDimensions = (inputs: readonly NetworkInput[]): string[] => [
  ...new Set(
    inputs.flatMap(({ shape = [] }) =>
      shape.filter((dimension): dimension is string => typeof dimension === 'string'),
    ),
  ),
];

/** Open dimensions that are how many examples are run at once, by their place and name: one, where nothing else is said. */
const openBatches = (
  inputs: readonly NetworkInput[],
  shapes: Readonly<Record<string, readonly number[]>>,
): string[] =>
  inputs.flatMap(({ name, shape: [first] = [] }) =>
    typeof first === 'string' && !shapes[name] && /batch|^n$/i.test(first) ? [first] : [],
  );

/** Compiles a network with the shapes, dimensions and frozen inputs of the options. */
export function compile(network: Network, options: ImportOptions, engines: Engines): Compiled {
  const names = network.inputs.map(({ name }) => name);
  const shapes = shapesFrom(options.shape ?? [], names);
  const dimensions = dimensionsFrom(options.dimension ?? [], openDimensions(network.inputs));
  const shapeOf = ({ name, shape }: NetworkInput): readonly Dimension[] | undefined =>
    shapes[name] ?? shape?.map((one) => (typeof one === 'string' ? (dimensions[one] ?? one) : one));
  const frozen = new Map(
    (options.freeze ?? []).map((text): [string, TensorData] => {
      const [name, value] = named('--freeze', text, names);
      const input = network.inputs.find((one) => one.name === name)!;
      if (input.kind) {
        const message = `--freeze ${text}: input "${name}" is ${input.kind === 'sequence' ? 'a sequence' : 'optional'}, which no option can give`;
        throw new UserError('BAD_OPTION', message);
      }
      return [name, frozenValue(text, value, { ...input, shape: shapeOf(input) ?? [] })];
    }),
  );
  for (const name of openBatches(network.inputs, shapes)) {
    if (dimensions[name] !== undefined) continue;
    dimensions[name] = 1;
    console.error(`${name} = 1, since nothing else is said (--dimension ${name}=SIZE)`);
  }
  const report = progress('compiling, operator');
  try {
    return compileNetwork(network, {
      kernels: engines.kernels,
      ...{ shapes, dimensions, frozen, onProgress: report },
    });
  } catch (error) {
    if (!(error instanceof ModelError) || error.code !== 'NOT_STATIC') throw error;
    const [open = 'NAME'] = openDimensions(network.inputs);
    const hint = `--dimension ${open}=1, --shape NAME=SIZES or --freeze NAME=VALUE`;
    throw new ModelError(error.code, `${error.message}: ${hint}`, { cause: error });
  } finally {
    report.end();
  }
}

function frozenValue(
  text: string,
  value: string,
  { dtype, name, shape = [] }: NetworkInput,
): TensorData {
  const sizes = shape.map((dimension) => {
    if (typeof dimension === 'number') return dimension;
    const message = `--freeze ${text}: input "${name}" has the open dimension "${dimension}"; say --dimension ${dimension}=SIZE or --shape too`;
    throw new UserError('BAD_OPTION', message);
  });
  const type = { dtype, shape: sizes };
  return READABLE.some((ending) => value.toLowerCase().endsWith(ending))
    ? readTensor(value, type)
    : parseTensor(value, type, `--freeze ${text}`);
}

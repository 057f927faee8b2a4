import type { Command } from 'commander';
import { writeBundle } from '../../models/bundle.ts';
import { loadModel } from '../../models/index.ts';
import type { Network } from '../../models/network/types.ts';
import { loadEngines } from '../engines.ts';
import { compile, type ImportOptions, readNetwork } from '../network.ts';
import { collect } from '../options.ts';
import { bytesText, grouped, print } from '../output.ts';
import { summarise, summaryText } from '../summary.ts';
import { writeBytes } from '../tensors/read.ts';

/** Adds what decides how a network becomes a model: `import` and `verify` take the same. */
export const withImportOptions = (command: Command): Command =>
  command
    .option('--description <file>', 'JSON that describes the network, for files of weights alone')
    .option('--shape <name=sizes>', "an input's shape, such as image=1,3,224,224", collect)
    .option('--dimension <name=size>', 'the size of an open dimension, such as batch=1', collect)
    .option(
      '--freeze <name=value>',
      'an input that becomes a constant: a .npy, .json, .png or .pb file, or JSON such as 1 or [2,3]',
      collect,
    );

interface Options extends ImportOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Elements of a network's constants, those of graphs in graphs included. */
export function parametersOf(network: Network): number {
  let sum = 0;
  for (const { shape } of network.constants.values()) sum += shape.reduce((x, y) => x * y, 1);
  for (const { attributes } of network.nodes) {
    for (const value of Object.values(attributes)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (typeof one === 'object' && 'nodes' in one) sum += parametersOf(one);
      }
    }
  }
  return sum;
}

async function run(path: string, options: Options): Promise<void> {
  const engines = loadEngines();
  const { format, network } = readNetwork(path, options);
  const { graph } = compile(network, options, engines);
  const file = writeBundle(graph);
  const summary = summarise(await loadModel(file, engines));
  if (options.out) writeBytes(options.out, file);
  const parameters = parametersOf(network);
  const out = options.out ? { out: options.out } : {};
  print(
    options.json ?? false,
    { format, parameters, nodes: network.nodes.length, fileBytes: file.length, ...out, ...summary },
    () =>
      [
        summaryText(summary, [
          ['format', format],
          ['parameters', grouped(parameters)],
        ]),
        options.out
          ? `\nwritten to ${options.out}, ${bytesText(file.length)}`
          : '\nnothing is written; --out model.bin keeps the model',
      ].join('\n'),
  );
}

export const addImport = (program: Command): Command =>
  withImportOptions(
    program
      .command('import')
      .description('makes a model of a network file (ONNX, TFLite, TF.js, Keras, PyTorch)')
      .argument('<file>', 'the network'),
  )
    .option('--out <file>', 'where the model goes')
    .option('--json', 'JSON in place of text')
    .addHelpText(
      'after',
      `
Examples:
  pinpoint import resnet.onnx --out resnet.bin
  pinpoint import bert.onnx --dimension batch=1 --dimension sequence=128 --out bert.bin
  pinpoint import detector.onnx --shape image=1,3,320,320 --freeze threshold=0.5 --out detector.bin
  pinpoint import mnist.safetensors --description mnist.json --out mnist.bin`,
    )
    .action(run);

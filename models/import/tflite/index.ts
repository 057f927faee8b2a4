/** Reads networks of TensorFlow Lite. */
import { unsupported } from '../../compile/errors.ts';
import type { Network } from '../../network/types.ts';
import { CONVOLUTION } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { Emitter, type Translation, type Translations } from './emitter.ts';
import { MOVEMENT } from './movement.ts';
import { isQuantisedOperator, QUANTISED, quantisedTranslation } from './quantised.ts';
import { readModel, type TfliteOperator } from './schema.ts';

/** Operators of floats, integers and truth values. */
const PLAIN: Translations = {
  ...CONVOLUTION,
  ...ELEMENTWISE,
  ...MOVEMENT,
  QUANTIZE: QUANTISED.QUANTIZE!,
  DEQUANTIZE: QUANTISED.DEQUANTIZE!,
};

/**
 * The network of a `.tflite` file: its first subgraph. Operators on floats become ONNX's, on channels-first images between
 * transpositions; quantised ones become `tflite:NAME`. Shapes are those of the file.
 *
 * @throws ModelError BAD_NETWORK (damaged, or contradicts itself), UNSUPPORTED_OPERATOR (all unknown operators at once)
 */
export function readTflite(bytes: Uint8Array): Network {
  const { inputs, name, operators, outputs } = readModel(bytes);
  const translations = operators.map(translationOf);
  refuseUnknown(operators, translations);
  const e = new Emitter();
  const named = inputs.map((tensor) => {
    const value = e.fresh(tensor.name);
    e.bind(tensor, value);
    return { name: value, dtype: tensor.dtype, shape: tensor.shape };
  });
  operators.forEach((op, i) => {
    e.scope = op.outputs[0]?.name ?? op.builtin;
    const results = [translations[i]!(e, op)].flat();
    op.outputs.forEach((tensor, j) => {
      const result = results[j];
      if (result !== undefined) e.bind(tensor, result);
    });
  });
  // The results get the names of their tensors.
  const results = outputs.map((tensor) => {
    e.scope = tensor.name;
    const value = e.value(tensor);
    return value === tensor.name ? value : e.node('Identity', [value]);
  });
  return { name, inputs: named, outputs: results, constants: e.constants, nodes: e.nodes };
}

function translationOf(op: TfliteOperator): Translation | undefined {
  if (isQuantisedOperator(op)) return quantisedTranslation(op, PLAIN);
  return Object.hasOwn(PLAIN, op.builtin) ? PLAIN[op.builtin] : undefined;
}

function refuseUnknown(
  operators: readonly TfliteOperator[],
  translations: readonly (Translation | undefined)[],
): void {
  const unknown = new Map<string, number>();
  operators.forEach((op, i) => {
    if (translations[i]) return;
    const what = isQuantisedOperator(op) ? `quantised ${op.builtin}` : op.builtin;
    unknown.set(what, (unknown.get(what) ?? 0) + 1);
  });
  if (unknown.size === 0) return;
  const list = [...unknown].sort().map(([op, n]) => (n > 1 ? `${op} (${n} times)` : op));
  unsupported(`TFLite operators that aren't supported: ${list.join(', ')}`);
}

/**
 * Quantised operators: nodes `tflite:NAME` whose attributes are the options of the schema and the quantisation of their operands,
 * see `quantisationOf`; their lowerings follow TFLite's integer semantics.
 */
import { unsupported } from '../../compile/errors.ts';
import { dequantised } from './convolution.ts';
import {
  type Attributes,
  inputTensor,
  outputTensor,
  type Translation,
  type Translations,
} from './emitter.ts';
import { MOVEMENT } from './movement.ts';
import type { TfliteOperator, TfliteTensor } from './schema.ts';

const isQuantised = (tensor: TfliteTensor | undefined): boolean =>
  tensor?.quantisation !== undefined && ['i8', 'u8', 'i16'].includes(tensor.dtype);

/** Whether an operator computes on integers that stand for other numbers; weights beside floats don't make it. */
export const isQuantisedOperator = ({ inputs, outputs }: TfliteOperator): boolean =>
  isQuantised(outputs[0]) || (inputs[0]?.dtype !== 'f32' && inputs.some(isQuantised));

/** Operators that don't look at values, or only at their order, where all operands have one quantisation. */
const ORDER_ONLY = new Set([
  ...['MAXIMUM', 'MINIMUM', 'REDUCE_MAX', 'REDUCE_MIN', 'ARG_MAX', 'ARG_MIN', 'TOPK_V2'],
  ...['EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL'],
  ...['RESIZE_NEAREST_NEIGHBOR', 'SPACE_TO_DEPTH', 'DEPTH_TO_SPACE', 'SELECT', 'SELECT_V2'],
]);

const OWN = [
  ...['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED'],
  ...['AVERAGE_POOL_2D', 'MAX_POOL_2D', 'MEAN', 'SUM', 'SOFTMAX'],
  ...['ADD', 'SUB', 'MUL', 'PRELU', 'CONCATENATION', 'QUANTIZE'],
  ...['RELU', 'RELU6', 'RELU_N1_TO_1', 'LEAKY_RELU', 'ELU', 'HARD_SWISH'],
  ...['LOGISTIC', 'TANH', 'EXP', 'LOG', 'SQRT'],
];

/** Whether the quantised operands have one scale and zero. */
function isUniform({ inputs, outputs }: TfliteOperator): boolean {
  const all = [...inputs, ...outputs].filter(isQuantised);
  const key = (tensor: TfliteTensor | undefined): string => {
    const { scales, zeros } = tensor!.quantisation!;
    return `${scales} ${zeros}`;
  };
  return all.every((tensor) => key(tensor) === key(all[0]));
}

/**
 * `input_scales`, `input_zeros`, `output_scales`, `output_zeros` hold one number for each operand (0 if it isn't quantised),
 * `filter_scales` one for each output channel, or one for all, where input 1 is weights.
 */
function quantisationOf({ inputs, outputs }: TfliteOperator): Attributes {
  const scales = (list: readonly (TfliteTensor | undefined)[]): number[] =>
    list.map((tensor) => tensor?.quantisation?.scales[0] ?? 0);
  const zeros = (list: readonly (TfliteTensor | undefined)[]): number[] =>
    list.map((tensor) => tensor?.quantisation?.zeros[0] ?? 0);
  const filter = inputs[1]?.quantisation;
  if (filter && new Set(filter.zeros).size > 1)
    unsupported(`"${inputs[1]!.name}" has different zeros for its channels`);
  return {
    input_scales: scales(inputs),
    input_zeros: zeros(inputs),
    output_scales: scales(outputs),
    output_zeros: zeros(outputs),
    ...(filter ? { filter_scales: filter.scales } : {}),
  };
}

const own: Translation = (e, op) => {
  const { dtype, shape } = outputTensor(op);
  const inputs = op.inputs.map((tensor) => (tensor ? e.value(tensor) : ''));
  const attributes = {
    ...op.options,
    ...quantisationOf(op),
    output_type: dtype,
    output_shape: shape,
  };
  return e.node(`tflite:${op.builtin}`, inputs, attributes);
};

/** What an operator on quantised tensors becomes; undefined if it isn't supported. */
export function quantisedTranslation(
  op: TfliteOperator,
  plain: Translations,
): Translation | undefined {
  const { builtin } = op;
  if (Object.hasOwn(QUANTISED, builtin)) return QUANTISED[builtin];
  const keeps = Object.hasOwn(MOVEMENT, builtin) || (ORDER_ONLY.has(builtin) && isUniform(op));
  return keeps ? plain[builtin] : undefined;
}

export const QUANTISED: Translations = {
  ...Object.fromEntries(OWN.map((name) => [name, own])),
  DEQUANTIZE: (e, op) => {
    const x = inputTensor(op, 0);
    if (x.dtype === 'f16' || x.dtype === 'bf16') return e.cast(e.value(x), 'f32');
    if (!x.quantisation) unsupported(`DEQUANTIZE of "${x.name}", which has no scale`);
    return dequantised(e, x, e.value(x));
  },
};

/** Operators that make tensors of nothing but sizes: all of them constants. */
import {
  type Context,
  content,
  input,
  integers,
  type Lowerings,
  number,
  tensorAttribute,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { readNumbers, writeNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { typeAttribute } from '../cast.ts';
import { expand } from './assemble.ts';
import { circle } from './circle.ts';

/** ONNX's number of f32. */
const FLOAT = 1;
/** Elements of what is generated one by one, at most. */
const MOST = 2 ** 22;

/** The one number that an input holds, which must be known. */
function scalar(c: Context, i: number): number {
  const values = readNumbers(input(c, i).dtype, content(c, i));
  if (values.length !== 1) malformed(`${where(c)}: input ${i} is ${describe(input(c, i))}`);
  return values[0]!;
}

function bounded(c: Context, elements: number): number {
  if (!(elements >= 0)) malformed(`${where(c)}: ${elements} elements`);
  return elements <= MOST ? elements : unsupported(`${where(c)}: ${elements} elements`);
}

function constant(c: Context): Tensor {
  const value = tensorAttribute(c, 'value');
  return value ? c.b.constant(value, value.data) : unsupported(`${where(c)}: it has no tensor`);
}

function constantOfShape(c: Context): Tensor {
  const { b } = c;
  const shape = integers(c, 0) ?? [];
  const zero = { dtype: 'f32', shape: [1], data: new Uint8Array(4) } as const;
  const value = tensorAttribute(c, 'value') ?? zero;
  const isGood = shape.every((size) => size >= 0) && count(value.shape) === 1;
  if (!isGood) malformed(`${where(c)}: shape [${shape}] of ${describe(value)}`);
  return expand(b, b.constant({ dtype: value.dtype, shape: [] }, value.data), shape);
}

function eyeLike(c: Context): Tensor {
  const x = input(c, 0);
  const [rows = 0, columns = 0] = x.shape;
  if (x.shape.length !== 2) malformed(`${where(c)}: ${describe(x)} is no matrix`);
  const dtype = c.node.attributes.dtype === undefined ? x.dtype : typeAttribute(c, 'dtype');
  const k = number(c, 'k', 0);
  const values = new Array<number>(bounded(c, rows * columns)).fill(0);
  for (let i = 0; i < rows; i++) {
    if (i + k >= 0 && i + k < columns) values[i * columns + i + k] = 1;
  }
  return c.b.constant({ dtype, shape: [rows, columns] }, writeNumbers(dtype, values));
}

function range(c: Context): Tensor {
  const { dtype } = input(c, 0);
  const [start, limit, delta] = [scalar(c, 0), scalar(c, 1), scalar(c, 2)];
  if (delta === 0) malformed(`${where(c)}: a step of 0`);
  const n = bounded(c, Math.max(0, Math.ceil((limit - start) / delta)));
  const values = Array.from({ length: n }, (_, i) => start + i * delta);
  return c.b.constant({ dtype, shape: [n] }, writeNumbers(dtype, values));
}

/** A window of cosines: w[i] = sum over j of terms[j] * cos(2 pi i j / n), n the size, or one less if it is symmetric. */
function window(terms: readonly number[]): (c: Context) => Tensor {
  return (c) => {
    const size = bounded(c, scalar(c, 0));
    const dtype = typeAttribute(c, 'output_datatype', FLOAT);
    const n = Math.max(1, number(c, 'periodic', 1) === 0 ? size - 1 : size);
    const values = Array.from({ length: size }, (_, i) =>
      terms.reduce((sum, term, j) => sum + term * circle(i * j, n).cos, 0),
    );
    return c.b.constant({ dtype, shape: [size] }, writeNumbers(dtype, values));
  };
}

/** Triangles over the frequencies of a spectrum, evenly spaced in mels: [dft_length / 2 + 1, bins]. */
function melWeightMatrix(c: Context): Tensor {
  const [bins, length, rate, low, high] = [0, 1, 2, 3, 4].map((i) => scalar(c, i)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const dtype = typeAttribute(c, 'output_datatype', FLOAT);
  const rows = Math.floor(length / 2) + 1;
  bounded(c, rows * bins);
  const mels = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
  const step = (mels(high) - mels(low)) / (bins + 2);
  // Places in the spectrum, whole numbers: the last bits of the logarithm don't show.
  const places = Array.from({ length: bins + 2 }, (_, i) => {
    const hertz = 700 * (10 ** ((i * step + mels(low)) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  });
  if (places.some((place) => !(place >= 0 && place <= rows))) {
    malformed(
      `${where(c)}: from ${low} to ${high} Hz of a spectrum of ${length} points at ${rate} Hz`,
    );
  }
  const values = new Array<number>(rows * bins).fill(0);
  const put = (row: number, bin: number, value: number): void => {
    if (row < rows) values[row * bins + bin] = value;
  };
  for (let bin = 0; bin < bins; bin++) {
    const [from = 0, middle = 0, to = 0] = places.slice(bin, bin + 3);
    if (middle === from) put(middle, bin, 1);
    for (let j = from; j <= middle && middle > from; j++) put(j, bin, (j - from) / (middle - from));
    for (let j = middle; j < to; j++) put(j, bin, (to - j) / (to - middle));
  }
  return c.b.constant({ dtype, shape: [rows, bins] }, writeNumbers(dtype, values));
}

export const GENERATE: Lowerings = {
  BlackmanWindow: window([0.42, -0.5, 0.08]),
  Constant: constant,
  ConstantOfShape: constantOfShape,
  EyeLike: { anyAxes: true, lower: eyeLike },
  HammingWindow: window([25 / 46, -21 / 46]),
  HannWindow: window([0.5, -0.5]),
  MelWeightMatrix: melWeightMatrix,
  Range: range,
};

/** Rules of vm/kernels/quantised: integer arithmetic of quantised networks. */
import type { OperandType } from './rule.ts';
import { product, type Rule, type Rules } from './rule.ts';

/** Attributes of convolutions in their order; vm/kernels/quantised/patches.ts says what they mean. */
export const CONVOLUTION_ATTRIBUTES = [
  ...['batch', 'height', 'width', 'channels', 'stride', 'first'],
  ...['outHeight', 'outWidth', 'filters', 'outStride', 'outFirst'],
  ...['kernelH', 'kernelW', 'strideH', 'strideW', 'dilationH', 'dilationW', 'padTop', 'padLeft'],
  ...['begin', 'end', 'block', 'signed', 'zero', 'outZero', 'low', 'high'],
] as const;

export type Convolution8 = Record<(typeof CONVOLUTION_ATTRIBUTES)[number], number>;

/** Columns of a panel, and the numbers that each has by what the sums become. */
export const PANEL_COLUMNS = 8;
export const PANEL_FIELDS = { sums: 2, fixed: 7, scaled: 3 } as const;
export type Requantisation = keyof typeof PANEL_FIELDS;

/** Products of a sum at most: of i8 with i8 they stay within i32. */
export const MOST_PRODUCTS = 131_071;
/** Bytes of the block of rows that a convolution extends. */
const MOST_SCRATCH = 2 ** 26;

const named = (values: readonly number[]): Convolution8 =>
  Object.fromEntries(
    CONVOLUTION_ATTRIBUTES.map((name, i) => [name, values[i] ?? 0]),
  ) as Convolution8;
const panels = (n: number): number => Math.ceil(n / PANEL_COLUMNS);
const depthOf = ({ channels, kernelH, kernelW }: Convolution8): number =>
  product(channels, kernelH, kernelW);
const rowBytes = (a: Convolution8): number => 16 * Math.ceil(depthOf(a) / 8);
const positions = ({ batch, outHeight, outWidth }: Convolution8): number =>
  product(batch, outHeight, outWidth);

/** What is wrong with the geometry: places are computed in i32. */
function faultOfGeometry(a: Convolution8): string | undefined {
  const { begin, end, kernelH, kernelW } = a;
  if (!(begin < end && end <= positions(a)))
    return `it computes the positions ${begin} to ${end} of ${positions(a)}`;
  const lines =
    product(a.outHeight, a.strideH) + product(kernelH, a.dilationH) + a.padTop + a.height;
  const places =
    product(a.outWidth, a.strideW) + product(kernelW, a.dilationW) + a.padLeft + a.width;
  if (lines > 2 ** 30 || places > 2 ** 30) return 'its strides, dilations or pads are too large';
  if (depthOf(a) > MOST_PRODUCTS) return `${depthOf(a)} products in a sum; ${MOST_PRODUCTS} fit`;
  return undefined;
}

const shared = (mode: Requantisation) => ({
  attributes: CONVOLUTION_ATTRIBUTES,
  zeros: [
    'first',
    'outFirst',
    'padTop',
    'padLeft',
    'begin',
    'signed',
    'zero',
    'outZero',
    'low',
    'high',
  ],
  output: (mode === 'sums' ? 'i32' : 1) as OperandType,
});

function convolution(mode: Requantisation): Rule {
  const { attributes, output, zeros } = shared(mode);
  return {
    attributes,
    zeros,
    check(values) {
      const a = named(values);
      if (a.first + a.channels > a.stride) return 'it reads channels that a pixel does not have';
      if (a.outFirst + a.filters > a.outStride)
        return 'it writes channels that a pixel does not have';
      if (a.block % 4 !== 0) return `a block of ${a.block} rows; a multiple of 4 is needed`;
      if (product(a.block, rowBytes(a) + 4) > MOST_SCRATCH)
        return `a block of ${a.block} rows is too large`;
      return faultOfGeometry(a);
    },
    operands(values) {
      const a = named(values);
      return [
        [1, product(a.batch, a.height, a.width, a.stride)],
        ['i8', product(16, panels(a.filters), Math.ceil(depthOf(a) / 2))],
        ['i32', product(PANEL_COLUMNS, PANEL_FIELDS[mode], panels(a.filters))],
        [output, product(positions(a), a.outStride)],
      ];
    },
    scratch(values) {
      const a = named(values);
      return product(a.block, rowBytes(a) + 4);
    },
    updates(values) {
      const a = named(values);
      return a.begin > 0 || a.end < positions(a) || a.filters < a.outStride;
    },
    cost(values) {
      const a = named(values);
      const rows = a.end - a.begin;
      const tiles = rows === 1 ? 1 : Math.ceil(rows / 4);
      const perPair = rows === 1 ? 10 : 31;
      const products = product(tiles, panels(a.filters), Math.ceil(depthOf(a) / 2), perPair);
      return products + product(rows, depthOf(a) + 70 * a.kernelH + 100 * panels(a.filters));
    },
  };
}

function depthwise(mode: Requantisation): Rule {
  const { attributes, output, zeros } = shared(mode);
  const taps = ({ kernelH, kernelW }: Convolution8): number => product(kernelH, kernelW);
  return {
    attributes,
    zeros,
    check(values) {
      const a = named(values);
      const isWhole = a.first === 0 && a.channels === a.stride;
      const isWritten = a.outFirst === 0 && a.filters === a.outStride;
      if (!isWhole || !isWritten || a.filters % a.channels !== 0)
        return 'a depthwise convolution takes and makes whole pixels, as many filters for each channel';
      return faultOfGeometry(a);
    },
    operands(values) {
      const a = named(values);
      return [
        [1, product(a.batch, a.height, a.width, a.channels)],
        ['i16', product(16, panels(a.filters), Math.ceil(taps(a) / 2))],
        ['i32', product(PANEL_COLUMNS, PANEL_FIELDS[mode], panels(a.filters))],
        [output, product(positions(a), a.filters)],
      ];
    },
    scratch(values) {
      const a = named(values);
      return 4 * (taps(a) + 1) + a.channels;
    },
    updates(values) {
      const a = named(values);
      return a.begin > 0 || a.end < positions(a);
    },
    cost(values) {
      const a = named(values);
      const isSlow = a.filters > a.channels || a.filters % 8 > 0;
      const perPixel = product(panels(a.filters), Math.ceil(taps(a) / 2), isSlow ? 160 : 30);
      return product(a.end - a.begin, perPixel + 20 * taps(a) + 80 * panels(a.filters));
    },
  };
}

const lookup = (inputs: number, output: OperandType, input: 1 | 2 = 1): Rule => ({
  attributes: ['n'],
  operands: ([n = 0]) => [
    ...Array.from({ length: inputs }, () => [input, n] as const),
    [output, 256 ** (input * inputs)],
    [output, n],
  ],
  cost: ([n = 0]) => product(n, 8 + 4 * inputs),
});

const pool = (type: OperandType): Rule => ({
  attributes: [
    ...['batch', 'height', 'width', 'channels', 'outHeight', 'outWidth', 'kernelH', 'kernelW'],
    ...['strideH', 'strideW', 'padTop', 'padLeft', 'begin', 'end', 'signed', 'low', 'high'],
  ],
  zeros: ['padTop', 'padLeft', 'begin', 'signed', 'low', 'high'],
  check(values) {
    const [batch = 0, height = 0, width = 0, , outHeight = 0, outWidth = 0] = values;
    const [
      kernelH = 0,
      kernelW = 0,
      strideH = 0,
      strideW = 0,
      top = 0,
      left = 0,
      begin = 0,
      end = 0,
    ] = values.slice(6);
    const all = product(batch, outHeight, outWidth);
    if (!(begin < end && end <= all))
      return `it computes the positions ${begin} to ${end} of ${all}`;
    const lines = product(outHeight, strideH) + kernelH + top + height;
    const places = product(outWidth, strideW) + kernelW + left + width;
    return lines > 2 ** 30 || places > 2 ** 30 ? 'its strides or pads are too large' : undefined;
  },
  operands: ([batch = 0, height = 0, width = 0, channels = 0, outHeight = 0, outWidth = 0]) => [
    [type, product(batch, height, width, channels)],
    [type, product(batch, outHeight, outWidth, channels)],
  ],
  updates: ([batch = 0, , , , outHeight = 0, outWidth = 0, ...rest]) =>
    rest[6]! > 0 || rest[7]! < product(batch, outHeight, outWidth),
  cost([, , , channels = 0, , , kernelH = 0, kernelW = 0, ...rest]) {
    return product(
      rest[5]! - rest[4]!,
      40 + product(channels, 30 + 12 * product(kernelH, kernelW)),
    );
  },
});

/** Floats to integers of so many bytes, or back; numbers of each channel. */
const quantise = (bytes: 1 | 2): Rule => ({
  attributes: ['outer', 'channels', 'inner', 'ties', 'low', 'high'],
  zeros: ['ties', 'low', 'high'],
  check: ([, , , , low = 0, high = 0]) =>
    Math.abs(low | 0) > 65536 || Math.abs(high | 0) > 65536 ? 'a bound beyond 16 bits' : undefined,
  operands: ([outer = 0, channels = 0, inner = 0]) => [
    ['f32', product(outer, channels, inner)],
    ['f32', channels],
    ['i32', channels],
    [bytes, product(outer, channels, inner)],
  ],
  cost: ([outer = 0, channels = 0, inner = 0]) => product(outer, channels, 30 + 10 * inner),
});

const dequantise = (type: OperandType): Rule => ({
  attributes: ['outer', 'channels', 'inner', 'signed'],
  zeros: ['signed'],
  operands: ([outer = 0, channels = 0, inner = 0]) => [
    [type, product(outer, channels, inner)],
    ['f32', channels],
    ['i32', channels],
    ['f32', product(outer, channels, inner)],
  ],
  cost: ([outer = 0, channels = 0, inner = 0]) => product(outer, channels, 20 + 6 * inner),
});

/** Attributes of the 16-bit convolution. */
export const CONVOLUTION_16 = [
  ...['batch', 'height', 'width', 'channels', 'outHeight', 'outWidth', 'filters', 'groups'],
  ...['kernelH', 'kernelW', 'strideH', 'strideW', 'dilationH', 'dilationW', 'padTop', 'padLeft'],
  ...['begin', 'end', 'wide', 'low', 'high'],
] as const;

const conv16: Rule = {
  attributes: CONVOLUTION_16,
  zeros: ['padTop', 'padLeft', 'begin', 'wide', 'low', 'high'],
  check(values) {
    const a = sixteen(values);
    if (a.channels % a.groups !== 0 || a.filters % a.groups !== 0)
      return `${a.groups} groups of ${a.channels} channels and ${a.filters} filters`;
    return faultOfGeometry({ ...a, channels: a.channels / a.groups });
  },
  operands(values) {
    const a = sixteen(values);
    return [
      ['i16', product(a.batch, a.height, a.width, a.channels)],
      ['i8', product(a.filters, a.kernelH, a.kernelW, a.channels / a.groups)],
      ['i32', product(4, a.filters)],
      ['i16', product(positions(a), a.filters)],
    ];
  },
  updates(values) {
    const a = sixteen(values);
    return a.begin > 0 || a.end < positions(a);
  },
  cost(values) {
    const a = sixteen(values);
    const tap = 60 + 10 * Math.ceil(a.channels / a.groups / 8);
    return product(a.end - a.begin, a.filters, 80 + product(a.kernelH, a.kernelW, tap));
  },
};

const sixteen = (values: readonly number[]) =>
  Object.fromEntries(
    CONVOLUTION_16.map((name, i) => [name, values[i] ?? 0]),
  ) as unknown as Convolution8 & { groups: number };

const pairs16 = (numbers: readonly string[]): Rule => ({
  attributes: ['n', ...numbers, 'low', 'high'],
  zeros: [...numbers, 'low', 'high'],
  operands: ([n = 0]) => [
    ['i16', n],
    ['i16', n],
    ['i16', n],
  ],
  cost: ([n = 0]) => product(n, 120),
});

const FIELDS = Object.values(PANEL_FIELDS);

export const QUANTISED: Rules = {
  quantise8: quantise(1),
  quantise16: quantise(2),
  dequantise8: dequantise(1),
  dequantise16: dequantise(2),
  dequantise32: dequantise('i32'),
  extent: {
    attributes: ['n'],
    operands: ([n = 0]) => [
      ['f32', n],
      ['f32', 2],
    ],
    cost: ([n = 0]) => 40 + 3 * n,
  },
  dynamicScale: {
    attributes: ['one'],
    operands: () => [
      ['f32', 2],
      ['f32', 1],
    ],
  },
  dynamicZero: {
    attributes: ['one'],
    operands: () => [
      ['f32', 2],
      ['i32', 1],
    ],
  },
  foldZeros8: {
    attributes: ['n', 'k', 'flip', 'fields'],
    zeros: ['flip'],
    check: ([, , , fields = 0]) =>
      FIELDS.some((some) => some === fields) ? undefined : `${fields} numbers of a column`,
    operands: ([n = 0, k = 0, , fields = 0]) => [
      [1, product(n, k)],
      ['i32', product(panels(n), fields, PANEL_COLUMNS)],
      ['i32', 1],
      ['i32', product(panels(n), fields, PANEL_COLUMNS)],
    ],
    cost: ([n = 0, k = 0]) => product(n, 60 + k),
  },
  lookup8: lookup(1, 1),
  lookup8to16: lookup(1, 2),
  lookup8x8: lookup(2, 1),
  lookup16: lookup(1, 2, 2),
  lookup16to8: lookup(1, 1, 2),
  averagePool8: pool(1),
  maxPool8: pool(1),
  averagePool16: pool('i16'),
  maxPool16: pool('i16'),
  conv16,
  add16: pairs16([
    'xMultiplier',
    'xShift',
    'yMultiplier',
    'yShift',
    'multiplier',
    'shift',
    'negative',
  ]),
  mul16: pairs16(['multiplier', 'shift']),
  softmax8: {
    attributes: ['rows', 'columns', 'signed'],
    zeros: ['signed'],
    check: ([, columns = 0]) =>
      columns > 4095 ? `${columns} columns; sums of exponentials hold 4095` : undefined,
    operands: ([rows = 0, columns = 0]) => [
      [1, product(rows, columns)],
      ['i32', 256],
      [1, product(rows, columns)],
    ],
    cost: ([rows = 0, columns = 0]) => product(rows, 250 + 80 * columns),
  },
  convSums8: convolution('sums'),
  convFixed8: convolution('fixed'),
  convScaled8: convolution('scaled'),
  depthwiseSums8: depthwise('sums'),
  depthwiseFixed8: depthwise('fixed'),
  depthwiseScaled8: depthwise('scaled'),
  pack8: {
    attributes: ['n', 'k', 'flip'],
    zeros: ['flip'],
    operands: ([n = 0, k = 0]) => [
      [1, product(n, k)],
      ['i8', product(16, panels(n), Math.ceil(k / 2))],
    ],
    cost: ([n = 0, k = 0]) => 200 * product(panels(n), Math.ceil(k / 2)),
  },
};

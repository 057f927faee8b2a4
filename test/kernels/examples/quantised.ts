import { CONVOLUTION_ATTRIBUTES, type Convolution8 } from '../../../models/operators/quantised.ts';
import { type Examples, SIZES } from './sizes.ts';

const POINT: Convolution8 = {
  batch: 1,
  height: 1,
  width: 1,
  channels: 1,
  stride: 1,
  first: 0,
  outHeight: 1,
  outWidth: 1,
  filters: 1,
  outStride: 1,
  outFirst: 0,
  kernelH: 1,
  kernelW: 1,
  strideH: 1,
  strideW: 1,
  dilationH: 1,
  dilationW: 1,
  padTop: 0,
  padLeft: 0,
  begin: 0,
  end: 1,
  block: 4,
  signed: 1,
  zero: 0xffff_ff80,
  outZero: 0xffff_fffd,
  low: 0xffff_ff80,
  high: 127,
};

const convolution = (some: Partial<Convolution8>): number[] => {
  const all = { ...POINT, ...some };
  return CONVOLUTION_ATTRIBUTES.map((name) => all[name]);
};
const product = (m: number, k: number, n: number, more: Partial<Convolution8> = {}): number[] =>
  convolution({
    ...{ width: m, channels: k, stride: k, outWidth: m, filters: n, outStride: n, end: m },
    ...more,
  });
const unsigned = { signed: 0, zero: 3, outZero: 7, low: 0, high: 255 };
/** 3 x 3 over 3 x 4 pixels, padded all around. */
const window = {
  ...{ height: 3, width: 4, outHeight: 3, outWidth: 4, end: 12 },
  ...{ kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1 },
};

const CONVOLUTIONS = [
  product(1, 1, 1),
  product(1, 17, 9),
  product(1, 16, 16, unsigned),
  product(5, 8, 8),
  product(6, 7, 19, { block: 4 }),
  product(9, 3, 4, { block: 8, begin: 2, end: 8 }),
  convolution({ ...window, channels: 3, stride: 3, filters: 5, outStride: 5 }),
  // The second of two groups, with holes, two images.
  convolution({
    ...{ ...window, ...unsigned, batch: 2, end: 8, outHeight: 2, outWidth: 2 },
    ...{ strideH: 2, strideW: 3, dilationH: 2, dilationW: 2, padTop: 2, padLeft: 2 },
    ...{ channels: 2, stride: 4, first: 2, filters: 3, outStride: 6, outFirst: 3 },
  }),
];

const DEPTHWISE = [
  convolution({}),
  convolution({ ...window, channels: 8, stride: 8, filters: 8, outStride: 8 }),
  convolution({ ...window, ...unsigned, channels: 11, stride: 11, filters: 11, outStride: 11 }),
  convolution({ ...window, channels: 3, stride: 3, filters: 6, outStride: 6, begin: 3, end: 7 }),
];

/** outer, channels, inner. */
const CHANNELS = [
  [1, 1, 1],
  [1, 1, 19],
  [2, 3, 5],
  [3, 4, 1],
];
const n = SIZES.slice(0, 9).map((size) => [size]);
const POOLS = [
  [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0xffff_ff80, 127],
  [2, 3, 4, 5, 2, 2, 2, 3, 2, 2, 0, 1, 0, 8, 0, 0, 255],
  [1, 3, 3, 2, 3, 3, 3, 3, 1, 1, 1, 1, 2, 7, 1, 0xffff_fff0, 90],
];

export const QUANTISED: Examples = {
  convSums8: CONVOLUTIONS,
  convFixed8: CONVOLUTIONS,
  convScaled8: CONVOLUTIONS,
  depthwiseSums8: DEPTHWISE,
  depthwiseFixed8: DEPTHWISE,
  depthwiseScaled8: DEPTHWISE,
  quantise8: [...CHANNELS, ...CHANNELS].map((of, i) => [...of, i % 2, 0xffff_ff80, 127]),
  quantise16: CHANNELS.map((of) => [...of, 0, 0, 65535]),
  dequantise8: CHANNELS.flatMap((of) => [
    [...of, 0],
    [...of, 1],
  ]),
  dequantise16: CHANNELS.flatMap((of) => [
    [...of, 1],
    [...of, 0],
  ]),
  dequantise32: CHANNELS.map((of) => [...of, 0]),
  extent: n,
  dynamicScale: [[1]],
  dynamicZero: [[1]],
  foldZeros8: [
    [1, 1, 0, 2],
    [9, 19, 128, 3],
    [8, 16, 0, 7],
  ],
  pack8: [
    [1, 1, 0],
    [9, 5, 128],
    [16, 8, 0],
  ],
  lookup8: n,
  lookup8to16: n,
  lookup8x8: [[1], [17]],
  lookup16: [[1], [9]],
  lookup16to8: [[1], [9]],
  averagePool8: POOLS,
  maxPool8: POOLS,
  averagePool16: POOLS,
  maxPool16: POOLS,
  conv16: [
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0xffff_8000, 32767],
    [1, 3, 4, 10, 3, 4, 3, 1, 3, 3, 1, 1, 1, 1, 1, 1, 2, 9, 1, 0xffff_8000, 32767],
    [2, 3, 3, 4, 2, 2, 4, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 8, 1, 0xffff_8000, 32767],
  ],
  add16: n.map(([size = 1]) => [
    size,
    2 ** 30,
    0,
    2 ** 30,
    -3 >>> 0,
    2 ** 30,
    2,
    1,
    0xffff_8000,
    32767,
  ]),
  mul16: n.map(([size = 1]) => [size, 2 ** 30 + 5, -12 >>> 0, 0xffff_8000, 32767]),
  softmax8: [
    [1, 1, 1],
    [3, 10, 0],
    [2, 33, 1],
  ],
};

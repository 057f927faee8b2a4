import { product, type Rules } from '../rule.ts';
import { faultOfRows, indexType } from './gather.ts';

/** Samples along one side of a bin of `roiAlign` that a model may ask for. */
export const MOST_SAMPLES = 64;

export const SAMPLING: Rules = {
  interpolate: {
    attributes: ['outer', 'axis', 'inner', 'n', 'taps', 'begin', 'end'],
    zeros: ['begin'],
    check: ([outer = 0, , , n = 0, , begin = 0, end = 0]) =>
      faultOfRows(begin, end, product(outer, n)),
    operands: ([outer = 0, axis = 0, inner = 0, n = 0, taps = 0]) => [
      ['f32', product(outer, axis, inner)],
      ['i32', product(n, taps)],
      ['f32', product(n, taps)],
      ['f32', product(outer, n, inner)],
    ],
    updates: ([outer = 0, , , n = 0, , begin = 0, end = 0]) => end - begin < product(outer, n),
    cost: ([, , inner = 0, , taps = 0, begin = 0, end = 0]) =>
      (end - begin) * (25 + (Math.floor(inner / 4) + (inner % 4)) * (10 + 15 * taps)),
  },
  gridSample: {
    attributes: [
      ...['batch', 'channels', 'depth', 'height', 'width', 'n', 'dimensions'],
      ...['mode', 'padding', 'aligned', 'begin', 'end'],
    ],
    zeros: ['mode', 'padding', 'aligned', 'begin'],
    check([batch = 0, , depth = 0, , , n = 0, dimensions = 0, ...rest]) {
      const [mode = 0, padding = 0, aligned = 0, begin = 0, end = 0] = rest;
      if (mode > 2 || padding > 2) return `mode ${mode}, padding ${padding}; they go from 0 to 2`;
      const isImage = dimensions === 2 && depth === 1;
      if (!isImage && dimensions !== 3) return `${dimensions} dimensions of a depth of ${depth}`;
      return faultOfRows(begin, end, product(batch, n), aligned);
    },
    operands: ([b = 0, c = 0, depth = 0, height = 0, width = 0, n = 0, dimensions = 0]) => [
      ['f32', product(b, c, depth, height, width)],
      ['f32', product(b, n, dimensions)],
      ['f32', product(b, c, n)],
    ],
    scratch: () => 96,
    updates: ([batch = 0, , , , , n = 0, , , , , begin = 0, end = 0]) =>
      end - begin < product(batch, n),
    cost([, channels = 0, , , , , dimensions = 0, mode = 0, , , begin = 0, end = 0]) {
      const taps = [2, 1, 4][mode]! ** dimensions;
      return (end - begin) * (250 + channels * (30 + 25 * taps));
    },
  },
  roiAlign: {
    attributes: [
      ...['batch', 'channels', 'height', 'width', 'rois', 'rows', 'columns', 'samples'],
      ...['scale', 'half', 'mode', 'wide', 'begin', 'end'],
    ],
    zeros: ['samples', 'scale', 'half', 'mode', 'wide', 'begin'],
    check([, , , , rois = 0, , , samples = 0, , half = 0, mode = 0, wide = 0, begin = 0, end = 0]) {
      if (samples > MOST_SAMPLES) return `${samples} samples; ${MOST_SAMPLES} at most`;
      if (half > 1 || mode > 1) return 'half and mode must be 0 or 1';
      return faultOfRows(begin, end, rois, wide);
    },
    operands: ([b = 0, c = 0, h = 0, w = 0, rois = 0, rows = 0, columns = 0, ...rest]) => [
      ['f32', product(b, c, h, w)],
      ['f32', product(rois, 4)],
      [indexType(rest[4]!), rois],
      ['f32', product(rois, c, rows, columns)],
    ],
    updates: ([, , , , rois = 0, , , , , , , , begin = 0, end = 0]) => end - begin < rois,
    cost([, channels = 0, h = 0, w = 0, , rows = 0, columns = 0, samples = 0, ...rest]) {
      // Without a number of samples: those of the whole image.
      const down = samples || Math.ceil(h / rows);
      const across = samples || Math.ceil(w / columns);
      return (rest[5]! - rest[4]!) * channels * rows * columns * (20 + 100 * down * across);
    },
  },
};

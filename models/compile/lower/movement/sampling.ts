/** Operators that sample images at places that are computed when the model runs. */

import { MOST_SAMPLES } from '../../../operators/movement/sampling.ts';
import { type Context, input, type Lowerings, number, string, where } from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { convert } from '../cast.ts';
import { floatBits as bitsOf } from '../elementary.ts';
import { asIndices, empty, isWide } from './take.ts';

/** Place of a mode in the list of a kernel's; several names may stand for one. */
function modeNumber(c: Context, name: string, fallback: string, modes: string[][]): number {
  const given = string(c, name, fallback);
  const found = modes.findIndex((names) => names.includes(given));
  return found < 0 ? unsupported(`${where(c)}: ${name} "${given}"`) : found;
}

function gridSample(c: Context): Tensor {
  const { b } = c;
  const given = input(c, 0);
  const x = convert(b, given, 'f32');
  const grid = convert(b, input(c, 1), 'f32');
  const dimensions = x.shape.length - 2;
  const [batch = 0, channels = 0, ...sizes] = x.shape;
  const places = grid.shape.slice(1, -1);
  if (dimensions !== 2 && dimensions !== 3) {
    unsupported(`${where(c)}: ${describe(x)}; it takes images and volumes`);
  }
  const fits = grid.shape.length === x.shape.length && grid.shape[0] === batch;
  if (!fits || grid.shape.at(-1) !== dimensions) {
    malformed(`${where(c)}: ${describe(x)} sampled at ${describe(grid)}`);
  }
  const [depth = 1, height = 0, width = 0] = dimensions === 3 ? sizes : [1, ...sizes];
  const mode = modeNumber(c, 'mode', 'linear', [
    ['linear', 'bilinear'],
    ['nearest'],
    ['cubic', 'bicubic'],
  ]);
  const padding = modeNumber(c, 'padding_mode', 'zeros', [['zeros'], ['border'], ['reflection']]);
  const aligned = number(c, 'align_corners', 0) === 0 ? 0 : 1;
  const type = { dtype: 'f32', shape: [batch, channels, ...places] } as const;
  if (count(type.shape) === 0) return empty(b, { ...type, dtype: given.dtype });
  const n = count(places);
  const y = b.rows('gridSample', [x, grid], type, batch * n, (begin, end) => [
    ...[batch, channels, depth, height, width, n, dimensions],
    ...[mode, padding, aligned, begin, end],
  ]);
  return convert(b, y, given.dtype);
}

function roiAlign(c: Context): Tensor {
  const { b } = c;
  const given = input(c, 0);
  const x = convert(b, given, 'f32');
  const regions = convert(b, input(c, 1), 'f32');
  const images = asIndices(b, input(c, 2));
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  const rois = count(images.shape);
  const rows = number(c, 'output_height', 1);
  const columns = number(c, 'output_width', 1);
  const samples = number(c, 'sampling_ratio', 0);
  const fits = x.shape.length === 4 && count(regions.shape) === 4 * rois && samples >= 0;
  if (!fits || !(rows > 0) || !(columns > 0)) {
    malformed(`${where(c)}: ${describe(x)} at ${describe(regions)}, ${rows} by ${columns} bins`);
  }
  if (samples > MOST_SAMPLES) unsupported(`${where(c)}: ${samples} samples of a bin`);
  const scale = bitsOf(number(c, 'spatial_scale', 1));
  // Opset 10 had no attribute, and no shift.
  const shift = c.opset < 16 ? 'output_half_pixel' : 'half_pixel';
  const half =
    1 -
    modeNumber(c, 'coordinate_transformation_mode', shift, [['half_pixel'], ['output_half_pixel']]);
  const mode = modeNumber(c, 'mode', 'avg', [['avg'], ['max']]);
  const type = { dtype: 'f32', shape: [rois, channels, rows, columns] } as const;
  if (count(type.shape) === 0) return empty(b, { ...type, dtype: given.dtype });
  const y = b.rows('roiAlign', [x, regions, images], type, rois, (begin, end) => [
    ...[batch, channels, height, width, rois, rows, columns],
    ...[samples, scale, half, mode, isWide(b, images), begin, end],
  ]);
  return convert(b, y, given.dtype);
}

export const SAMPLING: Lowerings = { GridSample: gridSample, RoiAlign: roiAlign };

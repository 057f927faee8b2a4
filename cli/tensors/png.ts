/** Pictures as inputs: every step from pixel to element is stated by options, because a model only says its input's shape. */
import { PNG } from 'pngjs';
import type { Dtype, TensorType } from '../../models/graph.ts';
import type { TensorData } from '../../models/network/types.ts';
import { UserError } from '../errors.ts';
import { isFloat, rangeOf, writeElements } from './elements.ts';

export interface PictureOptions {
  /** Whether channels come before rows; told by the shape where it can be. */
  readonly layout?: 'nchw' | 'nhwc';
  /** Elements that 0 and 255 become; what lies between is linear. */
  readonly range?: readonly [number, number];
  /** By channel, after `range`: (x - mean) / std. One value stands for all channels. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly channels?: 'rgb' | 'bgr';
}

/** Pixels of a picture at most: its header alone decides how much memory reading it takes. */
const MOST_PIXELS = 2 ** 25;
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** ITU-R BT.601: what a grey value is made of. */
const LUMA = [0.299, 0.587, 0.114] as const;

function refuse(message: string, options?: ErrorOptions): never {
  throw new UserError('BAD_PNG', message, options);
}

/** Elements that 0 and 255 become if nobody says it. */
export function defaultRange(dtype: Dtype): readonly [number, number] {
  if (isFloat(dtype)) return [0, 1];
  return dtype === 'i8' ? [-128, 127] : [0, 255];
}

interface Layout {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly isChannelsFirst: boolean;
}

const isChannels = (size: number | undefined): boolean => size === 1 || size === 3 || size === 4;

/** Where a shape has rows, columns and channels. Throws `UserError` BAD_PNG. */
export function layoutOf(
  { dtype, shape }: TensorType,
  asked: PictureOptions['layout'],
  name: string,
): Layout {
  const type = `${dtype} [${shape.join(',')}]`;
  const sizes = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  const [a = 0, b = 0, c = 0] = sizes;
  if (sizes.length === 2) return { height: a, width: b, channels: 1, isChannelsFirst: true };
  if (sizes.length !== 3) refuse(`${name}: no picture fits an input of ${type}`);
  const first = { channels: a, height: b, width: c, isChannelsFirst: true };
  const last = { height: a, width: b, channels: c, isChannelsFirst: false };
  if (asked) {
    const layout = asked === 'nchw' ? first : last;
    if (isChannels(layout.channels)) return layout;
    refuse(`${name}: ${layout.channels} channels in ${type} as ${asked}; a picture has 1, 3 or 4`);
  }
  if (isChannels(a) === isChannels(c)) {
    const both = isChannels(a) ? 'both ends of' : 'neither end of';
    refuse(`${name}: ${both} ${type} could be channels; say --layout nchw or nhwc`);
  }
  return isChannels(a) ? first : last;
}

function decode(file: Uint8Array, name: string): PNG {
  if (file.length < 33 || SIGNATURE.some((byte, i) => file[i] !== byte)) {
    refuse(`${name} isn't a PNG picture`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width * height > MOST_PIXELS) {
    refuse(`${name}: ${width} x ${height} pixels; ${MOST_PIXELS} are the most`);
  }
  try {
    return PNG.sync.read(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  } catch (cause) {
    return refuse(`${name} is damaged: ${(cause as Error).message}`, { cause });
  }
}

/** The tensor of a picture of exactly the input's size. Throws `UserError` BAD_PNG. */
export function readPng(
  file: Uint8Array,
  type: TensorType,
  options: PictureOptions,
  name: string,
): TensorData {
  const { channels, height, isChannelsFirst, width } = layoutOf(type, options.layout, name);
  const picture = decode(file, name);
  if (picture.width !== width || picture.height !== height) {
    refuse(
      `${name} has ${picture.width} x ${picture.height} pixels; the input takes ${width} x ${height}. Resize it first: how it is done changes the result, so it is not done here`,
    );
  }
  const [low, high] = options.range ?? defaultRange(type.dtype);
  const perChannel = (values: readonly number[] | undefined, otherwise: number): number[] => {
    const given = values ?? [otherwise];
    if (given.length !== 1 && given.length !== channels) {
      refuse(`${name}: ${given.length} values of mean or std for ${channels} channels`);
    }
    return Array.from({ length: channels }, (_, i) => given[given.length === 1 ? 0 : i]!);
  };
  const mean = perChannel(options.mean, 0);
  const std = perChannel(options.std, 1);
  if (std.includes(0)) refuse(`${name}: a std of 0`);
  const order = options.channels === 'bgr' ? [2, 1, 0, 3] : [0, 1, 2, 3];
  const values = new Array<number>(channels * height * width);
  const pixels = height * width;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const rgba = picture.data.subarray(4 * pixel, 4 * pixel + 4);
      const byte =
        channels === 1
          ? LUMA.reduce((sum, weight, i) => sum + weight * rgba[i]!, 0)
          : rgba[order[channel]!]!;
      const value = (low + (byte * (high - low)) / 255 - mean[channel]!) / std[channel]!;
      values[isChannelsFirst ? channel * pixels + pixel : pixel * channels + channel] = fitting(
        value,
        type.dtype,
        name,
      );
    }
  }
  return { ...type, data: writeElements(type.dtype, values) };
}

/** Integers are rounded to the nearest; what a type doesn't hold is refused. */
function fitting(value: number, dtype: Dtype, name: string): number {
  const [low, high] = rangeOf(dtype);
  const rounded = isFloat(dtype) ? value : Math.round(value);
  if (rounded >= low && rounded <= high) return rounded;
  return refuse(`${name}: ${value} as ${dtype}, which holds ${low} to ${high}; change --range`);
}

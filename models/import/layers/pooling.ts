/** Pooling of Keras (keras.io/api/layers/pooling_layers). */
import { padding } from './convolution.ts';
import { channelsFirst, isChannelsFirst, type LayerBuilder, ranked } from './layer.ts';

/** Averages count only what lies within the tensor. */
const pool =
  (op: 'MaxPool' | 'AveragePool', n: number): LayerBuilder =>
  (layer) => {
    const { a, config } = layer;
    const kernel = config.sizes('pool_size', n, 2);
    const strides = config.get('strides') === undefined ? kernel : config.sizes('strides', n);
    const window = {
      kernel,
      strides,
      dilations: kernel.map(() => 1),
      padding: config.string('padding', 'valid').toLowerCase(),
    };
    return channelsFirst(layer, ranked(layer, n + 2), (x) => {
      const { attributes, sizes } = padding(layer, x.shape.slice(2), window);
      const name = a.add(op, [x.name], { kernel_shape: kernel, strides, ...attributes });
      return { ...x, name, shape: [x.shape[0], x.shape[1], ...sizes] };
    });
  };

const globalPool =
  (op: 'ReduceMax' | 'ReduceMean', n: number): LayerBuilder =>
  (layer) => {
    const x = ranked(layer, n + 2);
    const keeps = layer.config.boolean('keepdims', false);
    const first = isChannelsFirst(layer) ? 2 : 1;
    const axes = Array.from({ length: n }, (_, i) => first + i);
    const name = layer.a.add(op, [x.name], { axes, keepdims: keeps ? 1 : 0 });
    const shape = keeps
      ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
      : x.shape.filter((_, axis) => !axes.includes(axis));
    return { ...x, name, shape };
  };

export const POOLING_LAYERS: Readonly<Record<string, LayerBuilder>> = {
  MaxPooling1D: pool('MaxPool', 1),
  MaxPooling2D: pool('MaxPool', 2),
  MaxPooling3D: pool('MaxPool', 3),
  AveragePooling1D: pool('AveragePool', 1),
  AveragePooling2D: pool('AveragePool', 2),
  AveragePooling3D: pool('AveragePool', 3),
  GlobalMaxPooling1D: globalPool('ReduceMax', 1),
  GlobalMaxPooling2D: globalPool('ReduceMax', 2),
  GlobalMaxPooling3D: globalPool('ReduceMax', 3),
  GlobalAveragePooling1D: globalPool('ReduceMean', 1),
  GlobalAveragePooling2D: globalPool('ReduceMean', 2),
  GlobalAveragePooling3D: globalPool('ReduceMean', 3),
};

/**
 * Layers of Keras in plain loops, from the definitions in its documentation: channels last, one sum at a time, in f64. Nothing
 * here knows ONNX or this project's networks.
 */
import { type Arr, arr, indexed, map, type Settings, sizes } from './arrays.ts';
import { activate, addBias, dense, softmax } from './functions.ts';
import { recurrent, reversed } from './recurrent.ts';
import { conv, convTranspose, depthwise, pool, upSample } from './windows.ts';

export { type Arr, arr } from './arrays.ts';

function concat(inputs: readonly Arr[]): Arr {
  const lasts = inputs.map(({ shape }) => shape.at(-1)!);
  const total = lasts.reduce((sum, n) => sum + n, 0);
  const y = arr([...inputs[0]!.shape.slice(0, -1), total]);
  let start = 0;
  inputs.forEach((x, which) => {
    const n = lasts[which]!;
    x.data.forEach((value, i) => {
      y.data[Math.floor(i / n) * total + start + (i % n)] = value;
    });
    start += n;
  });
  return y;
}

/** 1-D layers are 2-D ones of height 1. */
const tall = (x: Arr): Arr => ({ ...x, shape: [x.shape[0]!, 1, ...x.shape.slice(1)] });
const flat = (x: Arr): Arr => ({ ...x, shape: [x.shape[0]!, ...x.shape.slice(2)] });
const oneDimensional = (config: Settings): Settings => ({
  ...config,
  ...Object.fromEntries(
    ['strides', 'dilation_rate', 'pool_size']
      .filter((key) => config[key] !== undefined && config[key] !== null)
      .map((key) => [key, [1, sizes(config[key], 1)[0]!]]),
  ),
});
const tallKernel = (kernel: Arr): Arr => ({ ...kernel, shape: [1, ...kernel.shape] });

/** One layer on its inputs; weights in Keras's order. */
export function runLayer(
  kind: string,
  config: Settings,
  inputs: readonly Arr[],
  weights: readonly Arr[],
): Arr {
  const x = inputs[0]!;
  const [first, second, third] = weights as [Arr, Arr, Arr];
  const finish = (y: Arr, bias?: Arr): Arr =>
    activate(addBias(y, bias), config.activation ?? 'linear');
  switch (kind) {
    case 'Dense':
      return finish(dense(x, first), second);
    case 'Conv1D':
      return finish(
        flat(
          conv(tall(x), tallKernel(first), {
            ...oneDimensional(config),
            ...(config.padding === 'causal' ? { padding: 'causal' } : {}),
          }),
        ),
        second,
      );
    case 'Conv2D':
      return finish(conv(x, first, config), second);
    case 'DepthwiseConv2D':
      return finish(depthwise(x, first, config), second);
    case 'SeparableConv2D':
      return finish(conv(depthwise(x, first, config), second, {}), third);
    case 'Conv2DTranspose':
      return finish(convTranspose(x, first, config), second);
    case 'MaxPooling2D':
    case 'AveragePooling2D':
      return pool(x, config, kind === 'MaxPooling2D');
    case 'MaxPooling1D':
    case 'AveragePooling1D':
      return flat(
        pool(
          tall(x),
          { padding: config.padding, ...oneDimensional({ pool_size: 2, ...config }) },
          kind === 'MaxPooling1D',
        ),
      );
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling2D': {
      const y = pool(x, { pool_size: x.shape.slice(1, 3) }, kind === 'GlobalMaxPooling2D');
      return { ...y, shape: [x.shape[0]!, x.shape[3]!] };
    }
    case 'BatchNormalization': {
      const n = x.shape.at(-1)!;
      const [gamma, beta, mean, variance] = weights as [Arr, Arr, Arr, Arr];
      const epsilon = (config.epsilon as number) ?? 1e-3;
      return map(x, (value, i) => {
        const c = i % n;
        return (
          ((value - mean.data[c]!) / Math.sqrt(variance.data[c]! + epsilon)) * gamma.data[c]! +
          beta.data[c]!
        );
      });
    }
    case 'LayerNormalization': {
      const n = x.shape.at(-1)!;
      return map(x, (value, i) => {
        const row = x.data.subarray(i - (i % n), i - (i % n) + n);
        const mean = row.reduce((sum, v) => sum + v, 0) / n;
        const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n;
        return (
          ((value - mean) / Math.sqrt(variance + ((config.epsilon as number) ?? 1e-3))) *
            first.data[i % n]! +
          second.data[i % n]!
        );
      });
    }
    case 'Activation':
      return activate(x, config.activation);
    case 'Softmax':
      return softmax(x);
    case 'ReLU': {
      const {
        max_value: most,
        negative_slope: slope = 0,
        threshold = 0,
      } = config as Record<string, number>;
      return map(x, (v) =>
        Math.min(v >= threshold! ? v : slope! * (v - threshold!), most ?? Infinity),
      );
    }
    case 'LeakyReLU':
      return map(x, (v) => (v > 0 ? v : ((config.alpha as number) ?? 0.3) * v));
    case 'ELU':
      return map(x, (v) => (v > 0 ? v : (config.alpha as number) * Math.expm1(v)));
    case 'PReLU':
      return map(x, (v, i) => (v > 0 ? v : first.data[i % first.data.length]! * v));
    case 'ThresholdedReLU':
      return map(x, (v) => (v > (config.theta as number) ? v : 0));
    case 'Rescaling':
      return map(x, (v) => v * (config.scale as number) + ((config.offset as number) ?? 0));
    case 'Normalization':
      return map(
        x,
        (v, i) =>
          (v - first.data[i % first.data.length]!) /
          Math.max(Math.sqrt(second.data[i % second.data.length]!), 1e-7),
      );
    case 'Embedding': {
      const n = first.shape[1]!;
      const y = arr([...x.shape, n]);
      return map(y, (_, i) => first.data[x.data[Math.floor(i / n)]! * n + (i % n)]!);
    }
    case 'LSTM':
    case 'GRU':
    case 'SimpleRNN':
      return recurrent(kind, x, weights, config);
    case 'Bidirectional': {
      const inner = config.layer as { class_name: string; config: Settings };
      const half = weights.length / 2;
      const forward = recurrent(inner.class_name, x, weights.slice(0, half), inner.config);
      const backward = recurrent(inner.class_name, x, weights.slice(half), {
        ...inner.config,
        go_backwards: true,
      });
      const both = [forward, inner.config.return_sequences ? reversed(backward) : backward];
      return config.merge_mode === 'sum' ? runLayer('Add', {}, both, []) : concat(both);
    }
    case 'TimeDistributed': {
      const inner = config.layer as { class_name: string; config: Settings };
      const [n, time, ...rest] = x.shape as [number, number, ...number[]];
      const y = runLayer(
        inner.class_name,
        inner.config,
        [{ ...x, shape: [n * time, ...rest] }],
        weights,
      );
      return { ...y, shape: [n, time, ...y.shape.slice(1)] };
    }
    case 'Flatten':
      return { ...x, shape: [x.shape[0]!, x.data.length / x.shape[0]!] };
    case 'Reshape': {
      const target = config.target_shape as number[];
      const known = target.reduce((product, n) => (n === -1 ? product : product * n), x.shape[0]!);
      return {
        ...x,
        shape: [x.shape[0]!, ...target.map((n) => (n === -1 ? x.data.length / known : n))],
      };
    }
    case 'Permute': {
      const order = [0, ...(config.dims as number[])];
      return indexed(
        order.map((axis) => x.shape[axis]!),
        x,
        (index) => x.shape.map((_, axis) => index[order.indexOf(axis)]!),
      );
    }
    case 'ZeroPadding2D':
    case 'Cropping2D': {
      const sign = kind === 'Cropping2D' ? -1 : 1;
      const [rows, columns] = (config.padding ?? config.cropping) as [
        [number, number],
        [number, number],
      ];
      const [n, h, w, c] = x.shape as [number, number, number, number];
      const shape = [n, h + sign * (rows[0] + rows[1]), w + sign * (columns[0] + columns[1]), c];
      return indexed(shape, x, ([b, i, j, k]) => [
        b!,
        i! - sign * rows[0],
        j! - sign * columns[0],
        k!,
      ]);
    }
    case 'UpSampling2D':
      return upSample(x, sizes(config.size ?? 2), config.interpolation === 'bilinear');
    case 'RepeatVector': {
      const [n, f] = x.shape as [number, number];
      return indexed([n, config.n as number, f], x, ([b, , k]) => [b!, k!]);
    }
    case 'Concatenate':
      return concat(inputs);
    case 'Add':
      return inputs.reduce((a, b) => map(a, (v, i) => v + b.data[i]!));
    case 'Subtract':
      return inputs.reduce((a, b) => map(a, (v, i) => v - b.data[i]!));
    case 'Multiply':
      return inputs.reduce((a, b) => map(a, (v, i) => v * b.data[i]!));
    case 'Maximum':
      return inputs.reduce((a, b) => map(a, (v, i) => Math.max(v, b.data[i]!)));
    case 'Average':
      return map(runLayer('Add', {}, inputs, []), (v) => v / inputs.length);
    case 'Dropout':
      return x;
    default:
      throw new Error(`the reference knows no ${kind}`);
  }
}

interface LayerJson {
  readonly class_name: string;
  readonly name?: string;
  readonly config: Settings & { readonly name: string };
  readonly inbound_nodes: readonly (readonly (readonly [string, number, number, unknown])[])[];
}

/** A Functional model of one input and one output, in the form of Keras 2. */
export function runFunctional(
  layers: readonly LayerJson[],
  x: Arr,
  weightsOf: (layer: string) => readonly Arr[],
): Arr {
  const values = new Map<string, Arr>();
  let last = x;
  for (const { class_name, config, inbound_nodes } of layers) {
    const inputs = (inbound_nodes[0] ?? []).map(([name]) => values.get(name)!);
    last =
      class_name === 'InputLayer'
        ? x
        : runLayer(class_name, config, inputs, weightsOf(config.name));
    values.set(config.name, last);
  }
  return last;
}

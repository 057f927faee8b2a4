/** TensorFlow's operators along axes: sums, extremes, and where they are. */
import { input, integers, scalar, type Translator, type Translators, toI32 } from '../node.ts';

const reduce =
  (op: string): Translator =>
  (t) => {
    const axes = integers(t, 1);
    const keepdims = t.node.boolean('keep_dims', false) ? 1 : 0;
    if (axes.length === 0) return input(t, 0);
    return op === 'ReduceSum'
      ? t.a.add(op, [input(t, 0), t.a.integers(axes)], { keepdims })
      : t.a.add(op, [input(t, 0)], { axes, keepdims });
  };

const argument =
  (op: 'ArgMax' | 'ArgMin'): Translator =>
  (t) =>
    toI32(t, t.a.add(op, [input(t, 0)], { axis: scalar(t, 1), keepdims: 0 }));

/** The largest along the last axis, and where they were. */
const topK: Translator = (t) => {
  const sorted = t.node.boolean('sorted', true) ? 1 : 0;
  const inputs = [input(t, 0), t.a.integers([scalar(t, 1)])];
  const [values, places] = t.a.addMany('TopK', inputs, { axis: -1, sorted }, 2);
  return [values!, toI32(t, places!)];
};

const cumulate: Translator = (t) => {
  const flag = (name: string): number => (t.node.boolean(name, false) ? 1 : 0);
  const axis = t.a.integers([scalar(t, 1)]);
  const options = { exclusive: flag('exclusive'), reverse: flag('reverse') };
  return t.a.add('CumSum', [input(t, 0), t.a.add('Squeeze', [axis])], options);
};

export const REDUCTIONS: Translators = {
  Mean: reduce('ReduceMean'),
  Sum: reduce('ReduceSum'),
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  Prod: reduce('ReduceProd'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  TopKV2: topK,
  Cumsum: cumulate,
};

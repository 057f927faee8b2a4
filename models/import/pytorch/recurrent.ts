/** LSTM and GRU of `torch.nn`: stacked, in one or two directions. */
import { malformed } from '../../compile/errors.ts';
import type { TensorData } from '../../network/types.ts';
import { blocks } from '../layers/tensors.ts';
import type { LayerContext } from './describe.ts';

/** Where ONNX's gates (i o f c; z r h) stand among PyTorch's (i f g o; r z n). */
const GATES = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2] } as const;

/** Tensors of one shape after one another along a new first axis, or along the first with `joined`. */
function stacked(tensors: readonly TensorData[], joined = false): TensorData {
  const [first] = tensors;
  const { dtype, shape } = first!;
  for (const other of tensors) {
    if (other.dtype !== dtype || other.shape.join() !== shape.join()) {
      malformed(`weights of shapes [${shape.join()}] and [${other.shape.join()}] belong together`);
    }
  }
  const data = new Uint8Array(tensors.reduce((sum, one) => sum + one.data.length, 0));
  let at = 0;
  for (const one of tensors) {
    data.set(one.data, at);
    at += one.data.length;
  }
  const sizes = joined
    ? [tensors.length * shape[0]!, ...shape.slice(1)]
    : [tensors.length, ...shape];
  return { dtype, shape: sizes, data };
}

/** The hidden states of the last layer at all times: [time, batch, directions * hidden], or batch first. */
export function recurrent(op: 'LSTM' | 'GRU') {
  return (
    c: LayerContext,
    layer: { numLayers: number; bidirectional: boolean; batchFirst: boolean; name: string },
  ): string => {
    const { a } = c;
    const gates = GATES[op];
    const suffixes = layer.bidirectional ? ['', '_reverse'] : [''];
    const rows = c.weight('weight_hh_l0').shape;
    const hidden = rows[1] ?? malformed(`layer "${layer.name}": weight_hh_l0 is no matrix`);
    const gate = (name: string): TensorData => {
      const weight = c.weight(name);
      if (weight.shape[0] !== gates.length * hidden) {
        malformed(`layer "${layer.name}": ${name} has shape [${weight.shape.join()}]`);
      }
      return blocks(weight, 0, hidden, gates);
    };
    let x = layer.batchFirst ? a.transpose(c.x, [1, 0, 2]) : c.x;
    for (let level = 0; level < layer.numLayers; level++) {
      const all = (kind: string) => suffixes.map((suffix) => gate(`${kind}_l${level}${suffix}`));
      const input = stacked(all('weight_ih'));
      const hiddens = stacked(all('weight_hh'));
      const inputs = [
        x,
        c.constant(`weight_ih_l${level}`, input),
        c.constant(`weight_hh_l${level}`, hiddens),
      ];
      if (c.optional(`bias_ih_l${level}`)) {
        const outer = all('bias_ih');
        const inner = all('bias_hh');
        const both = stacked(outer.map((bias, i) => stacked([bias, inner[i]!], true)));
        inputs.push(c.constant(`bias_l${level}`, both));
      }
      const y = a.add(op, inputs, {
        hidden_size: hidden,
        direction: layer.bidirectional ? 'bidirectional' : 'forward',
        ...(op === 'GRU' ? { linear_before_reset: 1 } : {}),
      });
      // [time, directions, batch, hidden]
      const apart = a.transpose(y, [0, 2, 1, 3]);
      x = a.reshape(apart, [0, 0, suffixes.length * hidden]);
    }
    return layer.batchFirst ? a.transpose(x, [1, 0, 2]) : x;
  };
}

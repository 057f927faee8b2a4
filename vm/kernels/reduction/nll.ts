import { canonical } from '../canonical';

/**
 * Negative log likelihood (ONNX NegativeLogLikelihoodLoss) of each sample: the loss -w[t] * x[b, t, i] and its weight w[t] for the class
 * t = target[b, i]. Samples whose target is to be ignored, or is no class, have loss and weight 0.
 *
 * Attributes: batch, classes, inner, ignores (0 or 1), low and high half of the i64 to be ignored. Inputs: x f32 [batch, classes, inner]
 * (log probabilities), target i64 [batch, inner], weights f32 [classes]. Output: f32 [2, batch, inner], losses then weights.
 */
export function nll(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  target: usize,
  weights: usize,
): void {
  const batch = load<u32>(attributes);
  const classes = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const ignores = load<u32>(attributes, 12) != 0;
  const ignored = load<i64>(attributes, 16);
  const size = (<usize>batch * inner) << 2;
  for (let b = batch; b != 0; b--) {
    for (let i: u32 = 0; i < inner; i++) {
      const t = load<i64>(target);
      let loss: f32 = 0;
      let weight: f32 = 0;
      if (t >= 0 && t < <i64>classes && !(ignores && t == ignored)) {
        weight = load<f32>(weights + ((<usize>t) << 2));
        loss = -weight * load<f32>(x + ((<usize>t * inner + i) << 2));
      }
      store<f32>(output, canonical(loss));
      store<f32>(output + size, canonical(weight));
      output += 4;
      target += 8;
    }
    x += (<usize>classes * inner) << 2;
  }
}

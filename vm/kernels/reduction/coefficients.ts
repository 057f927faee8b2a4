import { canonical } from '../canonical';

/**
 * What normalisation by mean and variance comes to for each channel, as a factor and a summand for `scaleShift`:
 * a[b, c] = scale[c] * (1 / sqrt(variance[b, g] + epsilon)), s[b, c] = bias[c] - mean[b, g] * a[b, c], where g is the group of channel c.
 *
 * Attributes: batch, groups, channels, epsilon (bits of a f32); channels is a multiple of groups. Inputs: moments f32 [2, batch, groups]
 * (means, variances), scale f32 [channels], bias f32 [channels]. Output: f32 [2, batch, channels], a then s.
 */
export function coefficients(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  moments: usize,
  scale: usize,
  bias: usize,
): void {
  const batch = load<u32>(attributes);
  const groups = load<u32>(attributes, 4);
  const channels = load<u32>(attributes, 8);
  const epsilon = load<f32>(attributes, 12);
  const size = channels / groups;
  const variances = (<usize>batch * groups) << 2;
  const shifts = (<usize>batch * channels) << 2;
  for (let b = batch; b != 0; b--) {
    let s = scale;
    let t = bias;
    for (let g = groups; g != 0; g--) {
      const mean = load<f32>(moments);
      const inverse = <f32>1 / sqrt<f32>(load<f32>(moments + variances) + epsilon);
      moments += 4;
      for (let i = size; i != 0; i--) {
        const a = load<f32>(s) * inverse;
        store<f32>(output, canonical(a));
        store<f32>(output + shifts, canonical(load<f32>(t) - mean * a));
        output += 4;
        s += 4;
        t += 4;
      }
    }
  }
}

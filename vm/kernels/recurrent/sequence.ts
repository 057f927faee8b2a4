/**
 * What the kernels rnn, gru and lstm share: they run the steps begin ... end - 1 of a sequence in one direction.
 *
 * Attributes: time, batch, hidden, begin, end, reverse (0 or 1), option (gru: linear before reset, lstm: coupled input and forget gates),
 * clip (bits of a f32 > 0; infinity for none), then number, alpha, beta of each activation function (activation.ts).
 *
 * `width` is `hidden` rounded up to a multiple of 4: gates, states and results have rows of that many elements, and what is in the last
 * ones of them has no influence on the first `hidden`. Step s works at time s, or time - 1 - s if reversed. Where that is at or beyond
 * the length of a sequence, the state stays and the result is 0, so a reversed sequence begins with its last valid element.
 *
 * Inputs: gates f32 [time, batch, gates, width] (what the inputs and biases contribute), r f32 [hidden, gates, width], ..., lengths i32
 * [batch], states f32 [batch, width]. Output: f32 [end - begin + states, batch, width]: results in the order of time, then the states.
 */

/** Byte offsets of the attributes. */
export const BATCH: usize = 4;
export const HIDDEN: usize = 8;
export const BEGIN: usize = 12;
export const END: usize = 16;
export const OPTION: usize = 24;
export const CLIP: usize = 28;
export const ACTIVATIONS: usize = 32;
const REVERSE: usize = 20;

@inline
export function steps(attributes: usize): u32 {
  return load<u32>(attributes, END) - load<u32>(attributes, BEGIN);
}

/** Time of step `step` of this call. */
@inline
export function timeOf(attributes: usize, step: u32): u32 {
  const s = load<u32>(attributes, BEGIN) + step;
  return load<u32>(attributes, REVERSE) != 0 ? load<u32>(attributes) - 1 - s : s;
}

/** Row of the results that step `step` of this call writes. */
@inline
export function rowOf(attributes: usize, step: u32): u32 {
  return load<u32>(attributes, REVERSE) != 0 ? steps(attributes) - 1 - step : step;
}

@inline
export function widthOf(attributes: usize): u32 {
  return (load<u32>(attributes, HIDDEN) + 3) & ~3;
}

/** Lanes clipped to [-clip, clip]; a NaN stays one. */
@inline
export function clipped(attributes: usize, x: v128): v128 {
  const clip = v128.load32_splat(attributes, CLIP);
  return f32x4.max(f32x4.neg(clip), f32x4.min(clip, x));
}

/** Copies n bytes, a multiple of 16. */
export function copy(to: usize, from: usize, n: usize): void {
  for (const end = from + n; from < end; from += 16) {
    v128.store(to, v128.load(from));
    to += 16;
  }
}

/** Writes n bytes of zeros, a multiple of 16. */
export function clear(to: usize, n: usize): void {
  for (const end = to + n; to < end; to += 16) v128.store(to, i32x4.splat(0));
}

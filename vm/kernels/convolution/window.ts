/**
 * What convolutions and pooling over three spatial axes share: the attributes of their windows. Fewer axes are sizes of 1.
 *
 * Attributes: n, d, h, w, c (input, channels last), od, oh, ow (output), kd, kh, kw (window), sd, sh, sw (strides), dd, dh, dw
 * (dilations), pd, ph, pw (padding before, i32: negative leaves elements out).
 */

/** Number of these attributes. */
export const WINDOW: usize = 20;

export namespace At {
  export const N: usize = 0;
  export const D: usize = 4;
  export const H: usize = 8;
  export const W: usize = 12;
  export const C: usize = 16;
  export const OD: usize = 20;
  export const OH: usize = 24;
  export const OW: usize = 28;
  export const KD: usize = 32;
  export const KH: usize = 36;
  export const KW: usize = 40;
  export const SD: usize = 44;
  export const SH: usize = 48;
  export const SW: usize = 52;
  export const DD: usize = 56;
  export const DH: usize = 60;
  export const DW: usize = 64;
  export const PD: usize = 68;
  export const PH: usize = 72;
  export const PW: usize = 76;
}

/** Elements along an axis from the first to the last that `outputs` windows see. */
@inline
export function extent(outputs: u32, stride: u32, window: u32, dilation: u32): u32 {
  return (outputs - 1) * stride + (window - 1) * dilation + 1;
}

/** Whether windows see nothing but elements that are there, so that no padding is needed. */
@inline
export function isInside(padding: i32, extent: u32, size: u32): bool {
  return padding <= 0 && <u32>-padding + extent <= size;
}

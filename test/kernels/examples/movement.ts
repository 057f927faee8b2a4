import { stridedAttributes } from '../../../models/compile/strided.ts';
import { type Examples, SIZES } from './sizes.ts';

const STRIDED = [
  ...SIZES.map((n) => stridedAttributes(n, n, { size: [n], from: [1], to: [1] })!),
  // A transposition, a slice of every second element, a broadcast, a part of a larger tensor.
  stridedAttributes(15, 15, { size: [5, 3], from: [1, 5], to: [3, 1] })!,
  stridedAttributes(20, 6, { size: [2, 3], from: [10, 2], to: [3, 1], start: 3 })!,
  stridedAttributes(3, 12, { size: [4, 3], from: [0, 1], to: [3, 1] })!,
  stridedAttributes(4, 20, { size: [2, 2], from: [2, 1], to: [5, 1], at: 7 })!,
];

export const MOVEMENT: Examples = {
  strided1: STRIDED,
  strided2: STRIDED,
  strided4: STRIDED,
  strided8: STRIDED,
};

import { type Examples, SIZES } from './sizes.ts';

export const LINEAR: Examples = {
  dense: [
    ...SIZES.map((n) => [1, 3, n]),
    ...[1, 5, 33, 67].map((n) => [3, 1, n]),
    [2, 17, 36],
    [5, 2, 64],
  ],
};

export { conv, convAdd } from './conv';
export { depthwise } from './depthwise';
export { maxPool, maxPoolF64, maxPoolI8, maxPoolU8 } from './max-pool';
export { maxPoolPlaces } from './max-pool-places';
export { maxUnpool } from './max-unpool';
export { l1Pool, l2Pool, sumPool } from './sum-pool';

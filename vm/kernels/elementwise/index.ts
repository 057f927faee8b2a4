export { add } from './add';
export { mul } from './mul';
export { normalise } from './normalise';
export { relu } from './relu';
export { sub } from './sub';

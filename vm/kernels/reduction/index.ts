export { argmax } from './argmax';
export { softmax } from './softmax';

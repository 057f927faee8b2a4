export { attention } from './attention';
export { gru } from './gru';
export { lstm } from './lstm';
export { rnn } from './rnn';

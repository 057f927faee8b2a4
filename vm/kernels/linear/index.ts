export { dense } from './dense';

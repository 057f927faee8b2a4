export { strided1, strided2, strided4, strided8 } from './strided';

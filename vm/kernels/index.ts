/**
 * The kernels: one function for each operator, compiled to one WebAssembly module that runs natively and, lowered, in
 * the machine.
 *
 * Signature: (iteration, output, scratch, attributes, input 0, input 1, ...), addresses of tensors that the caller
 * has placed. Attributes are little-endian u32. A kernel reads nothing but its attributes and inputs, writes the
 * whole of its output, keeps nothing between calls, and doesn't depend on the addresses.
 *
 * What the machine's guest profile leaves out stays out: no imports, no memory.size or memory.grow, no recursion, no
 * start function, no mutable globals, no bit operations on floats that may be NaN.
 */
export * from './convolution';
export * from './elementwise';
export * from './linear';
export * from './movement';
export * from './quantised';
export * from './recurrent';
export * from './reduction';

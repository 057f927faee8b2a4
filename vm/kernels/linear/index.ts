export { dense } from './dense';
export { gemm, gemmAdd } from './gemm';
export { matmul } from './matmul';
export { matmulF64, matmulI32, matmulI64 } from './matmul-scalar';

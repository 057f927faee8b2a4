/**
 * Activation functions of recurrent cells (ONNX RNN, LSTM, GRU), four lanes at a time, by their number: 0 Sigmoid, 1 Tanh, 2 Relu,
 * 3 Affine alpha * x + beta, 4 LeakyRelu, 5 ThresholdedRelu, 6 ScaledTanh alpha * tanh(beta * x), 7 HardSigmoid, 8 Elu, 9 Softsign
 * x / (1 + |x|), 10 Softplus max(x, 0) + log(1 + e^-|x|). Results may be NaNs of any bits.
 */
import { exp4 } from '../math/exp';
import { expm14 } from '../math/expm1';
import { log1p4 } from '../math/log1p';
import { sigmoid4 } from '../math/sigmoid';
import { tanh4 } from '../math/tanh';

/** Attributes of one function: number, alpha, beta. */
const BYTES: usize = 12;

/** Applies the function whose attributes are at `activation`. */
export function activate4(activation: usize, x: v128): v128 {
  const alpha = v128.load32_splat(activation, 4);
  const beta = v128.load32_splat(activation, 8);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  switch (load<u32>(activation)) {
    case 0: return sigmoid4(x);
    case 1: return tanh4(x);
    case 2: return f32x4.max(x, zero);
    case 3: return f32x4.add(f32x4.mul(alpha, x), beta);
    case 4: return v128.bitselect(f32x4.mul(alpha, x), x, f32x4.lt(x, zero));
    case 5: return v128.bitselect(zero, x, f32x4.le(x, alpha));
    case 6: return f32x4.mul(alpha, tanh4(f32x4.mul(beta, x)));
    case 7: return f32x4.max(zero, f32x4.min(one, f32x4.add(f32x4.mul(alpha, x), beta)));
    case 8: return v128.bitselect(f32x4.mul(alpha, expm14(x)), x, f32x4.lt(x, zero));
    case 9: return f32x4.div(x, f32x4.add(one, f32x4.abs(x)));
    default:
      return f32x4.add(f32x4.max(x, zero), log1p4(exp4(f32x4.neg(f32x4.abs(x)))));
  }
}

/** Attributes of the function after the one at `activation`. */
@inline
export function next(activation: usize): usize {
  return activation + BYTES;
}

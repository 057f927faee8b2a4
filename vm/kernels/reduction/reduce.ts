import { canonical4 } from '../canonical';
import {
  ABSOLUTES,
  contribution,
  contribution4,
  finish,
  join,
  join4,
  MAX,
  MEAN,
  MIN,
  NORM,
  PRODUCT,
  SQUARES,
  SUM,
} from './operations';

/**
 * One result for each set of elements along the middle axis: y[o, i] = join over j = 0 ... n - 1 of x[o, j, i]. The operation
 * (operations.ts) is 0 sum, 1 product, 2 largest, 3 smallest, 4 sum of squares, 5 sum of absolute values; of floats also 6 mean
 * (the sum divided by n), 7 square root of the sum of squares. ONNX ReduceSum, ReduceProd, ReduceMax, ...
 *
 * Attributes: operation, outer, n, inner (u32). Input: x [outer, n, inner]. Output: y [outer, inner] of the same type.
 *
 * Order: for inner > 1, and for n < 16, each result starts from its first element and joins the others in order. For
 * inner = 1 and n >= 16 of f32 there are sixteen lanes, lane l starting from element l and joining l + 16, l + 32, ... in order; lanes
 * l, l + 4, l + 8, l + 12 fold as (l . (l + 4)) . ((l + 8) . (l + 12)), the four that are left as (s0 . s1) . (s2 . s3), and the
 * elements after the last whole sixteen join that in order. Integers wrap. A NaN makes the result NaN; of the two zeros +0 is larger.
 */
export function reduce(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  any<f32>(output, attributes, x);
}

export function reduceF64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  any<f64>(output, attributes, x);
}

/** u32 too where the sign doesn't matter. */
export function reduceI32(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  any<i32>(output, attributes, x);
}

export function reduceU32(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  any<u32>(output, attributes, x);
}

export function reduceI64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  any<i64>(output, attributes, x);
}

export function reduceU64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  any<u64>(output, attributes, x);
}

@inline
function any<T extends number>(output: usize, attributes: usize, x: usize): void {
  switch (load<u32>(attributes)) {
    case 0: return sums<T>(output, attributes, x);
    case 1: return products<T>(output, attributes, x);
    case 2: return largest<T>(output, attributes, x);
    case 3: return smallest<T>(output, attributes, x);
    case 4: return sumsOfSquares<T>(output, attributes, x);
    case 5: return sumsOfAbsolutes<T>(output, attributes, x);
    default: {
      if (!isFloat<T>()) return;
      if (load<u32>(attributes) == MEAN) return means<T>(output, attributes, x);
      return norms<T>(output, attributes, x);
    }
  }
}

// One function for each operation: the compiler would merge the loops of one function again, and choose the operation at each element.

function sums<T extends number>(output: usize, attributes: usize, x: usize): void {
  sets<T>(SUM, output, attributes, x);
}

function products<T extends number>(output: usize, attributes: usize, x: usize): void {
  sets<T>(PRODUCT, output, attributes, x);
}

function largest<T extends number>(output: usize, attributes: usize, x: usize): void {
  sets<T>(MAX, output, attributes, x);
}

function smallest<T extends number>(output: usize, attributes: usize, x: usize): void {
  sets<T>(MIN, output, attributes, x);
}

function sumsOfSquares<T extends number>(output: usize, attributes: usize, x: usize): void {
  sets<T>(SQUARES, output, attributes, x);
}

function sumsOfAbsolutes<T extends number>(output: usize, attributes: usize, x: usize): void {
  sets<T>(ABSOLUTES, output, attributes, x);
}

function means<T extends number>(output: usize, attributes: usize, x: usize): void {
  sets<T>(MEAN, output, attributes, x);
}

function norms<T extends number>(output: usize, attributes: usize, x: usize): void {
  sets<T>(NORM, output, attributes, x);
}

@inline
function sets<T extends number>(operation: u32, output: usize, attributes: usize, x: usize): void {
  if (isFloat<T>() && sizeof<T>() == 4) floats(operation, output, attributes, x);
  else scalars<T>(operation, output, attributes, x);
}

/** Sets one after the other. */
@inline
function scalars<T extends number>(operation: u32, output: usize, attributes: usize, x: usize): void {
  const n = load<u32>(attributes, 8);
  const inner = load<u32>(attributes, 12);
  const stride = (<usize>inner) * sizeof<T>();
  for (let o = load<u32>(attributes, 4); o != 0; o--) {
    for (let i = inner; i != 0; i--) {
      let a = contribution<T>(operation, load<T>(x));
      let p = x + stride;
      for (let j: u32 = 1; j < n; j++) {
        a = join<T>(operation, a, contribution<T>(operation, load<T>(p)));
        p += stride;
      }
      finish<T>(operation, output, a, n);
      output += sizeof<T>();
      x += sizeof<T>();
    }
    x += stride * (<usize>n - 1);
  }
}

/** Lanes run across the results where there are several side by side, else along the set. */
@inline
function floats(operation: u32, output: usize, attributes: usize, x: usize): void {
  const outer = load<u32>(attributes, 4);
  const n = load<u32>(attributes, 8);
  const inner = load<u32>(attributes, 12);
  const stride = (<usize>inner) << 2;
  if (inner == 1) {
    for (let o = outer; o != 0; o--) {
      finish<f32>(operation, output, row(operation, x, n), n);
      output += 4;
      x += (<usize>n) << 2;
    }
    return;
  }
  const divisor = f32x4.splat(<f32>n);
  for (let o = outer; o != 0; o--) {
    let i = inner;
    for (; i >= 16; i -= 16) {
      let a0 = contribution4(operation, v128.load(x));
      let a1 = contribution4(operation, v128.load(x, 16));
      let a2 = contribution4(operation, v128.load(x, 32));
      let a3 = contribution4(operation, v128.load(x, 48));
      let p = x + stride;
      for (let j: u32 = 1; j < n; j++) {
        a0 = join4(operation, a0, contribution4(operation, v128.load(p)));
        a1 = join4(operation, a1, contribution4(operation, v128.load(p, 16)));
        a2 = join4(operation, a2, contribution4(operation, v128.load(p, 32)));
        a3 = join4(operation, a3, contribution4(operation, v128.load(p, 48)));
        p += stride;
      }
      v128.store(output, finish4(operation, a0, divisor));
      v128.store(output, finish4(operation, a1, divisor), 16);
      v128.store(output, finish4(operation, a2, divisor), 32);
      v128.store(output, finish4(operation, a3, divisor), 48);
      output += 64;
      x += 64;
    }
    for (; i >= 4; i -= 4) {
      let a = contribution4(operation, v128.load(x));
      let p = x + stride;
      for (let j: u32 = 1; j < n; j++) {
        a = join4(operation, a, contribution4(operation, v128.load(p)));
        p += stride;
      }
      v128.store(output, finish4(operation, a, divisor));
      output += 16;
      x += 16;
    }
    for (; i != 0; i--) {
      let a = contribution<f32>(operation, load<f32>(x));
      let p = x + stride;
      for (let j: u32 = 1; j < n; j++) {
        a = join<f32>(operation, a, contribution<f32>(operation, load<f32>(p)));
        p += stride;
      }
      finish<f32>(operation, output, a, n);
      output += 4;
      x += 4;
    }
    x += stride * (<usize>n - 1);
  }
}

@inline
function finish4(operation: u32, x: v128, divisor: v128): v128 {
  if (operation == MEAN) return canonical4(f32x4.div(x, divisor));
  if (operation == NORM) return canonical4(f32x4.sqrt(x));
  return canonical4(x);
}

/** One row of consecutive elements. */
@inline
function row(operation: u32, x: usize, n: u32): f32 {
  const end = x + ((<usize>n) << 2);
  let a: f32;
  if (n >= 16) {
    const wide = x + ((<usize>(n & ~15)) << 2);
    let a0 = contribution4(operation, v128.load(x));
    let a1 = contribution4(operation, v128.load(x, 16));
    let a2 = contribution4(operation, v128.load(x, 32));
    let a3 = contribution4(operation, v128.load(x, 48));
    for (x += 64; x < wide; x += 64) {
      a0 = join4(operation, a0, contribution4(operation, v128.load(x)));
      a1 = join4(operation, a1, contribution4(operation, v128.load(x, 16)));
      a2 = join4(operation, a2, contribution4(operation, v128.load(x, 32)));
      a3 = join4(operation, a3, contribution4(operation, v128.load(x, 48)));
    }
    const s = join4(operation, join4(operation, a0, a1), join4(operation, a2, a3));
    a = join<f32>(
      operation,
      join<f32>(operation, f32x4.extract_lane(s, 0), f32x4.extract_lane(s, 1)),
      join<f32>(operation, f32x4.extract_lane(s, 2), f32x4.extract_lane(s, 3)),
    );
  } else {
    a = contribution<f32>(operation, load<f32>(x));
    x += 4;
  }
  for (; x < end; x += 4) a = join<f32>(operation, a, contribution<f32>(operation, load<f32>(x)));
  return a;
}

// The product of int8-dot.c with 128-bit instructions: 16 products for two widening loads of each operand and two dot products.
#include <wasm_simd128.h>
#define ROWS 256
#define COLUMNS 1024
static signed char weights[ROWS * COLUMNS];
static signed char vector[COLUMNS];

static unsigned next(unsigned *state) { return *state = *state * 1664525u + 1013904223u; }

__attribute__((export_name("prepare"))) void prepare(unsigned seed) {
  for (int i = 0; i < ROWS * COLUMNS; i++) weights[i] = (signed char)(next(&seed) >> 24);
  for (int i = 0; i < COLUMNS; i++) vector[i] = (signed char)(next(&seed) >> 24);
}

__attribute__((export_name("run"))) unsigned run(void) {
  unsigned check = 0;
  for (int row = 0; row < ROWS; row++) {
    const signed char *w = weights + row * COLUMNS;
    v128_t low = wasm_i32x4_const_splat(0), high = low;
    for (int i = 0; i < COLUMNS; i += 16) {
      low = wasm_i32x4_add(low, wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(w + i), wasm_i16x8_load8x8(vector + i)));
      high = wasm_i32x4_add(high, wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(w + i + 8), wasm_i16x8_load8x8(vector + i + 8)));
    }
    v128_t sum = wasm_i32x4_add(low, high);
    int total = wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) + wasm_i32x4_extract_lane(sum, 2) +
                wasm_i32x4_extract_lane(sum, 3);
    check = check * 31 + (unsigned)total;
  }
  return check;
}

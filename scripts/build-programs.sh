#!/usr/bin/env bash
# Compiles bench/programs/*.c. Needs clang and wasm-ld (Debian: clang lld). No vectorising and no contraction: the scalar programs are
# to stay scalar, and every product is rounded.
set -euo pipefail
cd "$(dirname "$0")/../bench/programs"
for source in *.c; do
  simd=()
  case "$source" in *-simd.c) simd=(-msimd128) ;; esac
  clang --target=wasm32 -O3 -ffp-contract=off -fno-vectorize -fno-slp-vectorize -ffreestanding -nostdlib -Wall -Werror \
    "${simd[@]}" -Wl,--no-entry -Wl,--strip-all -o "${source%.c}.wasm" "$source"
  chmod 644 "${source%.c}.wasm"
  echo "bench/programs/${source%.c}.wasm"
done

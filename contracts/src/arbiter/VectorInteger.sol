// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Integer} from "./Integer.sol";

/// @title Instructions on integer lanes, on the arrangement of lanes, and on bits
/// @dev Vectors are 128-bit little-endian integers: lane i of w bits begins at bit i * w. The instructions of
/// the four shapes repeat in blocks of 0x20 from 0x60 on (i8x16, i16x8, i32x4, i64x2); the offset in the
/// block is the operation.
library VectorInteger {
    uint256 private constant ALL = 0xffffffffffffffffffffffffffffffff;

    // Offsets in a block.
    uint256 private constant ABS = 0x00;
    uint256 private constant NEG = 0x01;
    uint256 private constant POPCNT = 0x02; // i8x16
    uint256 private constant Q15MULR_SAT = 0x02; // i16x8
    uint256 private constant ALL_TRUE = 0x03;
    uint256 private constant BITMASK = 0x04;
    uint256 private constant NARROW_S = 0x05;
    uint256 private constant NARROW_U = 0x06;
    uint256 private constant EXTEND = 0x07; // low_s, high_s, low_u, high_u
    uint256 private constant SHIFT = 0x0b; // shl, shr_s, shr_u
    uint256 private constant ADD = 0x0e;
    uint256 private constant ADD_SAT_S = 0x0f;
    uint256 private constant ADD_SAT_U = 0x10;
    uint256 private constant SUB = 0x11;
    uint256 private constant SUB_SAT_S = 0x12;
    uint256 private constant SUB_SAT_U = 0x13;
    uint256 private constant MUL = 0x15;
    uint256 private constant MIN_S = 0x16;
    uint256 private constant MAX_S = 0x18;
    uint256 private constant COMPARE64 = 0x16; // i64x2: eq, ne, lt_s, gt_s, le_s, ge_s
    uint256 private constant DOT = 0x1a; // i32x4
    uint256 private constant AVGR = 0x1b;
    uint256 private constant EXTADD = 0x1c; // in the block of i8x16: i16x8 s, u; i32x4 s, u
    uint256 private constant EXTMUL = 0x1c; // low_s, high_s, low_u, high_u

    /// @dev `n` must be a number of the set that VectorAlu sends here.
    function execute(uint256 n, uint256 x, uint256 y, uint256 z) internal pure returns (uint256) {
        unchecked {
            if (n < 0x23) return _arrange(n, x, y, z);
            // Ten comparisons for each of i8x16, i16x8, i32x4.
            if (n < 0x41) return _compare((n - 0x23) % 10, 8 << ((n - 0x23) / 10), x, y);
            if (n < 0x54) return _bitwise(n - 0x4d, x, y, z);
            uint256 width = 8 << ((n - 0x60) >> 5);
            uint256 kind = n & 0x1f;
            if (kind == ALL_TRUE || kind == BITMASK) return _test(kind, width, x);
            if (kind == NARROW_S || kind == NARROW_U) return _narrow(width, kind == NARROW_S, x, y);
            if (kind >= EXTEND && kind < SHIFT) return _extend(kind - EXTEND, width, x, 1, false);
            if (kind >= SHIFT && kind < ADD) return _shift(kind - SHIFT, width, x, y);
            if (kind >= EXTMUL) {
                if (width == 8) return _addPairs(16 << ((kind - EXTADD) >> 1), kind & 1 == 0, x);
                return _extend(kind - EXTMUL, width, x, y, true);
            }
            if (width == 64 && kind >= COMPARE64) {
                kind -= COMPARE64;
                // Only the signed orders exist; in Integer.compare they are the even numbers.
                return _compare(kind < 2 ? kind : 2 * (kind - 1), width, x, y);
            }
            if (width == 32 && kind == DOT) return _dot(x, y);
            return _combine(kind, width, x, y);
        }
    }

    /// @dev Shuffle, swizzle, splat, and single lanes.
    function _arrange(uint256 n, uint256 x, uint256 y, uint256 z) private pure returns (uint256 result) {
        unchecked {
            if (n == 0x0d) {
                uint256 both = x | (y << 128);
                for (uint256 offset = 0; offset < 128; offset += 8) {
                    result |= ((both >> (8 * ((z >> offset) & 31))) & 0xff) << offset;
                }
                return result;
            }
            if (n == 0x0e) {
                // An index above 15 shifts all of x out.
                for (uint256 offset = 0; offset < 128; offset += 8) {
                    result |= ((x >> (8 * ((y >> offset) & 0xff))) & 0xff) << offset;
                }
                return result;
            }
            if (n < 0x15) {
                // i8x16, i16x8, i32x4, i64x2, f32x4, f64x2.
                uint256 m = Integer.mask(8 << (n < 0x13 ? n - 0x0f : n - 0x11));
                // The quotient has a one at the bottom of each lane.
                return (x & m) * (ALL / m);
            }
            return n < 0x1b
                // extract_lane_s, extract_lane_u, replace_lane of i8x16, i16x8.
                ? _lane((n - 0x15) % 3, 8 << ((n - 0x15) / 3), x, y, z)
                // extract_lane, replace_lane of i32x4, i64x2, f32x4, f64x2.
                : _lane(1 + ((n - 0x1b) & 1), 32 << (((n - 0x1b) >> 1) & 1), x, y, z);
        }
    }

    /// @dev `kind`: 0 extracts signed to i32, 1 unsigned, 2 replaces. The lanes' number is a power of two.
    function _lane(uint256 kind, uint256 width, uint256 x, uint256 y, uint256 lane)
        private
        pure
        returns (uint256)
    {
        unchecked {
            uint256 offset = (lane & (128 / width - 1)) * width;
            uint256 m = Integer.mask(width);
            if (kind == 0) return uint256(Integer.signed(x >> offset, width)) & 0xffffffff;
            if (kind == 1) return (x >> offset) & m;
            return (x & ~(m << offset)) | ((y & m) << offset);
        }
    }

    /// @dev not, and, andnot, or, xor, bitselect, any_true from 0 on.
    function _bitwise(uint256 kind, uint256 x, uint256 y, uint256 z) private pure returns (uint256) {
        if (kind == 0) return ~x & ALL;
        if (kind == 1) return x & y;
        if (kind == 2) return x & ~y;
        if (kind == 3) return x | y;
        if (kind == 4) return x ^ y;
        if (kind == 5) return (x & z) | (y & ~z);
        return x == 0 ? 0 : 1;
    }

    /// @dev Lanes of ones where the comparison of Integer.compare holds.
    function _compare(uint256 kind, uint256 width, uint256 x, uint256 y)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            uint256 m = Integer.mask(width);
            for (uint256 offset = 0; offset < 128; offset += width) {
                if (Integer.compare(kind, width, (x >> offset) & m, (y >> offset) & m)) {
                    result |= m << offset;
                }
            }
        }
    }

    function _test(uint256 kind, uint256 width, uint256 x) private pure returns (uint256 result) {
        unchecked {
            uint256 lanes = 128 / width;
            uint256 m = Integer.mask(width);
            for (uint256 i = 0; i < lanes; ++i) {
                uint256 lane = (x >> (i * width)) & m;
                if (kind == BITMASK) result |= (lane >> (width - 1)) << i;
                else if (lane == 0) return 0;
            }
            if (kind == ALL_TRUE) result = 1;
        }
    }

    /// @dev Saturates the lanes of x, then of y, to `width` bits. They are signed whatever the target is.
    function _narrow(uint256 width, bool isSigned, uint256 x, uint256 y)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            uint256 both = x | (y << 128);
            for (uint256 offset = 0; offset < 128; offset += width) {
                result |= _saturate(Integer.signed(both >> (2 * offset), 2 * width), width, isSigned)
                << offset;
            }
        }
    }

    /// @dev Lanes of `width` bits from half as wide ones: x's own, or their products with y's. `kind`: low_s,
    /// high_s, low_u, high_u.
    function _extend(uint256 kind, uint256 width, uint256 x, uint256 y, bool multiply)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            uint256 m = Integer.mask(width);
            uint256 from = width >> 1;
            if (kind & 1 == 1) (x, y) = (x >> 64, y >> 64);
            for (uint256 offset = 0; offset < 128; offset += width) {
                int256 lane = _read(x >> (offset >> 1), from, kind < 2);
                if (multiply) lane *= _read(y >> (offset >> 1), from, kind < 2);
                result |= (uint256(lane) & m) << offset;
            }
        }
    }

    /// @dev Sums of neighbouring lanes, in lanes of `width` bits.
    function _addPairs(uint256 width, bool isSigned, uint256 x) private pure returns (uint256 result) {
        unchecked {
            uint256 from = width >> 1;
            for (uint256 offset = 0; offset < 128; offset += width) {
                int256 sum = _read(x >> offset, from, isSigned) + _read(x >> (offset + from), from, isSigned);
                result |= (uint256(sum) & Integer.mask(width)) << offset;
            }
        }
    }

    function _dot(uint256 x, uint256 y) private pure returns (uint256 result) {
        unchecked {
            for (uint256 offset = 0; offset < 128; offset += 32) {
                int256 sum = Integer.signed(x >> offset, 16) * Integer.signed(y >> offset, 16)
                    + Integer.signed(x >> (offset + 16), 16) * Integer.signed(y >> (offset + 16), 16);
                result |= (uint256(sum) & 0xffffffff) << offset;
            }
        }
    }

    function _shift(uint256 kind, uint256 width, uint256 x, uint256 count)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            uint256 m = Integer.mask(width);
            for (uint256 offset = 0; offset < 128; offset += width) {
                result |= Integer.shift(kind, width, (x >> offset) & m, count) << offset;
            }
        }
    }

    function _combine(uint256 kind, uint256 width, uint256 x, uint256 y)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            uint256 m = Integer.mask(width);
            for (uint256 offset = 0; offset < 128; offset += width) {
                result |= (_operate(kind, width, (x >> offset) & m, (y >> offset) & m) & m) << offset;
            }
        }
    }

    /// @dev One lane's result; the caller cuts off what lies above the width.
    function _operate(uint256 kind, uint256 width, uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            if (kind == ADD) return a + b;
            if (kind == SUB) return a - b;
            if (kind == MUL) return a * b;
            if (kind == NEG) return 0 - a;
            if (kind == AVGR) return (a + b + 1) >> 1;
            if (kind == ADD_SAT_U) return _saturate(int256(a + b), width, false);
            if (kind == SUB_SAT_U) return a > b ? a - b : 0;
            if (kind == POPCNT && width == 8) return Integer.popcount(a);
            if (kind >= MIN_S) {
                // min_s, min_u, max_s, max_u; lt_s and lt_u are comparisons 2 and 3.
                bool less = Integer.compare(2 + (kind & 1), width, a, b);
                return less == (kind < MAX_S) ? a : b;
            }
            int256 p = Integer.signed(a, width);
            int256 q = Integer.signed(b, width);
            if (kind == ABS) return p < 0 ? 0 - a : a;
            if (kind == ADD_SAT_S) return _saturate(p + q, width, true);
            if (kind == SUB_SAT_S) return _saturate(p - q, width, true);
            assert(kind == Q15MULR_SAT);
            return _saturate((p * q + 0x4000) >> 15, width, true);
        }
    }

    function _read(uint256 x, uint256 width, bool isSigned) private pure returns (int256) {
        return isSigned ? Integer.signed(x, width) : int256(x & Integer.mask(width));
    }

    /// @dev `value` clamped into the range of `width` bits.
    function _saturate(int256 value, uint256 width, bool isSigned) private pure returns (uint256) {
        unchecked {
            int256 m = int256(Integer.mask(width));
            int256 high = isSigned ? m >> 1 : m;
            int256 low = isSigned ? -high - 1 : int256(0);
            if (value > high) value = high;
            if (value < low) value = low;
            return uint256(value & m);
        }
    }
}

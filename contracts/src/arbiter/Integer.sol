// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Integer operations of any width
/// @dev Operands of `width` bits (8 to 64) with nothing above them; results are masked to the width.
library Integer {
    function mask(uint256 width) internal pure returns (uint256) {
        unchecked {
            return (1 << width) - 1;
        }
    }

    /// @dev `x` read as two's complement of `width` bits; bits above them are ignored.
    function signed(uint256 x, uint256 width) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := signextend(sub(shr(3, width), 1), x)
        }
    }

    /// @dev Position of the highest set bit plus one; 0 for 0.
    function length(uint256 x) internal pure returns (uint256 n) {
        assembly ("memory-safe") {
            n := shl(7, lt(0xffffffffffffffffffffffffffffffff, x))
            n := or(n, shl(6, lt(0xffffffffffffffff, shr(n, x))))
            n := or(n, shl(5, lt(0xffffffff, shr(n, x))))
            n := or(n, shl(4, lt(0xffff, shr(n, x))))
            n := or(n, shl(3, lt(0xff, shr(n, x))))
            n := or(n, shl(2, lt(0xf, shr(n, x))))
            n := or(n, shl(1, lt(0x3, shr(n, x))))
            n := or(n, lt(0x1, shr(n, x)))
            n := add(n, iszero(iszero(x)))
        }
    }

    /// @dev Number of set bits of a number below 2^64.
    function popcount(uint256 x) internal pure returns (uint256) {
        unchecked {
            x -= (x >> 1) & 0x5555555555555555;
            x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
            x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
            return ((x * 0x0101010101010101) >> 56) & 0xff;
        }
    }

    /// @dev The largest r with r * r <= x, for x below 2^254.
    function sqrt(uint256 x) internal pure returns (uint256 r) {
        unchecked {
            if (x == 0) return 0;
            // Starts above the root and at most twice it, so that Newton's steps fall, quadratically.
            r = 1 << ((length(x) + 1) >> 1);
            while (true) {
                uint256 s = (r + x / r) >> 1;
                if (s >= r) return r;
                r = s;
            }
        }
    }

    /// @dev Comparison `kind`: eq, ne, lt_s, lt_u, gt_s, gt_u, le_s, le_u, ge_s, ge_u from 0 on.
    function compare(uint256 kind, uint256 width, uint256 x, uint256 y) internal pure returns (bool) {
        if (kind == 0) return x == y;
        if (kind == 1) return x != y;
        // Flipping the sign bit orders two's complement as unsigned numbers.
        if (kind & 1 == 0) {
            unchecked {
                uint256 bit = 1 << (width - 1);
                x ^= bit;
                y ^= bit;
            }
        }
        kind >>= 1;
        if (kind == 1) return x < y;
        if (kind == 2) return x > y;
        if (kind == 3) return x <= y;
        return x >= y;
    }

    /// @dev `x` shifted by `count` modulo the width; `kind`: shl, shr_s, shr_u from 0 on.
    function shift(uint256 kind, uint256 width, uint256 x, uint256 count) internal pure returns (uint256) {
        unchecked {
            count &= width - 1;
            if (kind == 0) return (x << count) & mask(width);
            if (kind == 1) return uint256(signed(x, width) >> count) & mask(width);
            return x >> count;
        }
    }

    /// @dev Operation `kind`: add, sub, mul, div_s, div_u, rem_s, rem_u, and, or, xor, shl, shr_s, shr_u,
    /// rotl, rotr from 0 on. Traps on a division by zero and on the one quotient that doesn't fit.
    function arithmetic(uint256 kind, uint256 width, uint256 x, uint256 y)
        internal
        pure
        returns (uint256 result, bool trapped)
    {
        unchecked {
            uint256 m = mask(width);
            if (kind == 0) return ((x + y) & m, false);
            if (kind == 1) return ((x - y) & m, false);
            if (kind == 2) return ((x * y) & m, false);
            if (kind <= 6) {
                if (y == 0) return (0, true);
                if (kind == 4) return (x / y, false);
                if (kind == 6) return (x % y, false);
                if (kind == 5) return (uint256(signed(x, width) % signed(y, width)) & m, false);
                if (x == 1 << (width - 1) && y == m) return (0, true);
                return (uint256(signed(x, width) / signed(y, width)) & m, false);
            }
            if (kind == 7) return (x & y, false);
            if (kind == 8) return (x | y, false);
            if (kind == 9) return (x ^ y, false);
            if (kind <= 12) return (shift(kind - 10, width, x, y), false);
            y &= width - 1;
            // Rotating right is rotating left by the rest of the width.
            if (kind == 14) y = width - y;
            return (((x << y) | (x >> (width - y))) & m, false);
        }
    }
}

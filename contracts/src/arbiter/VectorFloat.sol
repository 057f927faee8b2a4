// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BINARY32, BINARY64, Float, Format} from "./Float.sol";
import {Integer} from "./Integer.sol";

/// @title Instructions on float lanes
/// @dev Vectors are 128-bit little-endian integers: lane i of w bits begins at bit i * w.
library VectorFloat {
    /// @dev `n` must be a number of the set that VectorAlu sends here.
    function execute(uint256 n, uint256 x, uint256 y) internal pure returns (uint256) {
        unchecked {
            if (n < 0x4d) {
                return
                    n < 0x47 ? _compare(BINARY32, 32, n - 0x41, x, y) : _compare(BINARY64, 64, n - 0x47, x, y);
            }
            // demote_f64x2_zero, promote_low_f32x4.
            if (n == 0x5e) {
                return Float.convert(BINARY64, BINARY32, _lane(x, 0, 64))
                    | (Float.convert(BINARY64, BINARY32, _lane(x, 64, 64)) << 32);
            }
            if (n == 0x5f) {
                return Float.convert(BINARY32, BINARY64, _lane(x, 0, 32))
                    | (Float.convert(BINARY32, BINARY64, _lane(x, 32, 32)) << 64);
            }
            if (n < 0x6b) return _map(BINARY32, 32, n - 0x67 + Float.CEIL, x, y);
            if (n == 0x74) return _map(BINARY64, 64, Float.CEIL, x, y);
            if (n == 0x75) return _map(BINARY64, 64, Float.FLOOR, x, y);
            if (n == 0x7a) return _map(BINARY64, 64, Float.TRUNC, x, y);
            if (n == 0x94) return _map(BINARY64, 64, Float.NEAREST, x, y);
            if (n < 0xec) return _map(BINARY32, 32, _operation(n - 0xe0), x, y);
            if (n < 0xf8) return _map(BINARY64, 64, _operation(n - 0xec), x, y);
            // Bit 0: unsigned; then trunc_sat and convert for f32x4, trunc_sat and convert for f64x2.
            bool isSigned = n & 1 == 0;
            uint256 kind = (n - 0xf8) >> 1;
            if (kind == 0) return _truncate(BINARY32, 32, isSigned, x);
            if (kind == 1) return _fromIntegers(BINARY32, 32, isSigned, x);
            if (kind == 2) return _truncate(BINARY64, 64, isSigned, x);
            return _fromIntegers(BINARY64, 64, isSigned, x);
        }
    }

    /// @dev Float.apply_'s operation for an offset in the block abs, neg, (none), sqrt, add, sub, mul, div,
    /// min, max, pmin, pmax.
    function _operation(uint256 offset) private pure returns (uint256) {
        unchecked {
            if (offset < 2) return offset;
            if (offset == 3) return Float.SQRT;
            return offset < 10 ? offset - 4 + Float.ADD : offset - 10 + Float.PMIN;
        }
    }

    function _lane(uint256 x, uint256 offset, uint256 width) private pure returns (uint256) {
        return (x >> offset) & Integer.mask(width);
    }

    function _map(Format f, uint256 width, uint256 kind, uint256 x, uint256 y)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            for (uint256 offset = 0; offset < 128; offset += width) {
                result |= Float.apply_(f, kind, _lane(x, offset, width), _lane(y, offset, width)) << offset;
            }
        }
    }

    /// @dev Lanes of ones where the comparison of Float.compare holds.
    function _compare(Format f, uint256 width, uint256 kind, uint256 x, uint256 y)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            for (uint256 offset = 0; offset < 128; offset += width) {
                if (Float.compare(f, kind, _lane(x, offset, width), _lane(y, offset, width))) {
                    result |= Integer.mask(width) << offset;
                }
            }
        }
    }

    /// @dev Float lanes to i32 lanes, saturating, in order from the lowest; those without a source are zero.
    function _truncate(Format f, uint256 width, bool isSigned, uint256 x)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            for (uint256 i = 0; i < 128 / width; ++i) {
                (uint256 value,) = Float.toInteger(f, _lane(x, i * width, width), 32, isSigned);
                result |= value << (32 * i);
            }
        }
    }

    /// @dev The lowest i32 lanes to float lanes.
    function _fromIntegers(Format f, uint256 width, bool isSigned, uint256 x)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            for (uint256 i = 0; i < 128 / width; ++i) {
                uint256 lane = _lane(x, 32 * i, 32);
                int256 value = isSigned ? Integer.signed(lane, 32) : int256(lane);
                result |= Float.fromInteger(f, value) << (i * width);
            }
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BINARY32, BINARY64, Float, Format} from "./Float.sol";
import {IAlu} from "./IAlu.sol";
import {Integer} from "./Integer.sol";

/// @title Numerics of i32, i64, f32 and f64
/// @dev The opcodes are WebAssembly's, whose blocks repeat for each type: the offset in the block is the
/// operation.
contract ScalarAlu is IAlu {
    uint256 private constant MASK32 = 0xffffffff;
    uint256 private constant MASK64 = 0xffffffffffffffff;

    /// @inheritdoc IAlu
    function execute(uint256 opcode, uint128 x, uint128 y, uint128)
        external
        pure
        returns (uint128 result, bool trapped)
    {
        (uint256 value, bool trap) = _execute(opcode, x, y);
        return (uint128(value), trap);
    }

    function _execute(uint256 opcode, uint256 x, uint256 y) private pure returns (uint256, bool) {
        unchecked {
            if (opcode >= 0x45 && opcode <= 0x5a) {
                (uint256 kind, uint256 width) = opcode < 0x50 ? (opcode - 0x45, 32) : (opcode - 0x50, 64);
                uint256 mask = Integer.mask(width);
                if (kind == 0) return (_bit(x & mask == 0), false);
                return (_bit(Integer.compare(kind - 1, width, x & mask, y & mask)), false);
            }
            if (opcode >= 0x5b && opcode <= 0x60) {
                return (_bit(Float.compare(BINARY32, opcode - 0x5b, x & MASK32, y & MASK32)), false);
            }
            if (opcode >= 0x61 && opcode <= 0x66) {
                return (_bit(Float.compare(BINARY64, opcode - 0x61, x & MASK64, y & MASK64)), false);
            }
            if (opcode >= 0x67 && opcode <= 0x8a) {
                (uint256 kind, uint256 width) = opcode < 0x79 ? (opcode - 0x67, 32) : (opcode - 0x79, 64);
                uint256 mask = Integer.mask(width);
                if (kind > 2) return Integer.arithmetic(kind - 3, width, x & mask, y & mask);
                return (_count(kind, width, x & mask), false);
            }
            if (opcode >= 0x8b && opcode <= 0x98) {
                return (Float.apply_(BINARY32, opcode - 0x8b, x & MASK32, y & MASK32), false);
            }
            if (opcode >= 0x99 && opcode <= 0xa6) {
                return (Float.apply_(BINARY64, opcode - 0x99, x & MASK64, y & MASK64), false);
            }
            if (opcode >= 0xa7 && opcode <= 0xbb) return _convert(opcode, x);
            if (opcode >= 0xc0 && opcode <= 0xc4) {
                // i32.extend8_s, 16; i64.extend8_s, 16, 32.
                uint256 width = opcode < 0xc2 ? 8 << (opcode - 0xc0) : 8 << (opcode - 0xc2);
                return (uint256(Integer.signed(x, width)) & (opcode < 0xc2 ? MASK32 : MASK64), false);
            }
            if (opcode >= 0xd0 && opcode <= 0xd7) {
                (uint256 value,) = _truncate(opcode - 0xd0, x);
                return (value, false);
            }
            revert UnknownOperation(opcode);
        }
    }

    function _bit(bool condition) private pure returns (uint256 bit) {
        assembly ("memory-safe") {
            bit := condition
        }
    }

    /// @dev clz, ctz, popcnt from 0 on.
    function _count(uint256 kind, uint256 width, uint256 x) private pure returns (uint256) {
        unchecked {
            if (kind == 0) return width - Integer.length(x);
            // The bits below the lowest set one, all of them for 0.
            if (kind == 1) return Integer.popcount(~x & (x - 1) & Integer.mask(width));
            return Integer.popcount(x);
        }
    }

    function _convert(uint256 opcode, uint256 x) private pure returns (uint256, bool) {
        unchecked {
            if (opcode == 0xa7) return (x & MASK32, false);
            if (opcode == 0xac) return (uint256(Integer.signed(x, 32)) & MASK64, false);
            if (opcode == 0xad) return (x & MASK32, false);
            if (opcode == 0xb6) return (Float.convert(BINARY64, BINARY32, x & MASK64), false);
            if (opcode == 0xbb) return (Float.convert(BINARY32, BINARY64, x & MASK32), false);
            if (opcode >= 0xb2) {
                // From i32 signed, unsigned, i64 signed, unsigned: to f32 from 0xb2 on, to f64 from 0xb7 on.
                (Format to, uint256 kind) =
                    opcode < 0xb7 ? (BINARY32, opcode - 0xb2) : (BINARY64, opcode - 0xb7);
                uint256 width = kind < 2 ? 32 : 64;
                int256 value = kind & 1 == 0 ? Integer.signed(x, width) : int256(x & Integer.mask(width));
                return (Float.fromInteger(to, value), false);
            }
            (uint256 truncated, bool inRange) = _truncate(opcode < 0xac ? opcode - 0xa8 : opcode - 0xaa, x);
            return (truncated, !inRange);
        }
    }

    /// @dev `kind` is the saturating opcode's number after 0xfc: bit 0 unsigned, bit 1 from f64, bit 2 to
    /// i64.
    function _truncate(uint256 kind, uint256 x) private pure returns (uint256, bool) {
        unchecked {
            (Format from, uint256 mask) = kind & 2 == 0 ? (BINARY32, MASK32) : (BINARY64, MASK64);
            return Float.toInteger(from, x & mask, kind & 4 == 0 ? 32 : 64, kind & 1 == 0);
        }
    }
}

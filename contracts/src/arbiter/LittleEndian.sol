// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Guest data as numbers
/// @dev Slots, code words and memory are little-endian; the chain's words are big-endian.
library LittleEndian {
    /// @dev The 16 bytes at a memory address.
    function load(uint256 from) internal pure returns (uint256) {
        uint256 value;
        assembly ("memory-safe") {
            value := shr(128, mload(from))
        }
        return reverse(value);
    }

    /// @dev Replaces those bits of the 16 bytes at a memory address that `mask` has by those of `value`, which has no
    /// others. The 16 bytes that follow must be the caller's too: they are written as they were.
    function store(uint256 to, uint256 value, uint256 mask) internal pure {
        value = reverse(value);
        mask = reverse(mask);
        assembly ("memory-safe") {
            mstore(to, or(and(mload(to), not(shl(128, mask))), shl(128, value)))
        }
    }

    /// @dev The 16 bytes of `value` in reverse order. Bits of `value` above 128 must be zero.
    function reverse(uint256 value) internal pure returns (uint256 reversed) {
        assembly ("memory-safe") {
            let low := 0x00ff00ff00ff00ff00ff00ff00ff00ff
            reversed := or(and(shr(8, value), low), shl(8, and(value, low)))
            low := 0x0000ffff0000ffff0000ffff0000ffff
            reversed := or(and(shr(16, reversed), low), shl(16, and(reversed, low)))
            low := 0x00000000ffffffff00000000ffffffff
            reversed := or(and(shr(32, reversed), low), shl(32, and(reversed, low)))
            reversed := or(shr(64, reversed), shl(64, and(reversed, 0xffffffffffffffff)))
        }
    }
}

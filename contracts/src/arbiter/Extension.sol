// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Opcodes} from "./generated/Opcodes.sol";

/// @title What a load makes of the bits it reads
library Extension {
    /// @dev The result of the load that `row` describes; `value` are the `bits` bits of memory.
    function extend(uint256 row, uint256 value, uint256 bits) internal pure returns (uint256 result) {
        unchecked {
            uint256 extension = (row >> Opcodes.EXTENSION_SHIFT) & 7;
            if (extension == Opcodes.EXTENSION_ZERO) return value;
            if (extension == Opcodes.EXTENSION_SIGN) {
                uint256 width = (row >> Opcodes.CLASS_SHIFT) & 3 == Opcodes.CLASS_32 ? 32 : 64;
                return _signExtend(value, bits, width);
            }
            if (extension == Opcodes.EXTENSION_SPLAT) {
                for (; bits < 128; bits <<= 1) {
                    value |= value << bits;
                }
                return value;
            }
            // Lanes of `narrow` bits, each to twice its width.
            uint256 lanes = (row >> Opcodes.LANES_SHIFT) & 31;
            uint256 narrow = bits / lanes;
            for (uint256 i = 0; i < lanes; i++) {
                uint256 lane = (value >> (i * narrow)) & ((1 << narrow) - 1);
                if (extension == Opcodes.EXTENSION_LANES_SIGNED) {
                    lane = _signExtend(lane, narrow, 2 * narrow);
                }
                result |= lane << (2 * narrow * i);
            }
        }
    }

    /// @dev The low `bits` bits as a signed number of `width` bits.
    function _signExtend(uint256 value, uint256 bits, uint256 width) private pure returns (uint256 extended) {
        assembly ("memory-safe") {
            extended := and(signextend(sub(shr(3, bits), 1), value), sub(shl(width, 1), 1))
        }
    }
}

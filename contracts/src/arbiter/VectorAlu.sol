// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAlu} from "./IAlu.sol";
import {VectorFloat} from "./VectorFloat.sol";
import {VectorInteger} from "./VectorInteger.sol";

/// @title Numerics of v128
/// @dev An opcode is 0x200 + n, where n follows WebAssembly's prefix 0xfd. Loads, stores and constants aren't
/// numerics.
contract VectorAlu is IAlu {
    uint256 private constant FIRST = 0x200;
    /// @dev Bit n is set if n is an instruction on integer lanes, on lanes of any kind, or on bits.
    uint256 private constant INTEGER = 0x00000000ffe27f9bf7e27f9bfbeffffffbcff87f000fe001ffffffffffffe000;
    /// @dev Bit n is set if n computes with float lanes.
    uint256 private constant FLOAT = 0xffffbffb00000000000000000010000004300780c0001ffe0000000000000000;

    /// @inheritdoc IAlu
    function execute(uint256 opcode, uint128 x, uint128 y, uint128 z)
        external
        pure
        returns (uint128 result, bool trapped)
    {
        unchecked {
            // Below FIRST this wraps far above, and a shift that far leaves nothing of the sets.
            uint256 n = opcode - FIRST;
            if ((FLOAT >> n) & 1 == 1) return (uint128(VectorFloat.execute(n, x, y)), false);
            if ((INTEGER >> n) & 1 == 1) return (uint128(VectorInteger.execute(n, x, y, z)), false);
            revert UnknownOperation(opcode);
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Extension} from "../src/arbiter/Extension.sol";
import {Opcodes} from "../src/arbiter/generated/Opcodes.sol";
import {Test} from "./utils/Test.sol";

/// @dev A load's result has the bits of its type and no others, before it is written to a slot.
contract ExtensionTest is Test {
    function testASignIsExtendedToTheWidthOfTheType() public pure {
        for (uint256 byte_ = 0; byte_ < 256; byte_++) {
            bool negative = byte_ >= 128;
            // i32.load8_s, i64.load8_s.
            assertEq(_extend(0x2c, byte_, 8), negative ? 0xffffff00 | byte_ : byte_);
            assertEq(_extend(0x30, byte_, 8), negative ? 0xffffffffffffff00 | byte_ : byte_);
        }
    }

    function testASplatFillsTheVector() public pure {
        // v128.load8_splat, load16_splat, load32_splat, load64_splat.
        for (uint256 i = 0; i < 4; i++) {
            uint256 bits = 8 << i;
            uint256 value = 0x80a1b2c3d4e5f607 >> (64 - bits);
            uint256 expected;
            for (uint256 shift = 0; shift < 128; shift += bits) {
                expected |= value << shift;
            }
            assertEq(_extend(0x207 + i, value, bits), expected);
        }
    }

    function _extend(uint256 opcode, uint256 value, uint256 bits) private pure returns (uint256) {
        return Extension.extend(Opcodes.row(opcode), value, bits);
    }
}

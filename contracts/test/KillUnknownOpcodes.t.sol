// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Opcodes} from "../src/arbiter/generated/Opcodes.sol";
import {Test} from "./utils/Test.sol";

/// @dev The decode table beside the steps that contracts/test/tools/step-vectors.ts writes, of which every opcode has some.
contract UnknownOpcodesTest is Test {
    uint256 private constant TABLE_END = 0x800;
    uint256 private constant OPCODES = 0x10000;

    function testOpcodesWithoutAStepHaveNoRow() public view {
        bool[] memory known = _opcodesOfSteps();
        for (uint256 opcode = 0; opcode < TABLE_END; opcode++) {
            assertEq(Opcodes.row(opcode) != 0, known[opcode], vm.toString(opcode));
        }
        // Above the table, a whole word of rows is decided on together.
        for (uint256 opcode = TABLE_END; opcode < OPCODES; opcode += 8) {
            assertEq(Opcodes.row(opcode), 0, vm.toString(opcode));
        }
    }

    /// @dev Steps named by opcode 0 are those that no row decides.
    function _opcodesOfSteps() private view returns (bool[] memory known) {
        bytes memory all = vm.readFileBinary("build/vectors/steps.bin");
        known = new bool[](TABLE_END);
        for (uint256 cursor = 0; cursor < all.length;) {
            cursor += 2 + _number(all, cursor);
            uint256 opcode = _number(all, cursor);
            if (opcode != 0) known[opcode] = true;
            cursor += 108 + _number(all, cursor + 106);
        }
    }

    function _number(bytes memory content, uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(240, mload(add(add(content, 32), place)))
        }
    }
}

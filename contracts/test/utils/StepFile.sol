// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../../src/arbiter/Arbiter.sol";
import {ScalarAlu} from "../../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../../src/arbiter/VectorAlu.sol";
import {Test} from "./Test.sol";

/// @dev Reads the steps that contracts/test/tools/step-vectors.ts writes and gives the layout of.
abstract contract StepFile is Test {
    uint256 internal constant FORMS = 31;

    Arbiter internal arbiter;

    struct Step {
        string name;
        uint256 opcode;
        uint64 position;
        bytes32 codeRoot;
        bytes32 previous;
        bytes32 next;
        bytes witness;
    }

    function setUp() public {
        VectorAlu vector = new VectorAlu();
        arbiter = new Arbiter(new ScalarAlu(), vector, vector);
    }

    function _content() internal view returns (bytes memory content) {
        content = vm.readFileBinary("build/vectors/steps.bin");
        assertGt(content.length, 0);
    }

    /// @dev The step at a place in the file, and the place behind it.
    function _read(bytes memory content, uint256 cursor) internal pure returns (Step memory one, uint256) {
        uint256 length = _number(content, cursor, 2);
        one.name = string(_slice(content, cursor + 2, length));
        cursor += 2 + length;
        one.opcode = _number(content, cursor, 2);
        one.position = uint64(_number(content, cursor + 2, 8));
        one.codeRoot = bytes32(_number(content, cursor + 10, 32));
        one.previous = bytes32(_number(content, cursor + 42, 32));
        one.next = bytes32(_number(content, cursor + 74, 32));
        length = _number(content, cursor + 106, 2);
        one.witness = _slice(content, cursor + 108, length);
        return (one, cursor + 108 + length);
    }

    function _number(bytes memory content, uint256 place, uint256 width)
        internal
        pure
        returns (uint256 value)
    {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, width)), mload(add(add(content, 32), place)))
        }
    }

    function _slice(bytes memory content, uint256 place, uint256 length)
        internal
        pure
        returns (bytes memory slice)
    {
        slice = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(slice, 32), add(add(content, 32), place), length)
        }
    }

    /// @dev Memory is handed back after each step: its cost grows with the square of what is used.
    function _free() internal pure returns (uint256 free) {
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }

    function _release(uint256 free) internal pure {
        assembly {
            mstore(0x40, free)
        }
    }
}

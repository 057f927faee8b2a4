// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {Test} from "./utils/Test.sol";

/// @dev Steps at the ends of slots, leaves, code and memory. contracts/test/tools/boundary-vectors.ts writes them.
contract BoundaryStepsTest is Test {
    Arbiter private arbiter;

    error WrongStep(string name, bytes32 previous, bytes32 next);

    function setUp() public {
        VectorAlu vector = new VectorAlu();
        arbiter = new Arbiter(new ScalarAlu(), vector, vector);
    }

    function testStepsAtTheEndsOfSlotsCodeAndMemory() public view {
        bytes memory all = vm.readFileBinary("build/vectors/boundary-steps.bin");
        uint256 count;
        for (uint256 at = 0; at < all.length; count++) {
            uint256 free;
            assembly ("memory-safe") {
                free := mload(0x40)
            }
            uint256 length = _number(all, at, 2);
            string memory name = string(_slice(all, at + 2, length));
            // Behind the name and the opcode.
            at += 4 + length;
            length = _number(all, at + 104, 2);
            (bytes32 previous, bytes32 next) = arbiter.step(
                bytes32(_number(all, at + 8, 32)),
                uint64(_number(all, at, 8)),
                _slice(all, at + 106, length)
            );
            if (previous != bytes32(_number(all, at + 40, 32)) || next != bytes32(_number(all, at + 72, 32))) {
                revert WrongStep(name, previous, next);
            }
            at += 106 + length;
            // Memory is used again: its cost grows with the square of what is used.
            assembly {
                mstore(0x40, free)
            }
        }
        assertGt(count, 300);
    }

    function _number(bytes memory content, uint256 place, uint256 width)
        private
        pure
        returns (uint256 value)
    {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, width)), mload(add(add(content, 32), place)))
        }
    }

    function _slice(bytes memory content, uint256 place, uint256 length)
        private
        pure
        returns (bytes memory slice)
    {
        slice = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(slice, 32), add(add(content, 32), place), length)
        }
    }
}

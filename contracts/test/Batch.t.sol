// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {Test} from "./utils/Test.sol";

/// @dev Steps that other programs have collected, in the arbiter: scripts/lib/arbiter-batch.ts writes the chunks, runs this
/// contract and reads the results. Without its variables there is nothing to do.
///
/// A chunk (big-endian) is a row of steps: code root 32, hash before 32, hash after 32, position u64, length of the witness u32,
/// witness. Its result: steps u64, failures u64, then of the first failures: index u64, reverted u8, hash before 32, after 32.
contract BatchTest is Test {
    uint256 private constant HEADER = 108;
    uint256 private constant FAILURE = 73;
    uint256 private constant MAX_FAILURES = 1000;

    Arbiter private arbiter;

    error WrongSteps(uint256 failures);

    function setUp() public {
        VectorAlu vector = new VectorAlu();
        arbiter = new Arbiter(new ScalarAlu(), vector, vector);
    }

    // forge runs functions side by side: as many as it has threads.
    function testShard0() public {
        _shard(0);
    }

    function testShard1() public {
        _shard(1);
    }

    function testShard2() public {
        _shard(2);
    }

    function testShard3() public {
        _shard(3);
    }

    function _shard(uint256 shard) private {
        string memory directory = vm.envOr("ARBITER_BATCH", string(""));
        if (bytes(directory).length == 0) vm.skip(true, "no batch of steps given (ARBITER_BATCH)");
        uint256 first = vm.envOr("ARBITER_BATCH_FIRST", uint256(0));
        uint256 count = vm.envOr("ARBITER_BATCH_COUNT", uint256(0));
        uint256 shards = vm.envOr("ARBITER_BATCH_SHARDS", uint256(1));
        uint256 failures;
        for (uint256 i = first; i < first + count; i++) {
            if (i % shards != shard) continue;
            string memory path = string.concat(directory, "/", vm.toString(i));
            uint256 free = _free();
            bytes memory result = _chunk(vm.readFileBinary(string.concat(path, ".steps")));
            vm.writeFileBinary(string.concat(path, ".result"), result);
            assembly ("memory-safe") {
                failures := add(failures, shr(192, mload(add(result, 40))))
            }
            _release(free);
        }
        // What has been written stays written.
        if (failures > 0) revert WrongSteps(failures);
    }

    function _chunk(bytes memory content) private view returns (bytes memory result) {
        result = new bytes(16 + MAX_FAILURES * FAILURE);
        uint256 steps;
        uint256 failures;
        for (uint256 cursor = 0; cursor < content.length; steps++) {
            (uint256 length, bool done, bytes32 from, bytes32 to) = _step(content, cursor);
            bool right;
            assembly ("memory-safe") {
                let header := add(add(content, 32), cursor)
                right := and(done, and(eq(from, mload(add(header, 32))), eq(to, mload(add(header, 64)))))
            }
            cursor += HEADER + length;
            if (right) continue;
            if (failures < MAX_FAILURES) {
                assembly ("memory-safe") {
                    let place := add(add(result, 48), mul(failures, FAILURE))
                    mstore(place, shl(192, steps))
                    mstore8(add(place, 8), iszero(done))
                    mstore(add(place, 9), from)
                    mstore(add(place, 41), to)
                }
            }
            failures++;
        }
        uint256 listed = failures < MAX_FAILURES ? failures : MAX_FAILURES;
        assembly ("memory-safe") {
            // The two numbers take half a word; the first failure begins in the other half.
            let word := add(result, 32)
            mstore(word, or(shr(128, shl(128, mload(word))), or(shl(192, steps), shl(128, failures))))
            mstore(result, add(16, mul(listed, FAILURE)))
        }
    }

    /// @dev Calls the arbiter with the step at `cursor`; a call that reverts gives no hashes.
    function _step(bytes memory content, uint256 cursor)
        private
        view
        returns (uint256 length, bool done, bytes32 from, bytes32 to)
    {
        address target = address(arbiter);
        bytes4 selector = Arbiter.step.selector;
        assembly ("memory-safe") {
            let header := add(add(content, 32), cursor)
            length := shr(224, mload(add(header, 104)))
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 4), mload(header))
            mstore(add(call_, 36), shr(192, mload(add(header, 96))))
            mstore(add(call_, 68), 0x60)
            mstore(add(call_, 100), length)
            mcopy(add(call_, 132), add(header, HEADER), length)
            // Whole words, as the encoding has it.
            mstore(add(add(call_, 132), length), 0)
            let size := add(132, and(add(length, 31), not(31)))
            done := staticcall(gas(), target, call_, size, 0, 64)
            done := and(done, eq(returndatasize(), 64))
            if done {
                from := mload(0)
                to := mload(32)
            }
        }
    }

    /// @dev Memory is handed back after each chunk: its cost grows with the square of what is used.
    function _free() private pure returns (uint256 free) {
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }

    function _release(uint256 free) private pure {
        assembly {
            mstore(0x40, free)
        }
    }
}

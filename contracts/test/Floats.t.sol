// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAlu} from "../src/arbiter/IAlu.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {Test} from "./utils/Test.sol";

/// @dev Every float instruction against a WebAssembly engine. The normal run takes special values in all pairs
/// (contracts/test/tools/float-vectors.ts writes them); `npm run test:floats` writes random ones and names their file.
contract FloatsTest is Test {
    /// @dev Four big-endian numbers of 128 bits: opcode << 8 | 1 if the engine trapped; result; y; x.
    uint256 private constant RECORD_BYTES = 64;
    uint256 private constant FIRST_VECTOR_OPCODE = 0x200;
    /// @dev Mismatches that are shown.
    uint256 private constant SHOWN = 3;

    IAlu private scalar;
    IAlu private vector;

    function setUp() public {
        scalar = new ScalarAlu();
        vector = new VectorAlu();
    }

    function testSpecialValuesInAllPairs() public {
        (uint256 records, uint256 mismatches) = _check("build/vectors/floats.bin");
        assertGt(records, 100_000);
        assertEq(mismatches, 0, "mismatches");
    }

    /// @dev The files FLOATS_FILES-0, -1, ... up to their number FLOATS_COUNT; not part of the normal run.
    function testRandomPairs() public {
        uint256 count = vm.envOr("FLOATS_COUNT", uint256(0));
        if (count == 0) {
            vm.skip(true, "npm run test:floats runs this");
            return;
        }
        string memory prefix = vm.envOr("FLOATS_FILES", string(""));
        uint256 records;
        uint256 mismatches;
        for (uint256 i = 0; i < count; i++) {
            // A call of its own, so that its memory is given back.
            (uint256 some, uint256 wrong) = this.check(string.concat(prefix, "-", vm.toString(i), ".bin"));
            records += some;
            mismatches += wrong;
        }
        emit log_named_uint("records", records);
        emit log_named_uint("mismatches", mismatches);
        assertGt(records, 0);
    }

    function check(string calldata path) external returns (uint256 records, uint256 mismatches) {
        return _check(path);
    }

    function _check(string memory path) private returns (uint256 records, uint256 mismatches) {
        bytes memory all = vm.readFileBinary(path);
        assertEq(all.length % RECORD_BYTES, 0, "the file doesn't consist of records");
        (IAlu scalar_, IAlu vector_) = (scalar, vector);
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        for (uint256 offset = 0; offset < all.length; offset += RECORD_BYTES) {
            uint256 head;
            uint256 operands;
            assembly ("memory-safe") {
                head := mload(add(add(all, 32), offset))
                operands := mload(add(add(all, 64), offset))
            }
            uint256 opcode = (head >> 136) & 0xffff;
            bool traps = (head >> 128) & 1 == 1;
            (uint128 result, bool trapped) = (opcode < FIRST_VECTOR_OPCODE ? scalar_ : vector_)
            .execute(opcode, uint128(operands), uint128(operands >> 128), 0);
            records++;
            if (trapped != traps || (!traps && result != uint128(head))) {
                mismatches++;
                if (mismatches <= SHOWN) _show(opcode, operands, head, result, trapped);
            }
            assembly ("memory-safe") {
                mstore(0x40, free)
            }
        }
    }

    function _show(uint256 opcode, uint256 operands, uint256 head, uint128 result, bool trapped) private {
        emit log_named_uint("mismatch of opcode", opcode);
        emit log_named_bytes32("  y, x", bytes32(operands));
        emit log_named_bytes32("  the engine: trap, result", bytes32(head));
        emit log_named_bytes32(
            "  the contract: trap, result", bytes32((trapped ? 1 << 128 : 0) | uint256(result))
        );
    }
}

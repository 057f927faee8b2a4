// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAlu} from "../src/arbiter/IAlu.sol";
import {Harness, VM, created} from "./Harness.sol";

/// @dev Runs the vectors of Alu.t.sol under every mutant until one tells it from the original. A case of the plan is an opcode;
/// of several opcodes the first vectors are tried first, then the second ones.
contract AluRun is Harness {
    uint256 private constant VECTOR_BYTES = 67;
    uint256 private constant GROUP_BYTES = 10;
    /// @dev Vectors of an opcode that say which places it passes. They are shuffled, and most places are passed by many.
    uint256 private constant COVERED = 512;
    uint256 private constant FIRST_VECTOR_OPCODE = 0x200;
    /// @dev Many times what any vector takes; a loop without end ends here.
    uint256 private constant CALL_GAS = 3_000_000;

    IAlu private scalar;
    IAlu private vector;

    error OriginalDiffers(uint256 vector);

    function setUp() public {
        scalar = IAlu(created("ScalarAlu.sol:ScalarAlu", ""));
        vector = IAlu(created("VectorAlu.sol:VectorAlu", ""));
    }

    function testCoverage() public {
        bytes memory groups = VM.readFileBinary("run/groups.bin");
        bytes memory vectors = VM.readFileBinary("run/vectors.bin");
        VM.roll(COVER);
        for (uint256 at = 0; at < groups.length; at += GROUP_BYTES) {
            bool[] memory seen = new bool[](SITES);
            uint256 start = _number(groups, at + 2, 4);
            uint256 count = _number(groups, at + 6, 4);
            if (count > COVERED) count = COVERED;
            VM.record();
            uint256 free = _free();
            for (uint256 i = start; i < start + count; i++) {
                if (_differs(vectors, i)) revert OriginalDiffers(i);
                _release(free);
            }
            _sayPlaces(at / GROUP_BYTES, address(_unit(vectors, start)), seen);
            _release(free);
        }
        VM.roll(ORIGINAL);
    }

    function testMutants() public {
        bytes memory groups = VM.readFileBinary("run/groups.bin");
        bytes memory vectors = VM.readFileBinary("run/vectors.bin");
        bytes memory plan = _plan();
        uint256 budget = _number(plan, 0, 4);
        uint256 free = _free();
        for (uint256 at = 4; at < plan.length;) {
            uint256 id = _number(plan, at, 4);
            uint256 cases = _number(plan, at + 4, 4);
            VM.roll(id);
            uint256 found = _first(groups, vectors, plan, at + 8, cases, budget);
            VM.roll(ORIGINAL);
            _say(id, found);
            at += 8 + 4 * cases;
            _release(free);
        }
    }

    /// @dev Number of the first vector that differs plus one; 0 if none does.
    function _first(
        bytes memory groups,
        bytes memory vectors,
        bytes memory plan,
        uint256 from,
        uint256 cases,
        uint256 budget
    ) private view returns (uint256) {
        uint256 free = _free();
        // Few opcodes: more vectors of each. Many: fewer.
        for (uint256 round = 0; round * cases < budget; round++) {
            bool any = false;
            for (uint256 k = 0; k < cases; k++) {
                uint256 group = _number(plan, from + 4 * k, 4) * GROUP_BYTES;
                if (round >= _number(groups, group + 6, 4)) continue;
                any = true;
                uint256 i = _number(groups, group + 2, 4) + round;
                if (_differs(vectors, i)) return i + 1;
                _release(free);
            }
            if (!any) return 0;
        }
        return 0;
    }

    function _unit(bytes memory vectors, uint256 i) private view returns (IAlu) {
        return _number(vectors, i * VECTOR_BYTES + 64, 2) < FIRST_VECTOR_OPCODE ? scalar : vector;
    }

    function _differs(bytes memory vectors, uint256 i) private view returns (bool) {
        uint256 at = i * VECTOR_BYTES;
        bytes memory call = abi.encodeCall(
            IAlu.execute,
            (
                _number(vectors, at + 64, 2),
                uint128(_number(vectors, at, 16)),
                uint128(_number(vectors, at + 16, 16)),
                uint128(_number(vectors, at + 32, 16))
            )
        );
        (bool done, bytes memory answer) = address(_unit(vectors, i)).staticcall{gas: CALL_GAS}(call);
        if (!done || answer.length != 64) return true;
        bool traps = _number(vectors, at + 66, 1) == 1;
        if (_number(answer, 32, 32) != (traps ? 1 : 0)) return true;
        return !traps && _number(answer, 0, 32) != _number(vectors, at + 48, 16);
    }
}

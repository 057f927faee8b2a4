// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {Harness, VM, created} from "./Harness.sol";

/// @dev Runs steps under every mutant until one tells it from the original. A case of the plan is a step.
contract StepRun is Harness {
    uint256 private constant CALL_GAS = 30_000_000;

    address private arbiter;

    error OriginalDiffers(uint256 step);

    function setUp() public {
        address scalar = created("ScalarAlu.sol:ScalarAlu", "");
        address vector = created("VectorAlu.sol:VectorAlu", "");
        arbiter = created("Arbiter.sol:Arbiter", abi.encode(scalar, vector, vector));
    }

    function testCoverage() public {
        (bytes memory steps, bytes memory starts) = _steps();
        uint256 free = _free();
        // Changed witnesses, which come last, pass no other places than the steps that they were made of.
        uint256 recorded = _number(_plan(), 0, 4);
        VM.roll(COVER);
        for (uint256 i = 0; i < starts.length / 4; i++) {
            if (i < recorded) VM.record();
            else if (i == recorded) VM.roll(ORIGINAL);
            if (_differs(steps, _number(starts, 4 * i, 4))) revert OriginalDiffers(i);
            if (i < recorded) _sayPlaces(i, arbiter, new bool[](SITES));
            _release(free);
        }
        VM.roll(ORIGINAL);
    }

    function testMutants() public {
        (bytes memory steps, bytes memory starts) = _steps();
        bytes memory plan = _plan();
        uint256 free = _free();
        for (uint256 at = 4; at < plan.length;) {
            uint256 id = _number(plan, at, 4);
            uint256 cases = _number(plan, at + 4, 4);
            uint256 found = 0;
            VM.roll(id);
            for (uint256 k = 0; k < cases; k++) {
                uint256 i = _number(plan, at + 8 + 4 * k, 4);
                if (_differs(steps, _number(starts, 4 * i, 4))) {
                    found = i + 1;
                    break;
                }
                _release(free);
            }
            VM.roll(ORIGINAL);
            _say(id, found);
            at += 8 + 4 * cases;
            _release(free);
        }
    }

    function _steps() private view returns (bytes memory steps, bytes memory starts) {
        steps = VM.readFileBinary("run/steps.bin");
        starts = VM.readFileBinary("run/starts.bin");
    }

    /// @dev A step: 1 if it must be refused, position (8), code root, previous, next, length of the witness (2), witness.
    function _differs(bytes memory steps, uint256 at) private view returns (bool) {
        bytes memory witness = new bytes(_number(steps, at + 105, 2));
        assembly ("memory-safe") {
            mcopy(add(witness, 32), add(add(steps, 32), add(at, 107)), mload(witness))
        }
        bytes memory call = abi.encodeCall(
            Arbiter.step,
            (bytes32(_number(steps, at + 9, 32)), uint64(_number(steps, at + 1, 8)), witness)
        );
        (bool done, bytes memory answer) = arbiter.staticcall{gas: CALL_GAS}(call);
        bool refused = !done || answer.length != 64 || _number(answer, 0, 32) != _number(steps, at + 41, 32);
        if (_number(steps, at, 1) == 1) return !refused;
        return refused || _number(answer, 32, 32) != _number(steps, at + 73, 32);
    }
}

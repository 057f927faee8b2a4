// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StepFile} from "./utils/StepFile.sol";

/// @dev Steps at the ends of slots, leaves, code and memory. contracts/test/tools/boundary-vectors.ts writes them.
contract BoundaryStepsTest is StepFile {
    error WrongBoundaryStep(string name, bytes32 previous, bytes32 next);

    function testStepsAtTheEndsOfSlotsCodeAndMemory() public view {
        bytes memory content = vm.readFileBinary("build/vectors/boundary-steps.bin");
        uint256 count;
        for (uint256 cursor = 0; cursor < content.length; count++) {
            uint256 free = _free();
            Step memory one;
            (one, cursor) = _read(content, cursor);
            (bytes32 previous, bytes32 next) = arbiter.step(one.codeRoot, one.position, one.witness);
            if (previous != one.previous || next != one.next) {
                revert WrongBoundaryStep(one.name, previous, next);
            }
            _release(free);
        }
        assertGt(count, 300);
    }
}

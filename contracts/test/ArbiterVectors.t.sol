// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {Opcodes} from "../src/arbiter/generated/Opcodes.sol";
import {StepFile} from "./utils/StepFile.sol";

/// @dev Single steps of every opcode. contracts/test/tools/step-vectors.ts writes them; scripts/test-contracts.ts runs it first.
contract ArbiterVectorsTest is StepFile {
    error WrongStep(string name, bytes32 previous, bytes32 next);
    error StepReverted(string name, bytes reason);

    function testEveryStep() public view {
        bytes memory content = _content();
        bool[0x600] memory executed;
        for (uint256 cursor = 0; cursor < content.length;) {
            uint256 free = _free();
            Step memory one;
            (one, cursor) = _read(content, cursor);
            _check(one);
            executed[one.opcode] = true;
            _release(free);
        }
        for (uint256 opcode = 1; opcode < executed.length; opcode++) {
            assertEq(
                executed[opcode],
                Opcodes.row(opcode) != 0,
                "an opcode without a step, or a step without an opcode"
            );
        }
    }

    function _check(Step memory one) private view {
        (bool done, bytes memory answer) = address(arbiter)
            .staticcall(abi.encodeCall(Arbiter.step, (one.codeRoot, one.position, one.witness)));
        if (!done) revert StepReverted(one.name, answer);
        (bytes32 from, bytes32 to) = abi.decode(answer, (bytes32, bytes32));
        if (from != one.previous || to != one.next) revert WrongStep(one.name, from, to);
    }
}

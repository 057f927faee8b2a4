// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {Opcodes} from "../src/arbiter/generated/Opcodes.sol";
import {Test} from "./utils/Test.sol";

/// @dev Single steps of every opcode, and what becomes of their witnesses when bytes are changed.
/// contracts/test/tools/step-vectors.ts writes the steps and gives their layout; scripts/test-contracts.ts runs it first.
contract ArbiterVectorsTest is Test {
    uint256 private constant FORMS = 31;
    /// @dev What one step may cost as a transaction of its own: intrinsic cost, calldata, execution.
    uint256 private constant MAX_GAS = 200_000;
    /// @dev What the first use of an account costs beyond a later one (EIP-2929). The unit is warm in these tests after its
    /// first call; in a transaction it isn't.
    uint256 private constant COLD_ACCOUNT_GAS = 2_500;
    /// @dev Steps of each form whose bytes are all changed in turn.
    uint256 private constant CORRUPTED_STEPS = 2;

    Arbiter private arbiter;

    struct Step {
        string name;
        uint256 opcode;
        uint64 position;
        bytes32 codeRoot;
        bytes32 previous;
        bytes32 next;
        bytes witness;
    }

    error WrongStep(string name, bytes32 previous, bytes32 next);
    error StepReverted(string name, bytes reason);
    error TooExpensive(string name, uint256 gas, uint256 limit);
    error CorruptionUnnoticed(string name, uint256 place, uint256 value);

    function setUp() public {
        VectorAlu vector = new VectorAlu();
        arbiter = new Arbiter(new ScalarAlu(), vector, vector);
    }

    function testEveryStep() public {
        bytes memory content = _content();
        uint256[FORMS] memory most;
        uint256[FORMS] memory mostExecuted;
        uint256[FORMS] memory steps;
        bool[0x600] memory executed;
        for (uint256 cursor = 0; cursor < content.length;) {
            uint256 free = _free();
            Step memory one;
            (one, cursor) = _read(content, cursor);
            (uint256 execution, uint256 whole) = _check(one);
            if (whole > MAX_GAS) revert TooExpensive(one.name, whole, MAX_GAS);
            uint256 form = Opcodes.row(one.opcode) & Opcodes.FORM_MASK;
            executed[one.opcode] = true;
            steps[form]++;
            if (whole > most[form]) most[form] = whole;
            if (execution > mostExecuted[form]) mostExecuted[form] = execution;
            _release(free);
        }
        for (uint256 form = 1; form < FORMS; form++) {
            emit log_named_uint(
                string.concat(
                    "form ",
                    vm.toString(form),
                    ": execution at most ",
                    vm.toString(mostExecuted[form]),
                    ", transaction at most"
                ),
                most[form]
            );
        }
        for (uint256 opcode = 1; opcode < executed.length; opcode++) {
            assertEq(
                executed[opcode],
                Opcodes.row(opcode) != 0,
                "an opcode without a step, or a step without an opcode"
            );
        }
    }

    function testNoChangedByteGoesUnnoticed() public view {
        bytes memory content = _content();
        uint256[FORMS] memory seen;
        for (uint256 cursor = 0; cursor < content.length;) {
            uint256 free = _free();
            Step memory one;
            (one, cursor) = _read(content, cursor);
            if (seen[Opcodes.row(one.opcode) & Opcodes.FORM_MASK]++ < CORRUPTED_STEPS) _corrupt(one);
            _release(free);
        }
    }

    /// @dev Gas of the execution and of a transaction with the step.
    function _check(Step memory one) private view returns (uint256 execution, uint256 whole) {
        bytes memory call = abi.encodeCall(Arbiter.step, (one.codeRoot, one.position, one.witness));
        execution = gasleft();
        (bool done, bytes memory answer) = address(arbiter).staticcall(call);
        execution = execution - gasleft() + COLD_ACCOUNT_GAS;
        if (!done) revert StepReverted(one.name, answer);
        (bytes32 from, bytes32 to) = abi.decode(answer, (bytes32, bytes32));
        if (from != one.previous || to != one.next) revert WrongStep(one.name, from, to);
        uint256 zeros;
        for (uint256 i = 0; i < call.length; i++) {
            if (call[i] == 0) zeros++;
        }
        // EIP-7623: tokens are a quarter of a byte that isn't zero; the floor is 10 gas a token, execution included.
        uint256 tokens = zeros + 4 * (call.length - zeros);
        whole = 21_000 + (4 * tokens + execution > 10 * tokens ? 4 * tokens + execution : 10 * tokens);
    }

    function _corrupt(Step memory one) private view {
        bytes memory witness = one.witness;
        bytes memory longer = abi.encodePacked(witness, bytes1(0));
        if (!_notices(one, longer)) revert CorruptionUnnoticed(one.name, witness.length, 0);
        uint256 free = _free();
        for (uint256 i = 0; i < witness.length; i++) {
            bytes1 original = witness[i];
            // A different bit from byte to byte.
            witness[i] = original ^ bytes1(uint8(1 << (i % 8)));
            if (!_notices(one, witness)) revert CorruptionUnnoticed(one.name, i, uint8(witness[i]));
            witness[i] = original;
            _release(free);
        }
    }

    function _notices(Step memory one, bytes memory witness) private view returns (bool) {
        (bool done, bytes memory answer) =
            address(arbiter).staticcall(abi.encodeCall(Arbiter.step, (one.codeRoot, one.position, witness)));
        if (!done) return true;
        (bytes32 from,) = abi.decode(answer, (bytes32, bytes32));
        return from != one.previous;
    }

    function _content() private view returns (bytes memory content) {
        content = vm.readFileBinary("build/vectors/steps.bin");
        assertGt(content.length, 0);
    }

    function _read(bytes memory content, uint256 cursor) private pure returns (Step memory one, uint256) {
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

    /// @dev Memory is handed back after each step: its cost grows with the square of what is used.
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

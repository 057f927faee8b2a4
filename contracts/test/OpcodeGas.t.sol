// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {Opcodes} from "../src/arbiter/generated/Opcodes.sol";
import {StepFile} from "./utils/StepFile.sol";

/// @dev What a step of each opcode costs. contracts/test/tools/depth-vectors.ts writes the steps; the figures go to
/// build/vectors/opcode-gas.json, from which scripts/generate-opcodes-md.ts makes docs/opcodes.md.
contract OpcodeGasTest is StepFile {
    uint256 private constant OPCODES = 0x600;
    /// @dev What the first use of an account costs beyond a later one (EIP-2929). The units are warm in this test after their first
    /// call; in a transaction the one that is used isn't.
    uint256 private constant COLD_ACCOUNT_GAS = 2_500;
    /// @dev Bounds of a step sent as a transaction of its own.
    uint256 private constant MAX_AT_MNIST_DEPTH = 95_000;
    uint256 private constant MAX_AT_FULL_DEPTH = 195_000;

    struct Figures {
        uint256 execution;
        uint256 whole;
    }

    error WrongStep(uint256 opcode, string depth, bytes32 previous, bytes32 next);

    function testGasOfEveryOpcode() public {
        bytes memory content = vm.readFileBinary("build/vectors/depths.bin");
        Figures[] memory mnist = new Figures[](OPCODES);
        Figures[] memory full = new Figures[](OPCODES);
        // A transaction's own receiver is warm.
        arbiter.scalar();
        for (uint256 cursor = 0; cursor < content.length;) {
            uint256 free = _free();
            Step memory one;
            (one, cursor) = _read(content, cursor);
            Figures memory most = (bytes(one.name)[0] == "M" ? mnist : full)[one.opcode];
            (uint256 execution, uint256 whole) = _measure(one);
            if (execution > most.execution) most.execution = execution;
            if (whole > most.whole) most.whole = whole;
            _release(free);
        }
        string memory json = "{";
        Figures memory mostMnist;
        Figures memory mostFull;
        for (uint256 opcode = 1; opcode < OPCODES; opcode++) {
            assertEq(mnist[opcode].whole != 0, Opcodes.row(opcode) != 0, "an opcode without a step");
            if (mnist[opcode].whole == 0) continue;
            _atMost(mostMnist, mnist[opcode]);
            _atMost(mostFull, full[opcode]);
            json = string.concat(
                json,
                bytes(json).length == 1 ? "" : ",",
                "\n",
                _entry(vm.toString(opcode), mnist[opcode], full[opcode])
            );
        }
        vm.writeFile("build/vectors/opcode-gas.json", string.concat(json, "\n}\n"));
        emit log_named_uint("MNIST depth: execution at most", mostMnist.execution);
        emit log_named_uint("MNIST depth: transaction at most", mostMnist.whole);
        emit log_named_uint("full depth: execution at most", mostFull.execution);
        emit log_named_uint("full depth: transaction at most", mostFull.whole);
        assertLt(mostMnist.whole, MAX_AT_MNIST_DEPTH);
        assertLt(mostFull.whole, MAX_AT_FULL_DEPTH);
    }

    function _atMost(Figures memory most, Figures memory other) private pure {
        if (other.execution > most.execution) most.execution = other.execution;
        if (other.whole > most.whole) most.whole = other.whole;
    }

    function _entry(string memory opcode, Figures memory mnist, Figures memory full)
        private
        pure
        returns (string memory)
    {
        string memory first = string.concat(
            "\"", opcode, "\": [", vm.toString(mnist.execution), ", ", vm.toString(mnist.whole)
        );
        return string.concat(first, ", ", vm.toString(full.execution), ", ", vm.toString(full.whole), "]");
    }

    /// @dev Gas of the execution and of a transaction with the step.
    function _measure(Step memory one) private view returns (uint256 execution, uint256 whole) {
        bytes memory data = abi.encodeCall(Arbiter.step, (one.codeRoot, one.position, one.witness));
        address to = address(arbiter);
        bool done;
        bytes32 previous;
        bytes32 next;
        assembly ("memory-safe") {
            let before := gas()
            done := staticcall(gas(), to, add(data, 32), mload(data), 0, 64)
            execution := sub(before, gas())
            previous := mload(0)
            next := mload(32)
        }
        if (!done || previous != one.previous || next != one.next) {
            revert WrongStep(one.opcode, one.name, previous, next);
        }
        if ((Opcodes.row(one.opcode) >> Opcodes.UNIT_SHIFT) & 3 != Opcodes.UNIT_NONE) {
            execution += COLD_ACCOUNT_GAS;
        }
        uint256 zeros;
        for (uint256 i = 0; i < data.length; i++) {
            if (data[i] == 0) zeros++;
        }
        // EIP-7623: tokens are a quarter of a byte that isn't zero; the floor is 10 gas a token, execution included.
        uint256 tokens = zeros + 4 * (data.length - zeros);
        whole = 21_000 + (4 * tokens + execution > 10 * tokens ? 4 * tokens + execution : 10 * tokens);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {GraphArbiter} from "../src/GraphArbiter.sol";
import {Descent, GraphOutcome, GraphStep} from "../src/Types.sol";
import {GraphModel} from "./utils/GraphModel.sol";
import {Test} from "./utils/Test.sol";

/// @dev What a graph step must be shown, each part by itself: the others are as they should be.
contract GraphStepsTest is Test, GraphModel {
    uint32 private constant ITERATIONS = 1000;
    bytes32 private constant OTHER = keccak256("other");
    /// @dev Far above what a step costs, which is mostly hashing.
    uint256 private constant STEP_GAS = 3_000_000;

    GraphArbiter private arbiter;

    function setUp() public {
        arbiter = new GraphArbiter();
        _initTrees();
        _set(slotTree, INPUT + 1, keccak256("input 1"));
        _set(slotTree, OUTPUT, keccak256("output"));
        _set(slotTree, CONSTANT, keccak256("constant"));
        _set(slotTree, TEMPORARY + 5, keccak256("temporary"));
    }

    function testEachInstructionIsJudgedAtItsOwnPlace() public {
        for (uint16 i = 0; i < 5; i++) {
            _push(_callBytes(OUTPUT + i, CONSTANT, 7 + i, new uint16[](0)));
        }
        for (uint64 g = 0; g < 10; g++) {
            Descent memory descent = _callDescent(g);
            GraphOutcome memory outcome = arbiter.judge(_step(descent), descent);
            assertFalse(outcome.decided);
            assertEq(outcome.start, _machineStart(program[g % 5], uint32(g / 5)));
            // The next instruction, proven where it lies, is not this step's.
            Descent memory next = _callDescent(g + 1);
            next.state = descent.state;
            GraphStep memory step = _step(next);
            vm.expectPartialRevert(GraphArbiter.RootMismatch.selector);
            arbiter.judge(step, next);
        }
    }

    function testThirtyThreeBytesOfAnotherKindAreNoState() public {
        for (uint256 tag = 0; tag < 256; tag++) {
            if (tag == 0x12) continue;
            Descent memory descent;
            descent.state = abi.encodePacked(uint8(tag), OTHER);
            bytes32 hash = keccak256(descent.state);
            GraphStep memory step = _step(descent);
            vm.expectRevert(abi.encodeWithSelector(GraphArbiter.NotTheState.selector, hash, hash));
            arbiter.judge(step, descent);
        }
    }

    function testAStopMayTestTheFirstSlot() public {
        Descent memory descent = _stop(INPUT, new bytes(128));
        _expectDecided(descent, keccak256(_running(5, _rootOf(slotTree))));
        delete program;
        descent = _stop(INPUT, _leaf(1));
        _expectDecided(descent, keccak256(abi.encodePacked(uint8(0x12), _group(1))));
    }

    /// @dev The leaf and the tensor fit each other, and the tensor isn't the one that the slots hold.
    function testATensorThatIsNotInTheSlotsDecidesNothing() public {
        Descent memory descent = _stop(TEMPORARY + 3, _leaf(1));
        (bytes32 held, bytes32 root) = (descent.operandRoots[0], _rootOf(slotTree));
        descent.leaf = new bytes(128);
        descent.operandRoots = new bytes32[](1);
        descent.operandRoots[0] = _tensor(descent.leaf);
        descent.operandProof = _one(TEMPORARY + 3);
        _set(slotTree, TEMPORARY + 3, descent.operandRoots[0]);
        _refusedRoot(descent, "slots", _rootOf(slotTree), root);
        _set(slotTree, TEMPORARY + 3, held);
        // The other way round: a stop that the slots don't ask for.
        delete program;
        descent = _stop(TEMPORARY + 3, new bytes(128));
        root = _rootOf(slotTree);
        _set(slotTree, TEMPORARY + 3, _tensor(_leaf(2)));
        descent.leaf = _leaf(2);
        descent.operandRoots = new bytes32[](2);
        (descent.operandRoots[0], descent.operandRoots[1]) = (_tensor(_leaf(2)), _group(1));
        descent.operandProof = abi.encodePacked(_one(TEMPORARY + 3), _group(0), _rest());
        _refusedRoot(descent, "slots", _rootOf(slotTree), root);
    }

    function testNothingMayFollowTheOperandsOfAStopThatGoesOn() public {
        Descent memory descent = _stop(TEMPORARY + 3, new bytes(128));
        bytes memory proof = descent.operandProof;
        for (uint256 more = 1; more <= 64; more += 21) {
            descent.operandProof = abi.encodePacked(proof, new bytes(more));
            _refusedLength(descent, "operand proof", proof.length + more, proof.length);
        }
        descent.operandProof = proof;
        bytes32 tensor = descent.operandRoots[0];
        descent.operandRoots = new bytes32[](2);
        (descent.operandRoots[0], descent.operandRoots[1]) = (tensor, _group(1));
        _refusedLength(descent, "operand roots", 2, 1);
    }

    function testARefusalSaysWhatWasComputedAndWhatWasWanted() public {
        _push(_callBytes(OUTPUT, CONSTANT, 1, new uint16[](0)));
        Descent memory descent = _callDescent(0);
        GraphStep memory step = _step(descent);
        step.programRoot = OTHER;
        vm.expectRevert(_mismatch("program", _rootOf(programTree), OTHER));
        arbiter.judge(step, descent);
        descent.state = _running(0, OTHER);
        _refusedRoot(descent, "slots", _rootOf(slotTree), OTHER);
        descent = _finishDescent(ITERATIONS);
        descent.state = _running(ITERATIONS, OTHER);
        _refusedRoot(descent, "outputs", _rootOf(slotTree), OTHER);
        delete program;
        descent = _stop(TEMPORARY + 3, _leaf(1));
        bytes32 tensor = descent.operandRoots[0];
        descent.leaf = _leaf(2);
        _refusedRoot(descent, "tensor", _tensor(_leaf(2)), tensor);
    }

    function testAStepIsCheap() public {
        _push(_callBytes(OUTPUT, CONSTANT, 1, new uint16[](12)));
        Descent memory descent = _callDescent(0);
        GraphStep memory step = _step(descent);
        assertFalse(arbiter.judge{gas: STEP_GAS}(step, descent).decided);
    }

    function _step(Descent memory descent) private returns (GraphStep memory) {
        return GraphStep(
            _rootOf(programTree), DATA_ROOT, uint32(program.length), ITERATIONS, keccak256(descent.state)
        );
    }

    function _expectDecided(Descent memory descent, bytes32 next) private {
        GraphOutcome memory outcome = arbiter.judge(_step(descent), descent);
        assertTrue(outcome.decided);
        assertEq(outcome.next, next);
    }

    function _mismatch(string memory what, bytes32 computed, bytes32 wanted)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(GraphArbiter.RootMismatch.selector, what, computed, wanted);
    }

    function _refusedRoot(Descent memory descent, string memory what, bytes32 computed, bytes32 wanted)
        private
    {
        GraphStep memory step = _step(descent);
        vm.expectRevert(_mismatch(what, computed, wanted));
        arbiter.judge(step, descent);
    }

    function _refusedLength(Descent memory descent, string memory what, uint256 given, uint256 wanted)
        private
    {
        GraphStep memory step = _step(descent);
        vm.expectRevert(abi.encodeWithSelector(GraphArbiter.WrongLength.selector, what, given, wanted));
        arbiter.judge(step, descent);
    }

    /// @dev A leaf that begins with a number.
    function _leaf(uint8 number) private pure returns (bytes memory) {
        return abi.encodePacked(number, new bytes(127));
    }

    /// @dev Root of a tensor of one leaf.
    function _tensor(bytes memory leaf) private returns (bytes32 tensor) {
        tensor = keccak256(leaf);
        for (uint256 height = 0; height < 21; height++) {
            tensor = keccak256(abi.encodePacked(tensor, _zero(height)));
        }
    }

    function _one(uint16 slot) private returns (bytes memory) {
        uint256[] memory slots = new uint256[](1);
        slots[0] = slot;
        return _proof(slotTree, slots, 28);
    }

    /// @dev Step 4 of a program that is one STOP_IF, whose slot holds the leaf's tensor.
    function _stop(uint16 slot, bytes memory leaf) private returns (Descent memory descent) {
        bytes32 tensor = _tensor(leaf);
        _set(slotTree, slot, tensor);
        _push(_stopBytes(slot));
        descent = _descentAt(4);
        bool stops = bytes4(leaf) != 0;
        descent.operandRoots = new bytes32[](stops ? 2 : 1);
        descent.operandRoots[0] = tensor;
        descent.operandProof = _one(slot);
        if (stops) {
            descent.operandRoots[1] = _group(1);
            descent.operandProof = abi.encodePacked(descent.operandProof, _group(0), _rest());
        }
        descent.leaf = leaf;
        descent.leafProof = hex"000000";
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {GraphArbiter} from "../src/GraphArbiter.sol";
import {Descent, GraphOutcome, GraphStep} from "../src/Types.sol";
import {Multiproof} from "../src/arbiter/Multiproof.sol";
import {GraphModel} from "./utils/GraphModel.sol";
import {Test} from "./utils/Test.sol";

/// @dev Every kind of graph step against the node-by-node model of test/utils.
contract GraphArbiterTest is Test, GraphModel {
    uint32 private constant ITERATIONS = 1000;

    GraphArbiter private arbiter;

    function setUp() public {
        arbiter = new GraphArbiter();
        _initTrees();
        _set(slotTree, INPUT, keccak256("input"));
        _set(slotTree, INPUT + 1, keccak256("input 1"));
        _set(slotTree, OUTPUT, keccak256("output"));
        _set(slotTree, CONSTANT, keccak256("constant"));
        _set(slotTree, CONSTANT + 77, keccak256("weights"));
        _set(slotTree, TEMPORARY + 5, keccak256("temporary"));
    }

    function _step(Descent memory descent) private returns (GraphStep memory) {
        return GraphStep(
            _rootOf(programTree), DATA_ROOT, uint32(program.length), ITERATIONS, keccak256(descent.state)
        );
    }

    function _judge(Descent memory descent) private returns (GraphOutcome memory) {
        return arbiter.judge(_step(descent), descent);
    }

    function _expectDecided(Descent memory descent, bytes32 next) private {
        GraphOutcome memory outcome = _judge(descent);
        assertTrue(outcome.decided);
        assertEq(outcome.next, next);
    }

    function _refused(Descent memory descent, bytes memory reason) private {
        _refused(_step(descent), descent, reason);
    }

    function _refused(GraphStep memory step, Descent memory descent, bytes memory reason) private {
        vm.expectRevert(reason);
        arbiter.judge(step, descent);
    }

    /// @dev Reverts with this error, whatever its values.
    function _refused(Descent memory descent, bytes4 selector) private {
        GraphStep memory step = _step(descent);
        vm.expectPartialRevert(selector);
        arbiter.judge(step, descent);
    }

    function _inputs(uint16 x, uint16 y) private pure returns (uint16[] memory inputs) {
        inputs = new uint16[](2);
        (inputs[0], inputs[1]) = (x, y);
    }

    function _call() private {
        _push(_callBytes(OUTPUT + 9, CONSTANT, 0x01020304, _inputs(INPUT, CONSTANT + 77)));
    }

    // CALL

    function testACallLeadsIntoTheMachine() public {
        _call();
        _call();
        Descent memory descent = _callDescent(2 * 0x0304 + 1);
        descent.outputRoot = keccak256("new");
        bytes32 start = _machineStart(program[1], 0x0304);
        GraphOutcome memory outcome = _judge(descent);
        assertFalse(outcome.decided);
        assertEq(outcome.start, start);
        assertEq(outcome.end, keccak256(abi.encodePacked(uint8(2), keccak256("new"))));
        _set(slotTree, OUTPUT + 9, keccak256("new"));
        assertEq(outcome.next, keccak256(_running(2 * 0x0304 + 2, _rootOf(slotTree))));
    }

    function testATrappedCallFails() public {
        _call();
        Descent memory descent = _callDescent(0);
        descent.outputRoot = keccak256("not read");
        descent.trapped = true;
        GraphOutcome memory outcome = _judge(descent);
        assertFalse(outcome.decided);
        assertEq(outcome.next, FAILED);
        assertEq(outcome.end, TRAPPED);
        assertEq(outcome.start, _machineStart(program[0], 0));
    }

    /// @dev Any well-formed CALL: its slots may repeat, be neighbours, or lie in any group.
    /// forge-config: default.fuzz.runs = 128
    function testFuzzAnyCall(uint256 seed) public {
        uint256 count = seed % 13;
        uint16 output = uint16(seed >> 16) | OUTPUT;
        uint16[] memory inputs = new uint16[](count);
        for (uint256 i = 0; i < count; i++) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            // Mostly close to the output, so that paths join at every height.
            inputs[i] = uint16(output ^ (1 << (draw % 16)) ^ (draw & 256 == 0 ? 0 : draw >> 32));
            if (i > 0 && draw & 512 == 0) inputs[i] = inputs[i - 1];
            if (inputs[i] == output) inputs[i] = output ^ 1;
            _set(slotTree, inputs[i], keccak256(abi.encode(draw)));
        }
        uint16 attributes = count > 0 && seed & (1 << 200) == 0 ? inputs[0] : output ^ 0x8000;
        _set(slotTree, output, keccak256(abi.encode(seed)));
        _push(_callBytes(output, attributes, uint32(seed >> 64), inputs));
        uint32 iteration = uint32(bound(seed >> 100, 0, ITERATIONS - 1));
        Descent memory descent = _callDescent(iteration);
        descent.outputRoot = keccak256("new");
        GraphOutcome memory outcome = _judge(descent);
        assertFalse(outcome.decided);
        assertEq(outcome.start, _machineStart(program[0], iteration), "start");
        _set(slotTree, output, keccak256("new"));
        assertEq(outcome.next, keccak256(_running(iteration + 1, _rootOf(slotTree))), "next");
    }

    function testTheLargestIteration() public {
        _call();
        Descent memory descent = _callDescent(type(uint32).max - 1);
        GraphStep memory step = _step(descent);
        step.iterations = type(uint32).max;
        assertEq(arbiter.judge(step, descent).start, _machineStart(program[0], type(uint32).max - 1));
    }

    function testOperandsAreProved() public {
        _call();
        Descent memory descent = _callDescent(0);
        for (uint256 i = 0; i < 4; i++) {
            bytes32 kept = descent.operandRoots[i];
            descent.operandRoots[i] = keccak256("other");
            _refused(descent, GraphArbiter.RootMismatch.selector);
            descent.operandRoots[i] = kept;
        }
        bytes memory proof = descent.operandProof;
        descent.operandProof = abi.encodePacked(proof, uint8(0));
        _refused(
            descent,
            abi.encodeWithSelector(
                GraphArbiter.WrongLength.selector, "operand proof", proof.length + 1, proof.length
            )
        );
        descent.operandProof = "";
        _refused(descent, abi.encodeWithSelector(Multiproof.ProofTooShort.selector, 28, 0));
        descent.operandProof = proof;
        descent.operandProof[0] = 0x01;
        _refused(descent, Multiproof.BitmapNotEmpty.selector);
        descent.operandProof[0] = 0x00;
        descent.operandRoots = new bytes32[](3);
        _refused(descent, abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "operand roots", 3, 4));
        descent.operandRoots = new bytes32[](5);
        _refused(descent, abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "operand roots", 5, 4));
    }

    function testTheInstructionIsProved() public {
        _call();
        _push(_callBytes(TEMPORARY, CONSTANT, 5, _inputs(INPUT, INPUT + 1)));
        Descent memory descent = _callDescent(0);
        // The other instruction of the program, with its own proof.
        Descent memory other = _descentAt(1);
        descent.instruction = other.instruction;
        descent.instructionProof = other.instructionProof;
        _refused(descent, GraphArbiter.RootMismatch.selector);
        descent = _callDescent(0);
        descent.instruction = new bytes(127);
        _refused(descent, abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "leaf", 127, 128));
        descent = _callDescent(0);
        uint256 length = descent.instructionProof.length;
        descent.instructionProof = abi.encodePacked(descent.instructionProof, bytes32(0));
        _refused(
            descent,
            abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "leaf proof", length + 32, length)
        );
        // Two nodes are no instruction, whatever they hash to.
        descent = _callDescent(0);
        descent.instruction = abi.encodePacked(keccak256(program[0]), keccak256(program[1]));
        _refused(descent, abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "leaf", 64, 128));
    }

    // STOP_IF

    function _stop(uint16 slot, bytes memory leaf) private returns (Descent memory descent) {
        bytes32 tensor = keccak256(leaf);
        for (uint256 height = 0; height < 21; height++) {
            tensor = keccak256(abi.encodePacked(tensor, _zero(height)));
        }
        _set(slotTree, slot, tensor);
        _push(_stopBytes(slot));
        descent = _descentAt(5);
        uint256[] memory slots = new uint256[](1);
        slots[0] = slot;
        bool stops = bytes4(leaf) != 0;
        descent.operandRoots = new bytes32[](stops ? 2 : 1);
        descent.operandRoots[0] = tensor;
        descent.operandProof = _proof(slotTree, slots, 28);
        if (stops) {
            descent.operandRoots[1] = _group(1);
            descent.operandProof = abi.encodePacked(descent.operandProof, _group(0), _rest());
        }
        descent.leaf = leaf;
        descent.leafProof = hex"000000";
    }

    function testStopIfZeroGoesOn() public {
        // The fifth byte is no part of the condition.
        Descent memory descent = _stop(TEMPORARY + 3, abi.encodePacked(bytes5(0x0000000001), new bytes(123)));
        _expectDecided(descent, keccak256(_running(6, _rootOf(slotTree))));
    }

    function testStopIfNotZeroIsDone() public {
        for (uint256 i = 0; i < 4; i++) {
            bytes memory leaf = new bytes(128);
            leaf[i] = 0x40;
            delete program;
            Descent memory descent = _stop(INPUT + 3, leaf);
            _expectDecided(descent, keccak256(abi.encodePacked(uint8(0x12), _group(1))));
        }
    }

    function testStopIfOfAnEmptySlotGoesOn() public {
        Descent memory descent = _stop(TEMPORARY + 3, new bytes(128));
        assertEq(descent.operandRoots[0], _zero(21));
        _expectDecided(descent, keccak256(_running(6, _rootOf(slotTree))));
    }

    function testTheConditionIsProved() public {
        bytes memory leaf = new bytes(128);
        leaf[0] = 0x01;
        Descent memory descent = _stop(TEMPORARY + 3, leaf);
        descent.leaf = new bytes(128);
        _refused(descent, GraphArbiter.RootMismatch.selector);
        descent.leaf = new bytes(127);
        _refused(descent, abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "leaf", 127, 128));
        descent.leaf = leaf;
        descent.operandRoots[0] = keccak256("other");
        _refused(descent, GraphArbiter.RootMismatch.selector);
        descent.operandRoots = new bytes32[](0);
        _refused(descent, abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "operand roots", 0, 1));
    }

    function testTheOutputsOfAStopAreProved() public {
        bytes memory leaf = new bytes(128);
        leaf[0] = 0x01;
        Descent memory descent = _stop(TEMPORARY + 3, leaf);
        bytes32 outputs = descent.operandRoots[1];
        descent.operandRoots[1] = keccak256("other");
        _refused(descent, GraphArbiter.RootMismatch.selector);
        descent.operandRoots[1] = outputs;
        descent.operandProof[descent.operandProof.length - 1] ^= 0x01;
        _refused(descent, GraphArbiter.RootMismatch.selector);
        descent.operandRoots = new bytes32[](1);
        descent.operandRoots[0] = _slot(TEMPORARY + 3);
        _refused(descent, abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "operand roots", 1, 2));
    }

    // FINISH and beyond

    function testTheLastStepIsDone() public {
        _call();
        _call();
        Descent memory descent = _finishDescent(2 * ITERATIONS);
        _expectDecided(descent, keccak256(abi.encodePacked(uint8(0x12), _group(1))));
        descent.operandRoots[0] = _group(0);
        _refused(descent, GraphArbiter.RootMismatch.selector);
        descent.operandRoots = new bytes32[](2);
        _refused(descent, abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "operand roots", 2, 1));
        descent = _finishDescent(2 * ITERATIONS);
        descent.operandProof = new bytes(65);
        _refused(descent, abi.encodeWithSelector(GraphArbiter.WrongLength.selector, "operand proof", 65, 64));
    }

    function testAStateBehindTheEndFails() public {
        _call();
        Descent memory descent;
        descent.state = _running(ITERATIONS + 1, _rootOf(slotTree));
        _expectDecided(descent, FAILED);
        descent.state = _running(type(uint64).max, bytes32(0));
        _expectDecided(descent, FAILED);
    }

    // Absorbing states and none

    function testEndsStepToThemselves() public {
        _call();
        Descent memory descent;
        descent.state = hex"13";
        _expectDecided(descent, FAILED);
        descent.state = abi.encodePacked(uint8(0x12), _group(1));
        _expectDecided(descent, keccak256(descent.state));
    }

    function testWhatIsNoStateIsRefused() public {
        _call();
        bytes[8] memory states = [
            bytes(""),
            hex"11",
            hex"12",
            hex"1300",
            hex"14",
            abi.encodePacked(uint8(0x12), new bytes(33)),
            abi.encodePacked(uint8(0x11), new bytes(41)),
            abi.encodePacked(uint8(0x01), new bytes(40))
        ];
        for (uint256 i = 0; i < 8; i++) {
            Descent memory descent;
            descent.state = states[i];
            bytes32 hash = keccak256(states[i]);
            _refused(descent, abi.encodeWithSelector(GraphArbiter.NotTheState.selector, hash, hash));
        }
    }

    function testTheStateIsTheDisputedOne() public {
        _call();
        Descent memory descent = _callDescent(0);
        GraphStep memory step = _step(descent);
        step.state = keccak256("other");
        _refused(
            step,
            descent,
            abi.encodeWithSelector(GraphArbiter.NotTheState.selector, keccak256(descent.state), step.state)
        );
    }

    // Malformed instructions

    function _expectMalformed(bytes memory instruction) private {
        delete program;
        _push(instruction);
        _expectDecided(_descentAt(0), FAILED);
    }

    function testMalformedInstructionsFail() public {
        uint16[] memory none = new uint16[](0);
        bytes memory call = _callBytes(OUTPUT, CONSTANT, 1, _inputs(INPUT, INPUT + 1));
        _expectMalformed(new bytes(128));
        // Kinds.
        for (uint256 kind = 3; kind < 256; kind += 36) {
            call[0] = bytes1(uint8(kind));
            _expectMalformed(call);
        }
        // More inputs than there are regions.
        _expectMalformed(_callBytes(OUTPUT, CONSTANT, 1, new uint16[](13)));
        // Outputs among inputs and constants.
        _expectMalformed(_callBytes(INPUT + 1, CONSTANT, 1, none));
        _expectMalformed(_callBytes(CONSTANT + 1, CONSTANT, 1, none));
        // An output that is read.
        _expectMalformed(_callBytes(OUTPUT, OUTPUT, 1, none));
        _expectMalformed(_callBytes(OUTPUT, CONSTANT, 1, _inputs(OUTPUT, INPUT)));
        _expectMalformed(_callBytes(OUTPUT, CONSTANT, 1, _inputs(INPUT, OUTPUT)));
        uint16[] memory twelve = new uint16[](12);
        twelve[11] = OUTPUT;
        _expectMalformed(_callBytes(OUTPUT, CONSTANT, 1, twelve));
        // Bytes that must be zero.
        for (uint256 i = 14; i < 128; i++) {
            call = _callBytes(OUTPUT, CONSTANT, 1, _inputs(INPUT, INPUT + 1));
            call[i] = 0x01;
            _expectMalformed(call);
        }
        for (uint256 i = 1; i < 128; i = i == 1 ? 4 : i + 1) {
            bytes memory stop = _stopBytes(INPUT);
            stop[i] = 0x01;
            _expectMalformed(stop);
        }
    }

    function testAFullInstructionIsWellFormed() public {
        uint16[] memory twelve = new uint16[](12);
        for (uint16 i = 0; i < 12; i++) {
            twelve[i] = i;
        }
        _push(_callBytes(TEMPORARY, CONSTANT, 1, twelve));
        assertFalse(_judge(_callDescent(0)).decided);
        bytes memory over = _callBytes(TEMPORARY, CONSTANT, 1, twelve);
        over[34] = 0x01;
        _expectMalformed(over);
    }
}

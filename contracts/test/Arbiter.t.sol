// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {Multiproof} from "../src/arbiter/Multiproof.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {Witness} from "../src/arbiter/Witness.sol";
import {SparseState} from "./utils/SparseState.sol";
import {Test} from "./utils/Test.sol";

/// @dev The ordered rules of docs/machine.md, one case at a time, on states whose trees have one leaf that isn't zero.
contract ArbiterTest is Test, SparseState {
    uint64 private constant LIMIT = 1 << 48;
    uint256 private constant FRAME_SLOTS = (1 << 20) - (1 << 10);
    bytes32 private constant TRAPPED = keccak256(hex"03");

    uint256 private constant NOP = 0x01;
    uint256 private constant JUMP = 0x02;
    uint256 private constant CALL = 0x06;
    uint256 private constant CALL_INDIRECT = 0x07;
    uint256 private constant RETURN = 0x08;
    uint256 private constant HALT = 0x09;
    uint256 private constant COPY = 0x0a;
    uint256 private constant CONST = 0x0c;
    uint256 private constant CONST128 = 0x0d;
    uint256 private constant GLOBAL_GET = 0x0e;
    uint256 private constant MEMORY_GROW = 0x11;
    uint256 private constant I32_LOAD = 0x28;
    uint256 private constant I64_STORE = 0x37;
    uint256 private constant I32_DIV_S = 0x6d;

    Arbiter private arbiter;

    function setUp() public {
        VectorAlu vector = new VectorAlu();
        arbiter = new Arbiter(new ScalarAlu(), vector, vector);
    }

    function testSizeIsBelowTheLimit() public view {
        assertLt(address(arbiter).code.length, 24576);
    }

    // Rule 1.

    function testHaltedStepsToItselfAtAnyPosition() public view {
        bytes memory witness = abi.encodePacked(uint8(2), keccak256("output"));
        _expectSame(0, witness);
        _expectSame(LIMIT - 1, witness);
    }

    function testTrappedStepsToItself() public view {
        _expectSame(5, hex"03");
        _expectSame(type(uint64).max, hex"03");
        assertEq(TRAPPED, keccak256(hex"03"));
    }

    // Rule 2.

    function testTheLastPositionTraps() public view {
        State memory state = _state(NOP, 0, 0, 0, 0);
        _expect(state, LIMIT - 1, _withoutCode(state), TRAPPED);
        _expect(state, LIMIT, _withoutCode(state), TRAPPED);
    }

    function testThePositionBeforeTheLastRuns() public view {
        State memory state = _state(NOP, 0, 0, 0, 0);
        bytes memory witness = _withCode(state);
        state.pc++;
        _expect(state, LIMIT - 2, witness, keccak256(_preimage(state)));
    }

    // Rule 3.

    function testAProgramCounterBeyondTheCodeTrapsWithoutCode() public {
        State memory state = _state(NOP, 0, 0, 0, 0);
        state.pc = 1 << 21;
        _expect(state, 0, _withoutCode(state), TRAPPED);
        state.pc = type(uint32).max;
        _expect(state, 0, _withoutCode(state), TRAPPED);
        bytes memory witness = _withCode(state);
        vm.expectRevert(abi.encodeWithSelector(Witness.WitnessTooLong.selector, 77, witness.length));
        arbiter.step(state.codeRoot, 0, witness);
    }

    // Rule 4.

    function testUnknownOpcodesTrap() public view {
        uint256[8] memory unknown = [uint256(0), 0x12, 0x27, 0x3f, 0xbc, 0x20c, 0x300, 0xffff];
        for (uint256 i = 0; i < unknown.length; i++) {
            State memory state = _state(unknown[i], 0, 0, 0, 0);
            _expect(state, 0, _withCode(state), TRAPPED);
        }
    }

    function testATwoWordFormInTheLastWordOfALeafTraps() public view {
        State memory state = _stateAt(15, CONST128, 0, 0, 0, 0);
        _expect(state, 0, _withCode(state), TRAPPED);
        state = _stateAt(15, 0x20d, 0, 0, 0, 0);
        _expect(state, 0, _withCode(state), TRAPPED);
    }

    // Rule 5.

    function testSlotsBeyondTheFrameTrap() public view {
        _expectCodeTrap(FRAME_SLOTS - 1, COPY, 1, 0, 0, 0);
        _expectCodeTrap(FRAME_SLOTS - 1, COPY, 0, 1, 0, 0);
        _expectCodeTrap(FRAME_SLOTS, RETURN, 0, 0, 0, 0);
        // Not above the frame's slots if the sum wrapped.
        _expectCodeTrap(type(uint32).max, CONST, 1, 0, 0, 0);
        // The link of a call, a and c each being in range.
        _expectCodeTrap(FRAME_SLOTS - 10, CALL, 5, 0, 5, 0);
        _expectCodeTrap(FRAME_SLOTS - 10, CALL_INDIRECT, 5, 0, 5, 1 << 32);
        // A select's condition.
        _expectCodeTrap(FRAME_SLOTS - 10, 0x0b, 0, 0, 0, 10);
    }

    function testFieldsThatAFormDoesNotUseAreIgnored() public view {
        State memory state = _state(JUMP, 0xffff, 0xffff, 0xffff, 0xdeadbeef_00000007);
        state.fp = FRAME_SLOTS;
        bytes memory witness = _withCode(state);
        state.pc = 7;
        _expect(state, 0, witness, keccak256(_preimage(state)));
    }

    function testAGlobalBeyondTheLastTraps() public view {
        _expectCodeTrap(0, GLOBAL_GET, 0, 0, 0, 1024);
        _expectCodeTrap(0, GLOBAL_GET, 0, 0, 0, 0xffffffff);
    }

    // Rule 6.

    function testAnAccessBeyondThePagesTraps() public view {
        _expectAccessTrap(1, 65533, 0);
        _expectAccessTrap(1, 65532, 1);
        _expectAccessTrap(0, 0, 0);
        // The sum is of 33 bits.
        _expectAccessTrap(65536, 0xffffffff, 0xffffffff);
        _expectAccessTrap(65536, 0xffffffff, 1);
    }

    function testTheLastBytesOfThePagesAreRead() public view {
        State memory state = _state(I32_LOAD, 1, 2, 0, 28);
        state.pages = 1;
        _setSlot(state, 2, 65504);
        _setMemory(state, 65504 >> 7, 124, hex"785634f2");
        bytes memory witness = _withMemory(state);
        state.pc++;
        _setSlot(state, 1, 0xf2345678);
        _expect(state, 0, witness, keccak256(_preimage(state)));
    }

    // Rule 7.

    function testDivisionByZeroAndOverflowTrap() public view {
        State memory state = _state(I32_DIV_S, 1, 2, 3, 0);
        _setSlot(state, 2, 5);
        _expect(state, 0, _withSlots(state), TRAPPED);
        _setSlot(state, 2, 0x80000000);
        _setSlot(state, 3, 0xffffffff);
        _expect(state, 0, _withSlots(state), TRAPPED);
    }

    function testAnIndirectCallBeyondItsTableTraps() public view {
        State memory state = _state(CALL_INDIRECT, 1, 2, 3, (uint256(4) << 32) | 100);
        _setSlot(state, 2, 4);
        _expect(state, 0, _withSlots(state), TRAPPED);
    }

    // Rule 8.

    function testAScalarKeepsTheHighHalfOfItsSlot() public view {
        State memory state = _state(CONST, 5, 0, 0, 0x1122334455667788);
        uint256 high = uint256(0xfeedfacecafebeef) << 64;
        _setSlot(state, 5, high | 99);
        bytes memory witness = _withSlots(state);
        state.pc++;
        _setSlot(state, 5, high | 0x1122334455667788);
        _expect(state, 0, witness, keccak256(_preimage(state)));
    }

    function testAnIndirectCallLinksAndJumps() public view {
        State memory state = _state(CALL_INDIRECT, 1, 2, 3, (uint256(4) << 32) | 100);
        _setSlot(state, 2, 3);
        _setSlot(state, 4, type(uint128).max);
        bytes memory witness = _withSlots(state);
        _setSlot(state, 4, (state.fp << 32) | (state.pc + 1));
        state.pc = 103;
        state.fp += 1;
        _expect(state, 0, witness, keccak256(_preimage(state)));
    }

    function testReturnTakesBothNumbersFromItsSlot() public view {
        State memory state = _state(RETURN, 0, 0, 6, 0);
        _setSlot(state, 6, (uint256(0xffffffff) << 64) | (uint256(0x01020304) << 32) | 0x0a0b0c0d);
        bytes memory witness = _withSlots(state);
        (state.pc, state.fp) = (0x0a0b0c0d, 0x01020304);
        _expect(state, 0, witness, keccak256(_preimage(state)));
    }

    function testMemoryGrowsUpToItsLimit() public view {
        _expectGrow(10, 5, 15, 15, 10);
        _expectGrow(10, 6, 15, 10, 0xffffffff);
        _expectGrow(65535, 1, 0xffffffff, 65536, 65535);
        _expectGrow(65535, 2, 0xffffffff, 65535, 0xffffffff);
        _expectGrow(10, 0xffffffff, 0xffffffff, 10, 0xffffffff);
        // A limit below what there is: growing by nothing fails too.
        _expectGrow(10, 0, 9, 10, 0xffffffff);
    }

    function testAStoreChangesItsBytesOnly() public view {
        State memory state = _state(I64_STORE, 0, 1, 2, 3);
        state.pages = 1;
        _setSlot(state, 1, 256);
        _setSlot(state, 2, 0x99999999_8877665544332211);
        _setMemory(state, 2, 0, hex"aaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        bytes memory witness = _withMemory(state);
        state.pc++;
        _setMemory(state, 2, 3, hex"1122334455667788");
        _expect(state, 0, witness, keccak256(_preimage(state)));
    }

    function testHaltTakesTheOutputRegion() public view {
        State memory state = _state(HALT, 0, 0, 0, 0);
        // In region 1, the 256 MiB that start at 256 MiB.
        _setMemory(state, (1 << 21) + 5, 7, hex"0102");
        bytes32 region = _region(state);
        state.previous = keccak256(_preimage(state));
        bytes memory witness =
            abi.encodePacked(_header(state), _codeProof(state), _slotsRoot(state), region, uint8(0));
        _expect(state, 0, witness, keccak256(abi.encodePacked(uint8(2), region)));
    }

    // Malformed witnesses.

    function testAnUnknownStateReverts() public {
        for (uint256 tag = 0; tag < 256; tag++) {
            if (tag >= 1 && tag <= 3) continue;
            vm.expectRevert(abi.encodeWithSelector(Arbiter.UnknownState.selector, tag));
            arbiter.step(bytes32(0), 0, abi.encodePacked(uint8(tag), new bytes(76)));
        }
    }

    function testMorePagesThanThereCanBeRevert() public {
        State memory state = _state(NOP, 0, 0, 0, 0);
        state.pages = 65537;
        vm.expectRevert(abi.encodeWithSelector(Arbiter.PagesOutOfRange.selector, 65537, 65536));
        arbiter.step(state.codeRoot, 0, _withCode(state));
    }

    function testEveryPrefixRevertsAsTooShort() public {
        State memory state = _state(COPY, 1, 2, 0, 0);
        bytes memory witness = _withSlots(state);
        for (uint256 length = 0; length < witness.length; length++) {
            bytes memory prefix = new bytes(length);
            for (uint256 i = 0; i < length; i++) {
                prefix[i] = witness[i];
            }
            vm.expectPartialRevert(Witness.WitnessTooShort.selector);
            arbiter.step(state.codeRoot, 0, prefix);
        }
    }

    function testASiblingBeyondTheWitnessReverts() public {
        State memory state = _state(NOP, 0, 0, 0, 0);
        bytes memory witness = abi.encodePacked(_header(state), _codeProof(state));
        witness[witness.length - 1] = 0x01;
        // The root is wrong as well; the missing bytes are what is reported.
        vm.expectRevert(
            abi.encodeWithSelector(Witness.WitnessTooShort.selector, witness.length + 32, witness.length)
        );
        arbiter.step(state.codeRoot, 0, witness);
    }

    function testABitThatNobodyAsksForReverts() public {
        State memory state = _state(NOP, 0, 0, 0, 0);
        bytes memory witness = abi.encodePacked(_header(state), _codeProof(state), bytes32(0));
        // Bit 18 of the code's bitmap: a single leaf asks for 18 siblings.
        witness[witness.length - 35] = 0x04;
        vm.expectRevert(abi.encodeWithSelector(Multiproof.BitmapNotEmpty.selector, 1));
        arbiter.step(state.codeRoot, 0, witness);
        // Slots: a leaf asks for 17, memory: for 25. Their last bitmap byte stands before the sibling.
        state = _state(I64_STORE, 0, 1, 2, 0);
        state.pages = 1;
        bytes memory start = abi.encodePacked(_header(state), _codeProof(state));
        witness =
            abi.encodePacked(start, state.slots, bytes8(uint64(1) << 17), bytes32(0), _memoryProof(state));
        vm.expectRevert(abi.encodeWithSelector(Multiproof.BitmapNotEmpty.selector, 1));
        arbiter.step(state.codeRoot, 0, witness);
        witness =
            abi.encodePacked(start, _slotsProof(state), state.memory_, bytes6(uint48(1) << 25), bytes32(0));
        vm.expectRevert(abi.encodeWithSelector(Multiproof.BitmapNotEmpty.selector, 1));
        arbiter.step(state.codeRoot, 0, witness);
    }

    function testForeignCodeReverts() public {
        State memory state = _state(NOP, 0, 0, 0, 0);
        bytes memory witness = _withCode(state);
        vm.expectRevert(
            abi.encodeWithSelector(
                Arbiter.CodeRootMismatch.selector, state.codeRoot, keccak256("another code")
            )
        );
        arbiter.step(keccak256("another code"), 0, witness);
    }

    function testForeignLeavesAreAnotherStates() public view {
        State memory state = _state(I64_STORE, 0, 1, 2, 0);
        state.pages = 1;
        _withMemory(state);
        bytes32 original = state.previous;
        // What is proven then is about the state that the changed leaf belongs to.
        _setSlot(state, 3, 1);
        (bytes32 previous,) = arbiter.step(state.codeRoot, 0, _withMemory(state));
        assertEq(previous, state.previous);
        assertTrue(previous != original);
        _setSlot(state, 3, 0);
        _setMemory(state, 0, 0, hex"01");
        (previous,) = arbiter.step(state.codeRoot, 0, _withMemory(state));
        assertEq(previous, state.previous);
        assertTrue(previous != original);
    }

    function testAForeignRegionIsAnotherStates() public view {
        State memory state = _state(HALT, 0, 0, 0, 0);
        bytes32 region = keccak256("region");
        (bytes32 previous,) = arbiter.step(
            state.codeRoot,
            0,
            abi.encodePacked(_header(state), _codeProof(state), _slotsRoot(state), region, uint8(0))
        );
        assertTrue(previous != keccak256(_preimage(state)));
        bytes32 root = _climb(region, 1, 21, 4);
        assertEq(previous, keccak256(abi.encodePacked(_header(state), _slotsRoot(state), root)));
    }

    function testAHaltsProofIsCheckedLikeTheOthers() public {
        State memory state = _state(HALT, 0, 0, 0, 0);
        bytes memory start =
            abi.encodePacked(_header(state), _codeProof(state), _slotsRoot(state), _region(state));
        // Bit 4: region 1 asks for four siblings.
        bytes memory witness = abi.encodePacked(start, uint8(0x10), bytes32(0));
        vm.expectRevert(abi.encodeWithSelector(Multiproof.BitmapNotEmpty.selector, 1));
        arbiter.step(state.codeRoot, 0, witness);
        witness = abi.encodePacked(start, uint8(0x01));
        vm.expectRevert(
            abi.encodeWithSelector(Witness.WitnessTooShort.selector, witness.length + 32, witness.length)
        );
        arbiter.step(state.codeRoot, 0, witness);
    }

    /// @dev `state.previous` is the hash of the state that the witness is of; the state may have been made the next one since.
    function _expect(State memory state, uint64 position, bytes memory witness, bytes32 expected)
        private
        view
    {
        (bytes32 previous, bytes32 next) = arbiter.step(state.codeRoot, position, witness);
        assertEq(previous, state.previous, "previous");
        assertEq(next, expected, "next");
    }

    /// @dev A state that has ended, given by its preimage.
    function _expectSame(uint64 position, bytes memory witness) private view {
        (bytes32 previous, bytes32 next) = arbiter.step(bytes32(0), position, witness);
        assertEq(previous, keccak256(witness), "previous");
        assertEq(next, previous, "next");
    }

    function _expectCodeTrap(uint256 fp, uint256 op, uint256 a, uint256 b, uint256 c, uint256 immediate)
        private
        view
    {
        State memory state = _state(op, a, b, c, immediate);
        state.fp = fp;
        _expect(state, 0, _withCode(state), TRAPPED);
    }

    function _expectAccessTrap(uint256 pages, uint256 address_, uint256 offset) private view {
        State memory state = _state(I32_LOAD, 1, 2, 0, offset);
        state.pages = pages;
        _setSlot(state, 2, address_);
        _expect(state, 0, _withSlots(state), TRAPPED);
    }

    function _expectGrow(uint256 pages, uint256 delta, uint256 limit, uint256 after_, uint256 result)
        private
        view
    {
        State memory state = _state(MEMORY_GROW, 1, 2, 0, limit);
        state.pages = pages;
        _setSlot(state, 2, delta);
        bytes memory witness = _withSlots(state);
        state.pc++;
        state.pages = after_;
        _setSlot(state, 1, result);
        _expect(state, 0, witness, keccak256(_preimage(state)));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {IAlu} from "../src/arbiter/IAlu.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {SparseState} from "./utils/SparseState.sol";
import {Test} from "./utils/Test.sol";

/// @dev Answers a call with a hash of it and of the unit's own number.
contract HashingUnit {
    uint256 private immutable NUMBER;

    constructor(uint256 number) {
        NUMBER = number;
    }

    fallback(bytes calldata call) external returns (bytes memory) {
        return abi.encode(uint128(uint256(keccak256(abi.encodePacked(NUMBER, call)))), false);
    }
}

/// @dev Answers every call with the bytes that it was told to, or refuses it with them.
contract FixedUnit {
    bytes private answer;
    bool private refuses;

    function set(bytes calldata answer_, bool refuses_) external {
        (answer, refuses) = (answer_, refuses_);
    }

    fallback(bytes calldata) external returns (bytes memory) {
        bytes memory reason = answer;
        if (refuses) {
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
        return reason;
    }
}

/// @dev What the arbiter asks its arithmetic units, which of them, and what it makes of their answers.
contract UnitsTest is Test, SparseState {
    uint256 private constant I32_CLZ = 0x67;
    uint256 private constant I32_ADD = 0x6a;
    uint256 private constant I32_ADD_IMM = 0x16a;
    uint256 private constant F64_SQRT = 0x9f;
    uint256 private constant I32X4_EXTRACT_LANE = 0x21b;
    uint256 private constant I32X4_REPLACE_LANE = 0x21c;
    uint256 private constant V128_BITSELECT = 0x252;
    uint256 private constant I32X4_ADD = 0x2ae;
    uint256 private constant F32X4_ADD = 0x2e4;
    uint256 private constant F64X2_SQRT = 0x2ef;
    bytes32 private constant TRAPPED = keccak256(hex"03");
    /// @dev Bits in both halves of the immediate; slot 4 is named by the lowest 16.
    uint256 private constant IMMEDIATE = 0x1122334455660004;
    uint256 private constant LOW = 0x55660004;

    uint256 private constant SCALAR = 1;
    uint256 private constant INTEGER = 2;
    uint256 private constant FLOAT = 3;

    function testAUnitIsAskedForItsOwnInstructionsAndOperands() public {
        Arbiter arbiter = new Arbiter(_hashing(SCALAR), _hashing(INTEGER), _hashing(FLOAT));
        (uint256 c, uint256 d) = (_content(3), _content(4));
        // Fields of the word that a form doesn't use say nothing to its unit.
        _expectAsked(arbiter, I32_CLZ, SCALAR, I32_CLZ, 0, 0, 64);
        _expectAsked(arbiter, F64_SQRT, SCALAR, F64_SQRT, 0, 0, 64);
        _expectAsked(arbiter, I32_ADD, SCALAR, I32_ADD, c, 0, 64);
        _expectAsked(arbiter, I32_ADD_IMM, SCALAR, I32_ADD, IMMEDIATE, 0, 64);
        _expectAsked(arbiter, I32X4_EXTRACT_LANE, INTEGER, I32X4_EXTRACT_LANE, 0, LOW, 64);
        _expectAsked(arbiter, I32X4_REPLACE_LANE, INTEGER, I32X4_REPLACE_LANE, c, LOW, 128);
        _expectAsked(arbiter, V128_BITSELECT, INTEGER, V128_BITSELECT, c, d, 128);
        _expectAsked(arbiter, I32X4_ADD, INTEGER, I32X4_ADD, c, 0, 128);
        _expectAsked(arbiter, F32X4_ADD, FLOAT, F32X4_ADD, c, 0, 128);
        _expectAsked(arbiter, F64X2_SQRT, FLOAT, F64X2_SQRT, 0, 0, 128);
    }

    function testWhatAUnitRefusesIsRefusedForItsReason() public {
        (IAlu scalar, IAlu vector) = (new ScalarAlu(), new VectorAlu());
        Arbiter arbiter = new Arbiter(vector, scalar, scalar);
        uint256[3] memory opcodes = [I32_ADD, I32X4_ADD, F32X4_ADD];
        for (uint256 i = 0; i < 3; i++) {
            (bool done, bytes memory answer) = _try(arbiter, opcodes[i]);
            assertFalse(done);
            assertEq(answer, abi.encodeWithSelector(IAlu.UnknownOperation.selector, opcodes[i]));
        }
    }

    function testAReasonOfAnyLengthIsPassedOn() public {
        (FixedUnit unit, Arbiter arbiter) = _fixed();
        bytes memory reason;
        for (uint256 i = 0; i < 8; i++) {
            unit.set(reason, true);
            (bool done, bytes memory answer) = _try(arbiter, I32_ADD);
            assertFalse(done);
            assertEq(answer, reason);
            reason = abi.encodePacked(reason, bytes23(keccak256(reason)));
        }
    }

    function testAnAccountWithoutCodeIsNoUnit() public {
        IAlu nobody = IAlu(makeAddr("nobody"));
        _expectRefused(new Arbiter(nobody, nobody, nobody));
    }

    function testAnAnswerOfLessThanTwoWordsIsNone() public {
        (FixedUnit unit, Arbiter arbiter) = _fixed();
        for (uint256 length = 0; length < 64; length++) {
            unit.set(new bytes(length), false);
            _expectRefused(arbiter);
        }
        unit.set(new bytes(64), false);
        (bool done,) = _try(arbiter, I32_ADD);
        assertTrue(done);
    }

    function testAnyFlagButZeroIsATrap() public {
        (FixedUnit unit, Arbiter arbiter) = _fixed();
        State memory state = _filled(I32_ADD);
        bytes memory witness = _withSlots(state);
        for (uint256 bit = 0; bit < 256; bit += 15) {
            unit.set(abi.encode(uint256(5), uint256(1) << bit), false);
            (bytes32 previous, bytes32 next) = arbiter.step(state.codeRoot, 0, witness);
            assertEq(previous, state.previous);
            assertEq(next, TRAPPED);
        }
    }

    function _fixed() private returns (FixedUnit unit, Arbiter arbiter) {
        unit = new FixedUnit();
        IAlu alu = IAlu(address(unit));
        arbiter = new Arbiter(alu, alu, alu);
    }

    function _hashing(uint256 number) private returns (IAlu) {
        return IAlu(address(new HashingUnit(number)));
    }

    function _content(uint256 slot) private pure returns (uint256) {
        return uint128(uint256(keccak256(abi.encode("slot", slot))));
    }

    /// @dev A state about to execute `op` on slots 1 to 4, none of which is empty.
    function _filled(uint256 op) private pure returns (State memory state) {
        state = _state(op, 1, 2, 3, IMMEDIATE);
        for (uint256 slot = 1; slot <= 4; slot++) {
            _setSlot(state, slot, _content(slot));
        }
    }

    function _try(Arbiter arbiter, uint256 op) private view returns (bool, bytes memory) {
        State memory state = _filled(op);
        return
            address(arbiter).staticcall(abi.encodeCall(Arbiter.step, (state.codeRoot, 0, _withSlots(state))));
    }

    function _expectRefused(Arbiter arbiter) private view {
        (bool done, bytes memory answer) = _try(arbiter, I32_ADD);
        assertFalse(done);
        assertEq(answer, "");
    }

    /// @dev `unit` computes slot 1 from `base` of slot 2, `y` and `z`; `bits` of it are written.
    function _expectAsked(
        Arbiter arbiter,
        uint256 op,
        uint256 unit,
        uint256 base,
        uint256 y,
        uint256 z,
        uint256 bits
    ) private view {
        State memory state = _filled(op);
        bytes memory witness = _withSlots(state);
        bytes memory call = abi.encodeCall(IAlu.execute, (base, uint128(_content(2)), uint128(y), uint128(z)));
        uint256 mask = (1 << bits) - 1;
        uint256 answer = uint256(keccak256(abi.encodePacked(unit, call))) & mask;
        _setSlot(state, 1, (_content(1) & ~mask) | answer);
        state.pc++;
        (bytes32 previous, bytes32 next) = arbiter.step(state.codeRoot, 0, witness);
        assertEq(previous, state.previous, vm.toString(op));
        assertEq(next, keccak256(_preimage(state)), vm.toString(op));
    }
}

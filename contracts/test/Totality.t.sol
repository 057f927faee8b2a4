// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {Multiproof} from "../src/arbiter/Multiproof.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {Witness} from "../src/arbiter/Witness.sol";
import {SparseState} from "./utils/SparseState.sol";
import {Test} from "./utils/Test.sol";

/// @dev Whatever the code words, the state and the witness are: the arbiter gives one next state, or reverts because the witness is
/// no witness, and says so with one of its errors. It never panics.
contract TotalityTest is Test, SparseState {
    uint256 private constant GLOBAL_GET = 0x0e;
    uint256 private constant GLOBAL_SET = 0x0f;
    /// @dev In region 1, so that the leaf is also a part of what `halt` takes along.
    uint256 private constant MEMORY_LEAF = (1 << 21) + 77;

    Arbiter private arbiter;

    error UnknownRevert(bytes data);

    function setUp() public {
        VectorAlu vector = new VectorAlu();
        arbiter = new Arbiter(new ScalarAlu(), vector, vector);
    }

    /// forge-config: default.fuzz.runs = 3000
    function testFuzzAStateHasOneWitnessAndOneNextState(
        uint256 op,
        uint256 immediate,
        uint256 seed,
        uint256 pages
    ) public view {
        State memory state = _random(op, immediate, seed, pages);
        bytes memory preimage = _preimage(state);
        bytes[5] memory candidates = _candidates(state);
        uint256 accepted;
        bytes32 only;
        for (uint256 i = 0; i < candidates.length; i++) {
            (bool ok, bytes32 previous, bytes32 next) = _step(state.codeRoot, 5, candidates[i]);
            // A witness of another state proves nothing about this one.
            if (!ok || previous != keccak256(preimage)) continue;
            accepted++;
            only = next;
            (, bytes32 again, bytes32 same) = _step(state.codeRoot, 5, candidates[i]);
            assertEq(again, previous, "previous, again");
            assertEq(same, next, "next, again");
        }
        // What decides the step has to be there, and nothing beside it.
        assertEq(accepted, 1, "witnesses accepted");
        assertTrue(only != bytes32(0), "next");
    }

    /// forge-config: default.fuzz.runs = 3000
    function testFuzzAChangedWitnessIsRefusedOrOfAnotherState(
        uint256 op,
        uint256 seed,
        uint256 place,
        uint8 change
    ) public view {
        vm.assume(change != 0);
        State memory state = _random(op, seed, seed, 65536);
        bytes32 honest = keccak256(_preimage(state));
        bytes[5] memory candidates = _candidates(state);
        for (uint256 i = 0; i < candidates.length; i++) {
            bytes memory witness = candidates[i];
            (bool ok, bytes32 unchanged,) = _step(state.codeRoot, 5, witness);
            if (!ok || unchanged != honest) continue;
            place = bound(place, 0, witness.length - 1);
            witness[place] = bytes1(uint8(witness[place]) ^ change);
            (bool still, bytes32 previous,) = _step(state.codeRoot, 5, witness);
            assertTrue(!still || previous != honest, "a changed witness proves the same state");
        }
    }

    /// forge-config: default.fuzz.runs = 3000
    function testFuzzAnyBytesAreAWitnessOrRefused(
        bytes32 codeRoot,
        uint64 position,
        uint8 tag,
        bytes calldata rest
    ) public view {
        bytes memory witness = abi.encodePacked(uint8(tag % 5), rest);
        (bool ok, bytes32 previous, bytes32 next) = _step(codeRoot, position, witness);
        if (!ok) return;
        // Without code that hashes to the root only states that need none are left.
        assertEq(previous, keccak256(witness), "previous");
        assertTrue(next == previous || next == keccak256(hex"03"), "next");
    }

    /// @dev A state at an instruction whose slots lie in one leaf and whose access, if it has one, in one leaf of memory.
    function _random(uint256 op, uint256 immediate, uint256 seed, uint256 pages)
        private
        pure
        returns (State memory state)
    {
        // Most numbers are no opcodes: three of four are drawn from where they lie.
        op = op % 4 == 0 ? (op >> 8) % 65536 : (op >> 8) % 0x560;
        // The low 16 bits name a slot in some forms.
        immediate = (immediate & 0xffffffff_00000000) | (immediate & 3);
        // A global would be another leaf: here it is one that doesn't exist.
        if (op == GLOBAL_GET || op == GLOBAL_SET) immediate |= 1024;
        uint256 fields = uint256(keccak256(abi.encode(seed)));
        state = _stateAt(seed % (1 << 21), op, fields & 3, (fields >> 8) & 3, (fields >> 16) & 3, immediate);
        state.pages = pages % 4 == 0 ? pages % 65537 : 65536;
        state.memoryIndex = MEMORY_LEAF;
        _fill(state.memory_, seed, "memory");
        _fill(state.slots, seed, "slots");
        uint256 address_ = MEMORY_LEAF * 128 + (fields >> 24) % 100;
        for (uint256 slot = 0; slot < 8; slot++) {
            if (((fields >> 32) >> slot) & 1 == 0 || slot < 4) _put(state.slots, 16 * slot, address_, 4);
        }
        // The other words of the leaf are anything.
        bytes memory code = new bytes(128);
        _fill(code, seed, "code");
        uint256 first = (state.pc % 8) * 16;
        for (uint256 i = 0; i < 16; i++) {
            code[first + i] = state.code[first + i];
        }
        state.code = code;
        state.codeRoot = _climb(keccak256(code), state.pc / 8, 0, 18);
    }

    function _fill(bytes memory target, uint256 seed, string memory what) private pure {
        for (uint256 i = 0; i < target.length; i += 32) {
            bytes32 noise = keccak256(abi.encode(seed, what, i));
            assembly ("memory-safe") {
                mstore(add(add(target, 32), i), noise)
            }
        }
    }

    /// @dev All that a witness of such a state may consist of.
    function _candidates(State memory state) private pure returns (bytes[5] memory candidates) {
        candidates[0] = _withoutCode(state);
        candidates[1] = _withCode(state);
        candidates[2] = _withSlots(state);
        candidates[3] = _withMemory(state);
        candidates[4] =
            abi.encodePacked(_header(state), _codeProof(state), _slotsRoot(state), _region(state), uint8(0));
    }

    /// @dev A step; a revert must be one of the errors that witnesses have.
    function _step(bytes32 codeRoot, uint64 position, bytes memory witness)
        private
        view
        returns (bool ok, bytes32 previous, bytes32 next)
    {
        bytes memory result;
        (ok, result) =
            address(arbiter).staticcall(abi.encodeCall(Arbiter.step, (codeRoot, position, witness)));
        if (ok) {
            assertEq(result.length, 64, "two hashes");
            (previous, next) = abi.decode(result, (bytes32, bytes32));
        } else if (result.length < 4 || !_isKnown(bytes4(result))) {
            revert UnknownRevert(result);
        }
    }

    function _isKnown(bytes4 selector) private pure returns (bool) {
        return selector == Arbiter.UnknownState.selector || selector == Arbiter.PagesOutOfRange.selector
            || selector == Arbiter.CodeRootMismatch.selector || selector == Witness.WitnessTooShort.selector
            || selector == Witness.WitnessTooLong.selector || selector == Multiproof.BitmapNotEmpty.selector;
    }
}

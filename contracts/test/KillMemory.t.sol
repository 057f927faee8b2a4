// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {tensorRoot} from "../src/arbiter/TensorRoot.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {Reader, Witness} from "../src/arbiter/Witness.sol";
import {Zero} from "../src/arbiter/Zero.sol";
import {SparseState} from "./utils/SparseState.sol";
import {Test} from "./utils/Test.sol";

/// @dev What is computed in the EVM's memory hangs on nothing that lay there, harms nothing, and takes little of it.
contract MemoryTest is Test, SparseState {
    uint256 private constant I32_ADD = 0x6a;
    uint256 private constant HALT = 0x09;
    /// @dev A word is paid for twice: by itself, and by the square of all. This is the price of some 200 KB.
    uint256 private constant MEMORY_GAS = 100_000;
    /// @dev Far above what a step costs.
    uint256 private constant STEP_GAS = 1_000_000;

    Arbiter private arbiter;

    function setUp() public {
        VectorAlu vector = new VectorAlu();
        arbiter = new Arbiter(new ScalarAlu(), vector, vector);
    }

    function rootInCleanMemory(bytes calldata content) external pure returns (bytes32) {
        return tensorRoot(content);
    }

    /// @dev Nothing says that memory which isn't taken yet is zero.
    function rootInDirtyMemory(bytes calldata content) external pure returns (bytes32) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            for { let i := 0 } lt(i, 40000) { i := add(i, 32) } { mstore(add(free, i), not(0)) }
        }
        return tensorRoot(content);
    }

    function costOfRoot(bytes calldata content) external view returns (uint256 used) {
        used = gasleft();
        tensorRoot(content);
        used -= gasleft();
    }

    /// @dev Takes memory before and after the subtree is read; what is in it in the end.
    function aroundASubtree(bytes calldata witness)
        external
        view
        returns (bytes memory before, bytes memory after_, bytes memory empty, uint256 used)
    {
        Reader memory reader = Witness.reader(witness);
        before = abi.encodePacked(keccak256("before"), keccak256("this"));
        used = gasleft();
        Witness.openSubtree(reader, 1, 21, 4, 1);
        after_ = abi.encodePacked(keccak256("after"), keccak256("this"), keccak256("one"));
        used -= gasleft();
        bytes memory nothing;
        empty = nothing;
    }

    function testATensorsRootIsTheSameInAnyMemory() public view {
        uint256[6] memory lengths = [uint256(1), 31, 127, 129, 784, 16383];
        for (uint256 i = 0; i < lengths.length; i++) {
            bytes memory content = new bytes(lengths[i]);
            for (uint256 k = 0; k < content.length; k++) {
                content[k] = bytes1(uint8(k * 13 + i + 1));
            }
            assertEq(this.rootInDirtyMemory(content), this.rootInCleanMemory(content));
        }
    }

    /// @dev Leaves are what is paid for: none is hashed that has no content.
    function testAFullLeafCostsWhatOneOfAByteDoes() public view {
        uint256[3] memory leaves = [uint256(1), 2, 7];
        for (uint256 i = 0; i < leaves.length; i++) {
            uint256 least = this.costOfRoot(new bytes(128 * (leaves[i] - 1) + 1));
            uint256 most = this.costOfRoot(new bytes(128 * leaves[i]));
            assertLt(most, least + 60);
            assertLt(least, most + 60);
        }
    }

    function testATensorsRootTakesLittleMemory() public view {
        assertLt(this.costOfRoot(new bytes(1)), 3 * MEMORY_GAS);
    }

    function testASubtreeIsReadBesideWhatElseIsInMemory() public view {
        (bytes memory before, bytes memory after_, bytes memory empty, uint256 used) = this.aroundASubtree(
            abi.encodePacked(keccak256("subtree"), uint8(3), keccak256("1"), keccak256("2"))
        );
        assertEq(before, abi.encodePacked(keccak256("before"), keccak256("this")));
        assertEq(after_, abi.encodePacked(keccak256("after"), keccak256("this"), keccak256("one")));
        assertEq(empty, "");
        assertLt(used, MEMORY_GAS);
    }

    function testATableOfZerosTakesAWordForEachHeight() public pure {
        uint256[5] memory places;
        places[0] = _free();
        places[1] = Zero.table();
        places[2] = _free();
        places[3] = Zero.machineTable();
        places[4] = _free();
        assertEq(places[1], places[0]);
        assertEq(places[2], places[0] + 32 * (Zero.MAX_HEIGHT + 1));
        assertEq(places[3], places[2]);
        // Siblings of the deepest tree, memory, are at heights 0 to 24.
        assertEq(places[4], places[2] + 32 * 25);
    }

    function testAStepTakesLittleMemory() public view {
        State memory state = _state(I32_ADD, 1, 2, 3, 0);
        _setSlot(state, 2, 5);
        _setSlot(state, 3, 6);
        bytes memory witness = _withSlots(state);
        (bytes32 previous, bytes32 next) = arbiter.step{gas: STEP_GAS}(state.codeRoot, 0, witness);
        assertEq(previous, state.previous);
        state.pc++;
        _setSlot(state, 1, 11);
        assertEq(next, keccak256(_preimage(state)));
    }

    function testAHaltTakesLittleMemory() public view {
        State memory state = _state(HALT, 0, 0, 0, 0);
        bytes32 region = _region(state);
        bytes memory witness =
            abi.encodePacked(_header(state), _codeProof(state), _slotsRoot(state), region, uint8(0));
        (, bytes32 next) = arbiter.step{gas: STEP_GAS}(state.codeRoot, 0, witness);
        assertEq(next, keccak256(abi.encodePacked(uint8(2), region)));
    }

    function _free() private pure returns (uint256 free) {
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }
}

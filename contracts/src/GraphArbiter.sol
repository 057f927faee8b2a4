// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {IGraphArbiter} from "./IArbiters.sol";
import {Descent, GraphOutcome, GraphStep} from "./Types.sol";
import {Multiproof} from "./arbiter/Multiproof.sol";
import {Zero, ZERO_21} from "./arbiter/Zero.sol";

/// @title One step of a graph program
/// @dev docs/protocol.md, "Tensors, slots, programs".
contract GraphArbiter is IGraphArbiter {
    uint256 private constant LEAF_BYTES = 128;
    uint256 private constant PROGRAM_DEPTH = 20;
    uint256 private constant PROGRAM_BITMAP = 3;
    uint256 private constant SLOT_TREE_DEPTH = 16;
    uint256 private constant SLOT_TREE_BITMAP = 28;
    uint256 private constant TENSOR_DEPTH = 21;
    uint256 private constant TENSOR_BITMAP = 3;
    uint256 private constant MAX_INPUTS = 12;
    uint256 private constant CALL = 1;
    uint256 private constant STOP_IF = 2;
    uint256 private constant REGION_BITS = 28;
    uint32 private constant MAX_PAGES = 65536;
    uint256 private constant OPENING_BYTES = 64;

    /// @notice The bytes given as the state's preimage hash to something else, or are no graph state.
    error NotTheState(bytes32 computed, bytes32 state);
    error WrongLength(string what, uint256 given, uint256 wanted);
    /// @notice A proof leads to another root than the one committed to.
    error RootMismatch(string what, bytes32 computed, bytes32 wanted);

    /// @dev An instruction's fields; kind 0: malformed.
    struct Instruction {
        uint256 kind;
        uint256 inputs;
        /// CALL: the slot written; STOP_IF: the slot tested.
        uint256 slot;
        uint256 attributes;
        uint32 entry;
        bytes32 tail;
    }

    /// @inheritdoc IGraphArbiter
    function judge(GraphStep calldata step, Descent calldata descent)
        external
        pure
        returns (GraphOutcome memory outcome)
    {
        bytes calldata state = descent.state;
        bytes32 hash = keccak256(state);
        if (hash != step.state || state.length == 0) revert NotTheState(hash, step.state);
        uint8 tag = uint8(state[0]);
        // A hash that commits to anything else has no preimage of these shapes.
        if ((tag == Commit.DONE && state.length == 33) || (tag == Commit.FAILED && state.length == 1)) {
            return _decided(step.state);
        }
        if (tag != Commit.RUNNING || state.length != 41) revert NotTheState(hash, step.state);
        uint256 g = uint64(bytes8(state[1:9]));
        bytes32 slotsRoot = bytes32(state[9:41]);
        uint256 finish = uint256(step.length) * step.iterations;
        if (g > finish) return _decided(Commit.graphFailed());
        if (g == finish) {
            _checkLength("operand roots", descent.operandRoots.length, 1);
            return _decided(_done(descent, 0, slotsRoot));
        }
        Instruction memory instruction = _instruction(step, descent, g);
        if (instruction.kind == 0) return _decided(Commit.graphFailed());
        if (instruction.kind == STOP_IF) {
            return _decided(_stopIf(descent, instruction, g, slotsRoot));
        }
        return _call(step, descent, instruction, g, slotsRoot);
    }

    function _decided(bytes32 next) private pure returns (GraphOutcome memory outcome) {
        outcome.decided = true;
        outcome.next = next;
    }

    function _checkLength(string memory what, uint256 given, uint256 wanted) private pure {
        if (given != wanted) revert WrongLength(what, given, wanted);
    }

    function _checkRoot(string memory what, bytes32 computed, bytes32 wanted) private pure {
        if (computed != wanted) revert RootMismatch(what, computed, wanted);
    }

    /// @dev DONE, with the outputs group opened by its neighbours behind `from` bytes of the operand proof.
    function _done(Descent calldata descent, uint256 from, bytes32 slotsRoot) private pure returns (bytes32) {
        _checkLength("operand proof", descent.operandProof.length, from + OPENING_BYTES);
        bytes32 outputs = descent.operandRoots[descent.operandRoots.length - 1];
        bytes32 inputs = bytes32(descent.operandProof[from:from + 32]);
        bytes32 rest = bytes32(descent.operandProof[from + 32:from + 64]);
        _checkRoot("outputs", Commit.node(Commit.node(inputs, outputs), rest), slotsRoot);
        return Commit.graphDone(outputs);
    }

    /// @dev Root of a tree in which one leaf of 128 bytes is proven.
    function _leafRoot(
        bytes calldata leaf,
        uint256 index,
        uint256 depth,
        uint256 bitmap,
        bytes calldata proof
    ) private pure returns (bytes32 root) {
        _checkLength("leaf", leaf.length, LEAF_BYTES);
        uint256[] memory nodes = new uint256[](2);
        nodes[0] = index;
        nodes[1] = uint256(keccak256(leaf));
        uint256 used;
        (root, used) = Multiproof.root(nodes, 0, depth, bitmap, proof);
        _checkLength("leaf proof", proof.length, used);
    }

    function _instruction(GraphStep calldata step, Descent calldata descent, uint256 g)
        private
        pure
        returns (Instruction memory instruction)
    {
        bytes calldata leaf = descent.instruction;
        bytes32 root =
            _leafRoot(leaf, g % step.length, PROGRAM_DEPTH, PROGRAM_BITMAP, descent.instructionProof);
        _checkRoot("program", root, step.programRoot);
        uint256 head = uint256(bytes32(leaf[0:32]));
        uint256 kind = head >> 248;
        uint256 count = uint8(head >> 240);
        instruction.slot = uint16(head >> 224);
        // What the unused bytes must be: zero from here on.
        uint256 end;
        if (kind == STOP_IF) {
            if (count != 0) return instruction;
            end = 4;
        } else if (kind == CALL) {
            // Outputs and temporaries can be written: the groups with an odd number.
            if (count > MAX_INPUTS || (instruction.slot >> 14) & 1 == 0) return instruction;
            end = 10 + 2 * count;
        } else {
            return instruction;
        }
        for (uint256 i = end; i < LEAF_BYTES; i++) {
            if (leaf[i] != 0) return instruction;
        }
        instruction.tail = bytes32(leaf[10:42]);
        instruction.inputs = count;
        instruction.attributes = uint16(head >> 208);
        instruction.entry = uint32(head >> 176);
        if (kind == CALL) {
            if (instruction.attributes == instruction.slot) return instruction;
            for (uint256 i = 0; i < count; i++) {
                if (_input(instruction, i) == instruction.slot) return instruction;
            }
        }
        instruction.kind = kind;
    }

    function _input(Instruction memory instruction, uint256 i) private pure returns (uint256) {
        return uint16(uint256(instruction.tail) >> (240 - 16 * i));
    }

    /// @dev Distinct slots of a call, ascending.
    function _slots(Instruction memory instruction) private pure returns (uint256[] memory slots) {
        uint256 named = instruction.inputs + 2;
        slots = new uint256[](named);
        uint256 count;
        for (uint256 i = 0; i < named; i++) {
            uint256 slot =
                i == 0 ? instruction.slot : i == 1 ? instruction.attributes : _input(instruction, i - 2);
            uint256 place = count;
            while (place > 0 && slots[place - 1] > slot) place--;
            if (place > 0 && slots[place - 1] == slot) continue;
            for (uint256 j = count; j > place; j--) {
                slots[j] = slots[j - 1];
            }
            slots[place] = slot;
            count++;
        }
        assembly ("memory-safe") {
            mstore(slots, count)
        }
    }

    /// @dev Slots root with one slot's root replaced (by itself: the root proven), and the bytes of proof it took.
    function _slotsRoot(
        uint256[] memory slots,
        Descent calldata descent,
        uint256 replaced,
        bytes32 replacement
    ) private pure returns (bytes32 root, uint256 used) {
        uint256[] memory nodes = new uint256[](2 * slots.length);
        for (uint256 i = 0; i < slots.length; i++) {
            nodes[2 * i] = slots[i];
            nodes[2 * i + 1] = uint256(slots[i] == replaced ? replacement : descent.operandRoots[i]);
        }
        return Multiproof.root(nodes, TENSOR_DEPTH, SLOT_TREE_DEPTH, SLOT_TREE_BITMAP, descent.operandProof);
    }

    function _stopIf(Descent calldata descent, Instruction memory instruction, uint256 g, bytes32 slotsRoot)
        private
        pure
        returns (bytes32)
    {
        uint256[] memory slots = new uint256[](1);
        slots[0] = instruction.slot;
        if (descent.operandRoots.length == 0) revert WrongLength("operand roots", 0, 1);
        bytes32 tensor = descent.operandRoots[0];
        (bytes32 root, uint256 used) = _slotsRoot(slots, descent, instruction.slot, tensor);
        _checkRoot("slots", root, slotsRoot);
        _checkRoot(
            "tensor", _leafRoot(descent.leaf, 0, TENSOR_DEPTH, TENSOR_BITMAP, descent.leafProof), tensor
        );
        if (bytes4(descent.leaf[0:4]) == 0) {
            _checkLength("operand roots", descent.operandRoots.length, 1);
            _checkLength("operand proof", descent.operandProof.length, used);
            return Commit.graphRunning(g + 1, slotsRoot);
        }
        _checkLength("operand roots", descent.operandRoots.length, 2);
        return _done(descent, used, slotsRoot);
    }

    function _call(
        GraphStep calldata step,
        Descent calldata descent,
        Instruction memory instruction,
        uint256 g,
        bytes32 slotsRoot
    ) private pure returns (GraphOutcome memory outcome) {
        uint256[] memory slots = _slots(instruction);
        _checkLength("operand roots", descent.operandRoots.length, slots.length);
        uint256 output = instruction.slot;
        bytes32 before = _rootOf(slots, descent, output);
        {
            (bytes32 root, uint256 used) = _slotsRoot(slots, descent, output, before);
            _checkRoot("slots", root, slotsRoot);
            _checkLength("operand proof", descent.operandProof.length, used);
        }
        outcome.start = keccak256(
            abi.encodePacked(
                uint8(1),
                instruction.entry,
                uint32(0),
                MAX_PAGES,
                _arguments(instruction.inputs, g / step.length),
                _memory(step.dataRoot, slots, descent, instruction, before)
            )
        );
        if (descent.trapped) {
            outcome.end = keccak256(abi.encodePacked(uint8(3)));
            outcome.next = Commit.graphFailed();
        } else {
            outcome.end = keccak256(abi.encodePacked(uint8(2), descent.outputRoot));
            (bytes32 root,) = _slotsRoot(slots, descent, output, descent.outputRoot);
            outcome.next = Commit.graphRunning(g + 1, root);
        }
    }

    function _rootOf(uint256[] memory slots, Descent calldata descent, uint256 slot)
        private
        pure
        returns (bytes32)
    {
        // Every slot of the instruction is among them.
        uint256 i;
        while (slots[i] != slot) i++;
        return descent.operandRoots[i];
    }

    /// @dev Root of the slot tree with a call's arguments: iteration, then the addresses of regions 1, 2, ...
    function _arguments(uint256 inputs, uint256 iteration) private pure returns (bytes32 root) {
        uint256 zeros = Zero.table();
        uint256 addresses = inputs + 3;
        assembly ("memory-safe") {
            // Two leaves of eight slots; a value takes the first four bytes of its slot, little-endian.
            let data := mload(0x40)
            calldatacopy(data, calldatasize(), 256)
            for { let i := 0 } lt(i, 4) { i := add(i, 1) } {
                mstore8(add(data, i), and(shr(shl(3, i), iteration), 0xff))
            }
            for { let i := 1 } iszero(gt(i, addresses)) { i := add(i, 1) } {
                mstore8(add(add(data, shl(4, i)), 3), shl(4, i))
            }
            mstore(0, keccak256(data, 128))
            mstore(32, keccak256(add(data, 128), 128))
            root := keccak256(0, 64)
            for { let h := 1 } lt(h, 17) { h := add(h, 1) } {
                mstore(0, root)
                mstore(32, mload(add(zeros, shl(5, h))))
                root := keccak256(0, 64)
            }
        }
    }

    /// @dev Root of a call's memory: data, output, scratch, attributes, inputs.
    function _memory(
        bytes32 dataRoot,
        uint256[] memory slots,
        Descent calldata descent,
        Instruction memory instruction,
        bytes32 output
    ) private pure returns (bytes32) {
        bytes32[] memory regions = new bytes32[](16);
        regions[0] = dataRoot;
        regions[1] = output;
        regions[2] = ZERO_21;
        regions[3] = _rootOf(slots, descent, instruction.attributes);
        for (uint256 i = 0; i < MAX_INPUTS; i++) {
            regions[4 + i] =
                i < instruction.inputs ? _rootOf(slots, descent, _input(instruction, i)) : ZERO_21;
        }
        for (uint256 count = 8; count > 0; count >>= 1) {
            for (uint256 i = 0; i < count; i++) {
                regions[i] = Commit.node(regions[2 * i], regions[2 * i + 1]);
            }
        }
        return regions[0];
    }
}

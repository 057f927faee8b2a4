// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Descent, Image, Registration, Request} from "../../src/Types.sol";

/// @dev Graphs, their states and proofs, node by node as docs/protocol.md has them, with nothing of the contracts under test.
abstract contract GraphModel {
    uint16 internal constant INPUT = 0x0000;
    uint16 internal constant OUTPUT = 0x4000;
    uint16 internal constant CONSTANT = 0x8000;
    uint16 internal constant TEMPORARY = 0xc000;
    bytes32 internal constant FAILED = keccak256(hex"13");
    bytes32 internal constant TRAPPED = keccak256(hex"03");
    bytes32 internal constant CODE_ROOT = keccak256("code");
    bytes32 internal constant DATA_ROOT = keccak256("data");

    /// @dev Sparse tree: heap numbering, 1 is the root. `base`: height of its leaves among the zero subtrees.
    struct Tree {
        uint256 depth;
        uint256 base;
        mapping(uint256 key => bytes32) nodes;
    }

    Tree internal slotTree;
    Tree internal programTree;
    bytes[] internal program;

    bytes32[] private _zeros;

    function _zero(uint256 height) internal returns (bytes32) {
        if (_zeros.length == 0) _zeros.push(keccak256(new bytes(128)));
        while (_zeros.length <= height) {
            bytes32 last = _zeros[_zeros.length - 1];
            _zeros.push(keccak256(abi.encodePacked(last, last)));
        }
        return _zeros[height];
    }

    function _at(Tree storage tree, uint256 height, uint256 index) internal returns (bytes32) {
        bytes32 node = tree.nodes[(1 << (tree.depth - height)) + index];
        return node == 0 ? _zero(tree.base + height) : node;
    }

    function _set(Tree storage tree, uint256 index, bytes32 hash) internal {
        tree.nodes[(1 << tree.depth) + index] = hash;
        for (uint256 height = 1; height <= tree.depth; height++) {
            index /= 2;
            bytes32 left = _at(tree, height - 1, 2 * index);
            bytes32 right = _at(tree, height - 1, 2 * index + 1);
            tree.nodes[(1 << (tree.depth - height)) + index] = keccak256(abi.encodePacked(left, right));
        }
    }

    function _rootOf(Tree storage tree) internal returns (bytes32) {
        return _at(tree, tree.depth, 0);
    }

    /// @dev Multiproof of ascending indices: bitmap, siblings.
    function _proof(Tree storage tree, uint256[] memory indices, uint256 bitmapBytes)
        internal
        returns (bytes memory)
    {
        bytes memory siblings;
        uint256 bitmap;
        uint256 asked;
        for (uint256 height = 0; height < tree.depth; height++) {
            uint256[] memory up = new uint256[](indices.length);
            uint256 count;
            for (uint256 i = 0; i < indices.length; i++) {
                bool pairedLeft = i > 0 && indices[i - 1] == (indices[i] ^ 1);
                bool pairedRight = i + 1 < indices.length && indices[i + 1] == (indices[i] ^ 1);
                if (!pairedLeft && !pairedRight) {
                    bytes32 sibling = _at(tree, height, indices[i] ^ 1);
                    if (sibling != _zero(tree.base + height)) {
                        bitmap |= 1 << asked;
                        siblings = abi.encodePacked(siblings, sibling);
                    }
                    asked++;
                }
                if (!pairedLeft) up[count++] = indices[i] / 2;
            }
            assembly {
                mstore(up, count)
            }
            indices = up;
        }
        bytes memory head = new bytes(bitmapBytes);
        for (uint256 i = 0; i < bitmapBytes; i++) {
            head[bitmapBytes - 1 - i] = bytes1(uint8(bitmap >> (8 * i)));
        }
        return abi.encodePacked(head, siblings);
    }

    function _initTrees() internal {
        slotTree.depth = 16;
        slotTree.base = 21;
        programTree.depth = 20;
    }

    function _slot(uint256 slot) internal returns (bytes32) {
        return _at(slotTree, 0, slot);
    }

    function _group(uint256 group) internal returns (bytes32) {
        return _at(slotTree, 14, group);
    }

    function _rest() internal returns (bytes32) {
        return _at(slotTree, 15, 1);
    }

    function _push(bytes memory instruction) internal {
        _set(programTree, program.length, keccak256(instruction));
        program.push(instruction);
    }

    function _callBytes(uint16 output, uint16 attributes, uint32 entry, uint16[] memory inputs)
        internal
        pure
        returns (bytes memory instruction)
    {
        instruction = abi.encodePacked(uint8(1), uint8(inputs.length), output, attributes, entry);
        for (uint256 i = 0; i < inputs.length; i++) {
            instruction = abi.encodePacked(instruction, inputs[i]);
        }
        instruction = abi.encodePacked(instruction, new bytes(128 - instruction.length));
    }

    function _stopBytes(uint16 slot) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(2), uint8(0), slot, new bytes(124));
    }

    function _running(uint64 g, bytes32 slots) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(0x11), g, slots);
    }

    /// @dev The slots that a CALL names: output, attributes, inputs.
    function _operands(bytes memory instruction) internal pure returns (uint256[] memory operands) {
        operands = new uint256[](2 + uint8(instruction[1]));
        operands[0] = _u16(instruction, 2);
        operands[1] = _u16(instruction, 4);
        for (uint256 i = 2; i < operands.length; i++) {
            operands[i] = _u16(instruction, 10 + 2 * (i - 2));
        }
    }

    function _u16(bytes memory content, uint256 offset) internal pure returns (uint256) {
        return (uint256(uint8(content[offset])) << 8) | uint8(content[offset + 1]);
    }

    /// @dev Ascending, each once.
    function _sorted(uint256[] memory values) internal pure returns (uint256[] memory sorted) {
        uint256 count;
        sorted = new uint256[](values.length);
        uint256 next = 0;
        while (true) {
            uint256 least = type(uint256).max;
            for (uint256 i = 0; i < values.length; i++) {
                if (values[i] >= next && values[i] < least) least = values[i];
            }
            if (least == type(uint256).max) break;
            sorted[count++] = least;
            next = least + 1;
        }
        assembly {
            mstore(sorted, count)
        }
    }

    /// @dev Hash of the machine's state before a CALL in the slots as they are.
    function _machineStart(bytes memory instruction, uint32 iteration) internal returns (bytes32) {
        uint256[] memory operands = _operands(instruction);
        bytes memory slots = new bytes(256);
        for (uint256 i = 0; i < 4; i++) {
            slots[i] = bytes1(uint8(iteration >> (8 * i)));
        }
        // Output, scratch, attributes, inputs: one more region than operands.
        for (uint256 region = 1; region < operands.length + 2; region++) {
            uint32 pointer = uint32(region << 28);
            for (uint256 i = 0; i < 4; i++) {
                slots[16 * region + i] = bytes1(uint8(pointer >> (8 * i)));
            }
        }
        bytes32 slotsRoot = keccak256(abi.encodePacked(_hashOf(slots, 0), _hashOf(slots, 128)));
        for (uint256 height = 1; height < 17; height++) {
            slotsRoot = keccak256(abi.encodePacked(slotsRoot, _zero(height)));
        }
        bytes32[] memory regions = new bytes32[](16);
        regions[0] = DATA_ROOT;
        regions[1] = _slot(operands[0]);
        regions[2] = _zero(21);
        regions[3] = _slot(operands[1]);
        for (uint256 i = 4; i < 16; i++) {
            regions[i] = i - 2 < operands.length ? _slot(operands[i - 2]) : _zero(21);
        }
        for (uint256 count = 16; count > 1; count /= 2) {
            for (uint256 i = 0; i < count; i += 2) {
                regions[i / 2] = keccak256(abi.encodePacked(regions[i], regions[i + 1]));
            }
        }
        bytes memory entry = new bytes(4);
        for (uint256 i = 0; i < 4; i++) {
            entry[i] = instruction[6 + i];
        }
        return keccak256(abi.encodePacked(uint8(1), entry, uint32(0), uint32(65536), slotsRoot, regions[0]));
    }

    function _hashOf(bytes memory content, uint256 offset) private pure returns (bytes32) {
        bytes memory leaf = new bytes(128);
        for (uint256 i = 0; i < 128; i++) {
            leaf[i] = content[offset + i];
        }
        return keccak256(leaf);
    }

    /// @dev State and instruction of step g in the slots as they are.
    function _descentAt(uint64 g) internal returns (Descent memory descent) {
        descent.state = _running(g, _rootOf(slotTree));
        uint256[] memory index = new uint256[](1);
        index[0] = g % program.length;
        descent.instruction = program[index[0]];
        descent.instructionProof = _proof(programTree, index, 3);
    }

    /// @dev The same with a CALL's operands.
    function _callDescent(uint64 g) internal returns (Descent memory descent) {
        descent = _descentAt(g);
        uint256[] memory slots = _sorted(_operands(descent.instruction));
        descent.operandRoots = new bytes32[](slots.length);
        for (uint256 i = 0; i < slots.length; i++) {
            descent.operandRoots[i] = _slot(slots[i]);
        }
        descent.operandProof = _proof(slotTree, slots, 28);
    }

    function _finishDescent(uint64 g) internal returns (Descent memory descent) {
        descent.state = _running(g, _rootOf(slotTree));
        descent.operandRoots = new bytes32[](1);
        descent.operandRoots[0] = _group(1);
        descent.operandProof = abi.encodePacked(_group(0), _rest());
    }

    /// @dev The model in the slots as they are, but for the inputs.
    function _registration(uint32 maxIterations) internal returns (Registration memory) {
        bytes32 outputs = _group(1);
        bytes32 rest = _rest();
        bytes32 empty = _zero(35);
        return Registration({
            length: uint32(program.length),
            maxIterations: maxIterations,
            programRoot: _rootOf(programTree),
            initialSlotsRoot: keccak256(abi.encodePacked(keccak256(abi.encodePacked(empty, outputs)), rest)),
            outputsRoot: outputs,
            rest: rest,
            slotTableRoot: keccak256("table"),
            image: Image(CODE_ROOT, DATA_ROOT, keccak256("wasm"), 1),
            machineVersion: 1
        });
    }
}

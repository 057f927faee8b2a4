// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev States whose trees have one leaf each that isn't zero, with their witnesses: no proof needs a sibling. Everything is
/// computed byte by byte, with nothing of the contracts under test.
abstract contract SparseState {
    struct State {
        uint256 pc;
        uint256 fp;
        uint256 pages;
        bytes32 codeRoot;
        /// The leaf of code that holds pc.
        bytes code;
        uint256 slotsIndex;
        bytes slots;
        uint256 memoryIndex;
        bytes memory_;
        /// Hash of the state when its witness was written.
        bytes32 previous;
    }

    function _stateAt(uint256 pc, uint256 op, uint256 a, uint256 b, uint256 c, uint256 immediate)
        internal
        pure
        returns (State memory state)
    {
        state.pc = pc;
        state.fp = 16;
        state.slotsIndex = 2;
        state.code = new bytes(128);
        state.slots = new bytes(128);
        state.memory_ = new bytes(128);
        uint256 offset = (pc % 8) * 16;
        _put(state.code, offset, op, 2);
        _put(state.code, offset + 2, a, 2);
        _put(state.code, offset + 4, b, 2);
        _put(state.code, offset + 6, c, 2);
        _put(state.code, offset + 8, immediate, 8);
        state.codeRoot = _climb(keccak256(state.code), pc / 8, 0, 18);
    }

    function _state(uint256 op, uint256 a, uint256 b, uint256 c, uint256 immediate)
        internal
        pure
        returns (State memory)
    {
        return _stateAt(21, op, a, b, c, immediate);
    }

    /// @dev Slot 16 + `offset`, `offset` below 8: the frame of a new state starts at 16.
    function _setSlot(State memory state, uint256 offset, uint256 value) internal pure {
        _put(state.slots, offset * 16, value, 16);
    }

    /// @dev Bytes of the leaf at `index`, the only one of memory that isn't zero.
    function _setMemory(State memory state, uint256 index, uint256 offset, bytes memory content)
        internal
        pure
    {
        state.memoryIndex = index;
        for (uint256 i = 0; i < content.length; i++) {
            state.memory_[offset + i] = content[i];
        }
    }

    function _preimage(State memory state) internal pure returns (bytes memory) {
        return abi.encodePacked(_header(state), _slotsRoot(state), _memoryRoot(state));
    }

    function _header(State memory state) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(1), uint32(state.pc), uint32(state.fp), uint32(state.pages));
    }

    function _slotsRoot(State memory state) internal pure returns (bytes32) {
        return _climb(keccak256(state.slots), state.slotsIndex, 0, 17);
    }

    function _memoryRoot(State memory state) internal pure returns (bytes32) {
        return _climb(keccak256(state.memory_), state.memoryIndex, 0, 25);
    }

    /// @dev Witness of a step that is decided before any code is read.
    function _withoutCode(State memory state) internal pure returns (bytes memory witness) {
        witness = _preimage(state);
        state.previous = keccak256(witness);
    }

    /// @dev Witness of a step without slots and memory.
    function _withCode(State memory state) internal pure returns (bytes memory) {
        state.previous = keccak256(_preimage(state));
        return abi.encodePacked(_header(state), _codeProof(state), _slotsRoot(state), _memoryRoot(state));
    }

    /// @dev Witness of a step with slots and without memory.
    function _withSlots(State memory state) internal pure returns (bytes memory) {
        state.previous = keccak256(_preimage(state));
        return abi.encodePacked(_header(state), _codeProof(state), _slotsProof(state), _memoryRoot(state));
    }

    /// @dev Witness of a step with slots and memory.
    function _withMemory(State memory state) internal pure returns (bytes memory) {
        state.previous = keccak256(_preimage(state));
        return abi.encodePacked(_header(state), _codeProof(state), _slotsProof(state), _memoryProof(state));
    }

    function _codeProof(State memory state) internal pure returns (bytes memory) {
        return abi.encodePacked(state.code, bytes3(0));
    }

    function _slotsProof(State memory state) internal pure returns (bytes memory) {
        return abi.encodePacked(state.slots, bytes8(0));
    }

    function _memoryProof(State memory state) internal pure returns (bytes memory) {
        return abi.encodePacked(state.memory_, bytes6(0));
    }

    /// @dev Root of the region that the memory leaf lies in.
    function _region(State memory state) internal pure returns (bytes32) {
        return _climb(keccak256(state.memory_), state.memoryIndex % (1 << 21), 0, 21);
    }

    /// @dev Root above a node with zero subtrees beside it.
    function _climb(bytes32 hash, uint256 index, uint256 height, uint256 depth)
        internal
        pure
        returns (bytes32)
    {
        bytes32 zero = keccak256(new bytes(128));
        for (uint256 i = 0; i < height; i++) {
            zero = keccak256(abi.encodePacked(zero, zero));
        }
        for (uint256 i = 0; i < depth; i++) {
            hash = index % 2 == 0
                ? keccak256(abi.encodePacked(hash, zero))
                : keccak256(abi.encodePacked(zero, hash));
            zero = keccak256(abi.encodePacked(zero, zero));
            index /= 2;
        }
        return hash;
    }

    function _put(bytes memory target, uint256 offset, uint256 value, uint256 width) internal pure {
        for (uint256 i = 0; i < width; i++) {
            target[offset + i] = bytes1(uint8(value >> (8 * i)));
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Multiproof} from "./Multiproof.sol";
import {Zero} from "./Zero.sol";

/// @dev A witness being read: calldata offsets of the next byte, of its first byte and behind its last one, and the table of
/// zero subtrees that its proofs need.
struct Reader {
    uint256 offset;
    uint256 start;
    uint256 end;
    uint256 zeros;
}

/// @dev Leaves of one tree, copied to memory and proven. `indices` and `data` are memory addresses of `count` indices
/// (32 bytes each, ascending) and as many leaves (128 bytes each); `siblings` is a calldata offset.
struct Opening {
    uint256 count;
    uint256 indices;
    uint256 data;
    uint256 depth;
    uint256 bitmap;
    uint256 siblings;
}

/// @title Reading a witness
/// @dev Nothing in a witness is believed: lengths are checked here, contents by the roots they fold to.
library Witness {
    /// @notice The witness ends before what the step needs.
    error WitnessTooShort(uint256 needed, uint256 length);
    /// @notice Bytes follow what the step needs.
    error WitnessTooLong(uint256 used, uint256 length);

    function reader(bytes calldata witness) internal pure returns (Reader memory opened) {
        uint256 start;
        assembly ("memory-safe") {
            start := witness.offset
        }
        unchecked {
            opened.offset = start;
            opened.start = start;
            opened.end = start + witness.length;
        }
        opened.zeros = Zero.table();
    }

    /// @dev Calldata offset of the next `length` bytes, which are then behind the reader.
    function take(Reader memory self, uint256 length) internal pure returns (uint256 offset) {
        unchecked {
            offset = self.offset;
            uint256 next = offset + length;
            if (next > self.end) revert WitnessTooShort(next - self.start, self.end - self.start);
            self.offset = next;
        }
    }

    /// @dev The next `length` <= 32 bytes as a big-endian number.
    function takeNumber(Reader memory self, uint256 length) internal pure returns (uint256 value) {
        uint256 offset = take(self, length);
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, length)), calldataload(offset))
        }
    }

    /// @dev Reverts unless all of the witness has been read.
    function finish(Reader memory self) internal pure {
        if (self.offset != self.end) revert WitnessTooLong(self.offset - self.start, self.end - self.start);
    }

    /// @dev Reads `count` leaves at the given ascending indices (32 bytes each at a memory address), and their proof. The root
    /// they fold to is the caller's to check.
    function open(Reader memory self, uint256 indices, uint256 count, uint256 depth, uint256 bitmapBytes)
        internal
        pure
        returns (Opening memory opening, bytes32 root)
    {
        uint256 length = count << 7;
        uint256 from = take(self, length);
        uint256 data;
        assembly ("memory-safe") {
            data := mload(0x40)
            // 32 bytes more than the leaves, so that the last slot or byte can be read and written as a whole word.
            mstore(0x40, add(data, add(length, 32)))
            calldatacopy(data, from, length)
        }
        opening.count = count;
        opening.indices = indices;
        opening.data = data;
        opening.depth = depth;
        opening.bitmap = takeNumber(self, bitmapBytes);
        opening.siblings = self.offset;
        uint256 rest;
        uint256 end;
        (root, rest, end) = _fold(opening, self.zeros);
        if (end > self.end) revert WitnessTooShort(end - self.start, self.end - self.start);
        if (rest != 0) revert Multiproof.BitmapNotEmpty(rest);
        self.offset = end;
    }

    /// @dev The root with the leaves as they are now.
    function refold(Opening memory opening, uint256 zeros) internal pure returns (bytes32 root) {
        (root,,) = _fold(opening, zeros);
    }

    /// @dev Root of the subtree at `index`, `height` levels above the leaves and `depth` below the root, with the subtree's
    /// own root and its proof taken from the witness.
    function openSubtree(
        Reader memory self,
        uint256 index,
        uint256 height,
        uint256 depth,
        uint256 bitmapBytes
    ) internal pure returns (bytes32 subtree, bytes32 root) {
        subtree = bytes32(takeNumber(self, 32));
        uint256 bitmap = takeNumber(self, bitmapBytes);
        uint256 nodes;
        assembly ("memory-safe") {
            nodes := mload(0x40)
            mstore(0x40, add(nodes, 64))
            mstore(nodes, index)
            mstore(add(nodes, 32), subtree)
        }
        uint256 rest;
        uint256 end;
        (root, rest, end) = Multiproof.fold(nodes, 1, height, depth, bitmap, self.offset, self.zeros);
        if (end > self.end) revert WitnessTooShort(end - self.start, self.end - self.start);
        if (rest != 0) revert Multiproof.BitmapNotEmpty(rest);
        self.offset = end;
    }

    function _fold(Opening memory opening, uint256 zeros) private pure returns (bytes32, uint256, uint256) {
        uint256 count = opening.count;
        uint256 indices = opening.indices;
        uint256 data = opening.data;
        uint256 nodes;
        assembly ("memory-safe") {
            nodes := mload(0x40)
            mstore(0x40, add(nodes, shl(6, count)))
            for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                let offset := add(nodes, shl(6, i))
                mstore(offset, mload(add(indices, shl(5, i))))
                mstore(add(offset, 32), keccak256(add(data, shl(7, i)), 128))
            }
        }
        return Multiproof.fold(nodes, count, 0, opening.depth, opening.bitmap, opening.siblings, zeros);
    }
}

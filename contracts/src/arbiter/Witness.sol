// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Integer} from "./Integer.sol";
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

/// @dev Leaves of one tree, copied to memory. `nodes` is the memory address of `count` nodes of 96 bytes: index (ascending), hash of
/// the leaf as the witness has it, hash of the leaf as it is now. `data` is the address of as many leaves of 128 bytes each.
/// `siblings` is a calldata offset. What the leaves belong to, their root says: `roots` folds it.
struct Opening {
    uint256 count;
    uint256 nodes;
    uint256 data;
    uint256 depth;
    uint256 bitmap;
    uint256 siblings;
    /// 1 once a leaf has been written to.
    uint256 changed;
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
        opened.zeros = Zero.machineTable();
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

    /// @dev Reads `count` leaves at the given ascending indices (32 bytes each at a memory address), and their proof: a bitmap of
    /// at most 8 bytes, a sibling for each bit that is set.
    function open(Reader memory self, uint256 indices, uint256 count, uint256 depth, uint256 bitmapBytes)
        internal
        pure
        returns (Opening memory opening)
    {
        openInto(self, opening, indices, count, depth, bitmapBytes);
    }

    /// @dev `open` with the struct to fill in.
    function openInto(
        Reader memory self,
        Opening memory opening,
        uint256 indices,
        uint256 count,
        uint256 depth,
        uint256 bitmapBytes
    ) internal pure {
        unchecked {
            uint256 from = take(self, (count << 7) + bitmapBytes);
            uint256 data;
            uint256 nodes;
            uint256 bitmap;
            assembly ("memory-safe") {
                let length := shl(7, count)
                data := mload(0x40)
                // 32 bytes more than the leaves, so that the last slot or byte can be read and written as a whole word.
                nodes := add(data, add(length, 32))
                mstore(0x40, add(nodes, mul(96, count)))
                calldatacopy(data, from, length)
                bitmap := shr(sub(256, shl(3, bitmapBytes)), calldataload(add(from, length)))
                let node := nodes
                for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                    let hash := keccak256(add(data, shl(7, i)), 128)
                    mstore(node, mload(add(indices, shl(5, i))))
                    mstore(add(node, 32), hash)
                    mstore(add(node, 64), hash)
                    node := add(node, 96)
                }
            }
            opening.count = count;
            opening.nodes = nodes;
            opening.data = data;
            opening.depth = depth;
            opening.bitmap = bitmap;
            // Bits that are set and not asked for are found when the proof is folded, so no sibling here is left unread.
            opening.siblings = take(self, Integer.popcount(bitmap) << 5);
        }
    }

    /// @dev Hashes leaf number `i` anew, after a write to it.
    function rehash(Opening memory self, uint256 i) internal pure {
        uint256 nodes = self.nodes;
        uint256 data = self.data;
        assembly ("memory-safe") {
            mstore(add(nodes, add(mul(96, i), 64)), keccak256(add(data, shl(7, i)), 128))
        }
        self.changed = 1;
    }

    /// @dev Roots of the tree with the leaves as the witness has them and as they are now. Uses the nodes up.
    function roots(Opening memory self, uint256 zeros)
        internal
        pure
        returns (bytes32 before, bytes32 after_)
    {
        uint256 rest;
        if (self.changed == 0) {
            uint256 count = self.count;
            uint256 nodes = self.nodes;
            assembly ("memory-safe") {
                // Drops the second hashes, so that the nodes are those of a simple fold.
                for { let i := 1 } lt(i, count) { i := add(i, 1) } {
                    mcopy(add(nodes, shl(6, i)), add(nodes, mul(96, i)), 64)
                }
            }
            (before, rest,) = Multiproof.fold(nodes, count, 0, self.depth, self.bitmap, self.siblings, zeros);
            after_ = before;
        } else {
            (before, after_, rest,) =
                Multiproof.foldTwo(self.nodes, self.count, self.depth, self.bitmap, self.siblings, zeros);
        }
        if (rest != 0) revert Multiproof.BitmapNotEmpty(rest);
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
        uint256 siblings = take(self, Integer.popcount(bitmap) << 5);
        uint256 nodes;
        assembly ("memory-safe") {
            nodes := mload(0x40)
            mstore(0x40, add(nodes, 64))
            mstore(nodes, index)
            mstore(add(nodes, 32), subtree)
        }
        uint256 rest;
        (root, rest,) = Multiproof.fold(nodes, 1, height, depth, bitmap, siblings, self.zeros);
        if (rest != 0) revert Multiproof.BitmapNotEmpty(rest);
    }
}

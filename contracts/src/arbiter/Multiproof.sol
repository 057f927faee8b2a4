// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Zero} from "./Zero.sol";

/// @title Proofs of a set of nodes of a tree
/// @dev docs/machine.md, "Trees". The nodes proven may be leaves or roots of subtrees: `height` is theirs in the whole tree
/// (0 for leaves) and says which zero subtrees stand beside them; `depth` is the number of levels from there to the root.
library Multiproof {
    /// @notice Bits of the bitmap are left that no node asked for.
    error BitmapNotEmpty(uint256 rest);
    /// @notice The proof ends before its last sibling.
    error ProofTooShort(uint256 needed, uint256 length);
    /// @notice The nodes aren't pairs of an index below 2^depth, ascending, and a hash.
    error InvalidNodes();

    /// @dev Folds nodes to their root. `nodes` is the memory address of `count` >= 1 pairs (index, hash), 64 bytes each, with
    /// ascending indices below 2^depth; it is overwritten. `siblings` is an offset in the calldata, which the caller must
    /// check: `end`, the offset behind the last sibling read, may lie beyond the proof. `rest` is what is left of
    /// the bitmap and must be 0. `zeros` is a table of `Zero.table()`.
    function fold(
        uint256 nodes,
        uint256 count,
        uint256 height,
        uint256 depth,
        uint256 bitmap,
        uint256 siblings,
        uint256 zeros
    ) internal pure returns (bytes32 result, uint256 rest, uint256 end) {
        assembly ("memory-safe") {
            let last := add(nodes, shl(6, count))
            let zero := add(zeros, shl(5, height))
            let top := add(zero, shl(5, depth))
            // Levels with several nodes.
            for {} and(gt(sub(last, nodes), 64), lt(zero, top)) { zero := add(zero, 32) } {
                let write := nodes
                for { let read := nodes } lt(read, last) {} {
                    let index := mload(read)
                    // A node goes to the half of the pair that the lowest bit of its index says.
                    let side := shl(5, and(index, 1))
                    mstore(side, mload(add(read, 32)))
                    read := add(read, 64)
                    // Indices ascend, so a sibling in the set is the next node, and on the right.
                    switch and(lt(read, last), eq(mload(read), or(index, 1)))
                    case 1 {
                        mstore(32, mload(add(read, 32)))
                        read := add(read, 64)
                    }
                    default {
                        switch and(bitmap, 1)
                        case 1 {
                            mstore(xor(side, 32), calldataload(siblings))
                            siblings := add(siblings, 32)
                        }
                        default { mstore(xor(side, 32), mload(zero)) }
                        bitmap := shr(1, bitmap)
                    }
                    mstore(write, shr(1, index))
                    mstore(add(write, 32), keccak256(0, 64))
                    write := add(write, 64)
                }
                last := write
            }
            // One node is left: the levels up to the last sibling given, then those with zero subtrees only. The index is kept
            // shifted to the left, so that its lowest bit is the offset of the node's half.
            let index := shl(5, mload(nodes))
            result := mload(add(nodes, 32))
            rest := shr(shr(5, sub(top, zero)), bitmap)
            bitmap := xor(bitmap, shl(shr(5, sub(top, zero)), rest))
            for {} bitmap { zero := add(zero, 32) } {
                let side := and(index, 32)
                mstore(side, result)
                switch and(bitmap, 1)
                case 0 { mstore(xor(side, 32), mload(zero)) }
                default {
                    mstore(xor(side, 32), calldataload(siblings))
                    siblings := add(siblings, 32)
                }
                bitmap := shr(1, bitmap)
                index := shr(1, index)
                result := keccak256(0, 64)
            }
            // Two levels a round while there are two.
            for {} lt(add(zero, 32), top) { zero := add(zero, 64) } {
                let side := and(index, 32)
                mstore(side, result)
                mstore(xor(side, 32), mload(zero))
                side := and(shr(1, index), 32)
                mstore(side, keccak256(0, 64))
                mstore(xor(side, 32), mload(add(zero, 32)))
                result := keccak256(0, 64)
                index := shr(2, index)
            }
            if lt(zero, top) {
                let side := and(index, 32)
                mstore(side, result)
                mstore(xor(side, 32), mload(zero))
                result := keccak256(0, 64)
            }
            end := siblings
        }
    }

    /// @dev Two folds in one: as `fold` from height 0, but a node is an index and two hashes, 96 bytes. Beside the same siblings,
    /// the first hashes fold to `before` and the second to `after_`.
    function foldTwo(
        uint256 nodes,
        uint256 count,
        uint256 depth,
        uint256 bitmap,
        uint256 siblings,
        uint256 zeros
    ) internal pure returns (bytes32 before, bytes32 after_, uint256 rest, uint256 end) {
        assembly ("memory-safe") {
            let last := add(nodes, mul(96, count))
            let zero := zeros
            let top := add(zero, shl(5, depth))
            for {} and(gt(sub(last, nodes), 96), lt(zero, top)) { zero := add(zero, 32) } {
                let write := nodes
                for { let read := nodes } lt(read, last) {} {
                    let index := mload(read)
                    let side := shl(5, and(index, 1))
                    let other := xor(side, 32)
                    mstore(side, mload(add(read, 32)))
                    let second := mload(add(read, 64))
                    read := add(read, 96)
                    mstore(write, shr(1, index))
                    switch and(lt(read, last), eq(mload(read), or(index, 1)))
                    case 1 {
                        mstore(32, mload(add(read, 32)))
                        mstore(add(write, 32), keccak256(0, 64))
                        mstore(0, second)
                        mstore(32, mload(add(read, 64)))
                        read := add(read, 96)
                    }
                    default {
                        switch and(bitmap, 1)
                        case 1 {
                            mstore(other, calldataload(siblings))
                            siblings := add(siblings, 32)
                        }
                        default { mstore(other, mload(zero)) }
                        bitmap := shr(1, bitmap)
                        mstore(add(write, 32), keccak256(0, 64))
                        mstore(side, second)
                    }
                    mstore(add(write, 64), keccak256(0, 64))
                    write := add(write, 96)
                }
                last := write
            }
            let index := shl(5, mload(nodes))
            before := mload(add(nodes, 32))
            after_ := mload(add(nodes, 64))
            rest := shr(shr(5, sub(top, zero)), bitmap)
            bitmap := xor(bitmap, shl(shr(5, sub(top, zero)), rest))
            for {} bitmap { zero := add(zero, 32) } {
                let side := and(index, 32)
                mstore(side, before)
                switch and(bitmap, 1)
                case 0 { mstore(xor(side, 32), mload(zero)) }
                default {
                    mstore(xor(side, 32), calldataload(siblings))
                    siblings := add(siblings, 32)
                }
                before := keccak256(0, 64)
                mstore(side, after_)
                after_ := keccak256(0, 64)
                bitmap := shr(1, bitmap)
                index := shr(1, index)
            }
            for {} lt(add(zero, 32), top) { zero := add(zero, 64) } {
                let side := and(index, 32)
                let other := xor(side, 32)
                mstore(other, mload(zero))
                mstore(side, before)
                before := keccak256(0, 64)
                mstore(side, after_)
                after_ := keccak256(0, 64)
                side := and(shr(1, index), 32)
                other := xor(side, 32)
                mstore(other, mload(add(zero, 32)))
                mstore(side, before)
                before := keccak256(0, 64)
                mstore(side, after_)
                after_ := keccak256(0, 64)
                index := shr(2, index)
            }
            if lt(zero, top) {
                let side := and(index, 32)
                mstore(xor(side, 32), mload(zero))
                mstore(side, before)
                before := keccak256(0, 64)
                mstore(side, after_)
                after_ := keccak256(0, 64)
            }
            end := siblings
        }
    }

    /// @dev The root that a proof (bitmap of `bitmapBytes` <= 32 bytes, then siblings) gives to a set of nodes, and the number
    /// of bytes of `proof` it took. Reverts if the proof is too short or its bitmap has bits that nobody asked for.
    /// @param nodes Index and hash in turns, indices ascending and below 2^depth. Overwritten.
    function root(
        uint256[] memory nodes,
        uint256 height,
        uint256 depth,
        uint256 bitmapBytes,
        bytes calldata proof
    ) internal pure returns (bytes32 result, uint256 used) {
        uint256 count = nodes.length >> 1;
        if (count == 0 || nodes.length & 1 != 0 || bitmapBytes > 32 || height + depth > Zero.MAX_HEIGHT + 1) {
            revert InvalidNodes();
        }
        for (uint256 i = 0; i < count; i++) {
            if (nodes[2 * i] >> depth != 0) revert InvalidNodes();
            if (i > 0 && nodes[2 * i] <= nodes[2 * i - 2]) revert InvalidNodes();
        }
        if (proof.length < bitmapBytes) revert ProofTooShort(bitmapBytes, proof.length);
        uint256 bitmap;
        uint256 start;
        uint256 pairs;
        assembly ("memory-safe") {
            start := proof.offset
            bitmap := shr(sub(256, shl(3, bitmapBytes)), calldataload(start))
            pairs := add(nodes, 32)
        }
        // A shift by 256 gives 0, so an empty bitmap needs no case of its own.
        (bytes32 folded, uint256 rest, uint256 end) =
            fold(pairs, count, height, depth, bitmap, start + bitmapBytes, Zero.table());
        if (rest != 0) revert BitmapNotEmpty(rest);
        used = end - start;
        if (used > proof.length) revert ProofTooShort(used, proof.length);
        return (folded, used);
    }
}

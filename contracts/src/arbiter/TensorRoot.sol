// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Zero, ZERO_21} from "./Zero.sol";

/// @dev Longest content that `tensorRoot` takes, in bytes.
uint256 constant MAX_CONTENT_BYTES = 16384;

/// @notice The content is longer than a root is computed for on chain.
error ContentTooLong(uint256 length, uint256 limit);

/// @dev Root of a tensor: the tree of depth 21 over the 128-byte leaves of `content`, zero-extended. Reverts above 16 KiB.
function tensorRoot(bytes calldata content) pure returns (bytes32 root) {
    return content.length == 0 ? ZERO_21 : contentRoot(content, 21);
}

/// @dev Root of the tree of a depth of 7 or more over the 128-byte leaves of `content`, zero-extended. `content` has a byte at
/// least; reverts above 16 KiB.
function contentRoot(bytes calldata content, uint256 depth) pure returns (bytes32 root) {
    uint256 length = content.length;
    if (length > MAX_CONTENT_BYTES) revert ContentTooLong(length, MAX_CONTENT_BYTES);
    uint256 zeros = Zero.table();
    assembly ("memory-safe") {
        // The content, zero-extended to whole leaves, then one hash for each leaf written over its beginning: hash i
        // ends at 32 * (i + 1), below the start of every leaf that is still to be read.
        let data := mload(0x40)
        let count := shr(7, add(length, 127))
        calldatacopy(data, content.offset, length)
        calldatacopy(add(data, length), calldatasize(), sub(shl(7, count), length))
        for { let i := 0 } lt(i, count) { i := add(i, 1) } {
            mstore(add(data, shl(5, i)), keccak256(add(data, shl(7, i)), 128))
        }
        let top := add(zeros, shl(5, depth))
        for { let zero := zeros } lt(zero, top) { zero := add(zero, 32) } {
            if and(count, 1) {
                mstore(add(data, shl(5, count)), mload(zero))
                count := add(count, 1)
            }
            count := shr(1, count)
            for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                mstore(add(data, shl(5, i)), keccak256(add(data, shl(6, i)), 64))
            }
        }
        root := mload(data)
    }
}

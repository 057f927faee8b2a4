// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "../Commit.sol";
import {contentRoot, tensorRoot} from "../arbiter/TensorRoot.sol";

/// @title Outputs of a run, proven against its end
library Output {
    /// @dev Levels from a tensor's root to its group's, and from 16 KiB of a tensor to its root.
    uint256 private constant GROUP_DEPTH = 14;
    uint256 private constant TENSOR_DEPTH = 14;
    uint256 private constant CONTENT_DEPTH = 7;

    /// @dev The first slot of a group that isn't in it.
    uint256 internal constant SLOTS = 1 << GROUP_DEPTH;

    error WrongOutputProof(uint256 siblings);

    /// @dev Root of an outputs group that has `content`, zero-extended, in this slot. `siblings`: none if the tensor is the only
    /// output, in slot 0; 14 from its root up; or 28 from the root of its first 16 KiB up, if it is longer.
    function outputsRoot(uint256 slot, bytes calldata content, bytes32[] calldata siblings)
        internal
        pure
        returns (bytes32)
    {
        uint256 count = siblings.length;
        if (count == 0 && slot == 0) return Commit.inputsRoot(tensorRoot(content));
        if (count == GROUP_DEPTH) return Commit.pathRoot(tensorRoot(content), slot, siblings);
        if (count == GROUP_DEPTH + TENSOR_DEPTH && content.length > 0) {
            return Commit.pathRoot(contentRoot(content, CONTENT_DEPTH), slot << TENSOR_DEPTH, siblings);
        }
        revert WrongOutputProof(count);
    }
}

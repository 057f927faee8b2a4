// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IArbiter} from "../../src/IArbiters.sol";

/// @dev A machine that counts: state i of a run from `start` is keccak256(start, code root, i), and the run halts after
/// `length` steps with an output that `start` decides. A witness is `start`.
contract CountingArbiter is IArbiter {
    uint64 public immutable length;

    constructor(uint64 length_) {
        length = length_;
    }

    function step(bytes32 codeRoot, uint64 position, bytes calldata witness)
        external
        view
        returns (bytes32 previous, bytes32 next)
    {
        bytes32 start = abi.decode(witness, (bytes32));
        return (state(start, codeRoot, position), state(start, codeRoot, uint256(position) + 1));
    }

    function state(bytes32 start, bytes32 codeRoot, uint256 position) public view returns (bytes32) {
        if (position == 0) return start;
        if (position >= length) return keccak256(abi.encodePacked(uint8(2), output(start)));
        return keccak256(abi.encode(start, codeRoot, position));
    }

    /// @dev Root that a run leaves in the output slot.
    function output(bytes32 start) public pure returns (bytes32) {
        return keccak256(abi.encode("output", start));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Runs in one claim.
uint256 constant MAX_BATCH = 4096;

/// @dev No run of the machine is longer.
uint64 constant MACHINE_LIMIT = 1 << 48;

/// @dev Parts of a dissection that a deployment may choose.
uint256 constant LEAST_PARTS = 16;
uint256 constant MOST_PARTS = 64;

/// @dev What a challenge counts among its challenger's moves: with the settlement of its game it costs as much as four selections.
uint256 constant CHALLENGE_MOVES = 4;

/// @dev Moves of one challenger in one game at most: the challenge, and its selections in a graph of 2^52 + 1 steps (14 at 16 parts)
/// and in a machine's run of 2^48 (12).
uint256 constant MOST_MOVES = CHALLENGE_MOVES + 26;

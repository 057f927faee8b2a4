// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Descent, GraphOutcome, GraphStep} from "./Types.sol";

/// @title One step of the graph
interface IGraphArbiter {
    /// @notice What follows a graph state. Reverts if the descent isn't a proof about that state and program.
    function judge(GraphStep calldata step, Descent calldata descent)
        external
        view
        returns (GraphOutcome memory outcome);
}

/// @title One step of the machine
interface IArbiter {
    /// @notice Executes one step from its witness; reverts if it is malformed.
    function step(bytes32 codeRoot, uint64 position, bytes calldata witness)
        external
        view
        returns (bytes32 previous, bytes32 next);
}

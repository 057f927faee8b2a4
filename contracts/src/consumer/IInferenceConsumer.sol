// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who asks for runs and is told what they came to
/// @notice Called by Requests alone, about the contract's own requests alone, when the result is final; once with success.
interface IInferenceConsumer {
    /// @param id IRequests.idOf the request.
    /// @param output As many bytes as were asked for.
    /// @param data What was given with the request.
    function inferenceResult(bytes32 id, bytes calldata output, bytes calldata data) external;

    /// @notice The run ended in FAILED: that is its result, and there is no output.
    function inferenceFailed(bytes32 id, bytes calldata data) external;
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRequests, Order, RequestStatus} from "../IRequests.sol";
import {IInferenceConsumer} from "./IInferenceConsumer.sol";

/// @title Base of contracts that act on what a model says
/// @notice docs/consumers.md is the guide.
abstract contract InferenceConsumer is IInferenceConsumer {
    /// @notice Only the contract that holds the requests may say what they came to.
    error OnlyRequests(address sender);
    /// @notice Not asked for, or answered already.
    error NotPending(bytes32 id);
    error NotRefunded(bytes32 id, RequestStatus status);

    enum Inference {
        None,
        Pending,
        Answered,
        Failed,
        Refunded
    }

    IRequests public immutable REQUESTS;

    mapping(bytes32 id => Inference) private _inferences;

    constructor(IRequests requests) {
        REQUESTS = requests;
    }

    /// @dev Asks for a run. The fee, if it is in the chain's own coin, is paid by this contract; if it is in a token, this contract must
    /// have approved it.
    /// @param value Coins to pay: the fee, or 0 for an offer in a token.
    /// @param data Comes back with the result.
    function requestInference(Order memory order, bytes memory input, bytes memory data, uint256 value)
        internal
        returns (bytes32 id, uint64 number)
    {
        number = REQUESTS.request{value: value}(order, input, data);
        id = REQUESTS.idOf(order.offer, number);
        _inferences[id] = Inference.Pending;
    }

    /// @dev The result, when nobody can change it any more. If this reverts anyone may try again.
    function onInferenceResult(bytes32 id, bytes calldata output, bytes calldata data) internal virtual;

    /// @dev The model failed on this input, and always will.
    function onInferenceError(bytes32 id, bytes calldata data) internal virtual;

    /// @inheritdoc IInferenceConsumer
    function inferenceResult(bytes32 id, bytes calldata output, bytes calldata data) external {
        _answered(id, Inference.Answered);
        onInferenceResult(id, output, data);
    }

    /// @inheritdoc IInferenceConsumer
    function inferenceFailed(bytes32 id, bytes calldata data) external {
        _answered(id, Inference.Failed);
        onInferenceError(id, data);
    }

    function _answered(bytes32 id, Inference to) private {
        if (msg.sender != address(REQUESTS)) revert OnlyRequests(msg.sender);
        _end(id, to);
    }

    function _end(bytes32 id, Inference to) private {
        if (_inferences[id] != Inference.Pending) revert NotPending(id);
        _inferences[id] = to;
    }

    /// @dev Notes, once, that nobody has claimed a request in time and that its fee is this contract's again; `withdrawFees` fetches it.
    function refundedInference(bytes32 offer, uint64 number) internal returns (bytes32 id) {
        id = REQUESTS.idOf(offer, number);
        RequestStatus status = REQUESTS.statusOf(offer, number);
        if (status != RequestStatus.Refunded) revert NotRefunded(id, status);
        _end(id, Inference.Refunded);
    }

    /// @dev Moves what Requests owes this contract in a token, or (0) in the chain's own coin.
    function withdrawFees(address token, address to) internal {
        REQUESTS.withdrawTo(token, to);
    }

    /// @notice What a request should pay under an offer.
    function estimateFee(bytes32 offer, uint32 callbackGas) public view returns (uint256) {
        return REQUESTS.estimateFee(offer, callbackGas);
    }

    function inferenceOf(bytes32 id) public view returns (Inference) {
        return _inferences[id];
    }

    /// @notice Whether the result has come in. There is none before it is final.
    function isFinal(bytes32 id) public view returns (bool) {
        Inference state = _inferences[id];
        return state == Inference.Answered || state == Inference.Failed;
    }
}

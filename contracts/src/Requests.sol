// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {IPinpoint} from "./IPinpoint.sol";
import {Delivery, DeliveryStatus, IRequests, Order, RequestStatus} from "./IRequests.sol";
import {Request, Terms} from "./Types.sol";
import {MAX_CONTENT_BYTES, tensorRoot} from "./arbiter/TensorRoot.sol";
import {Batches} from "./requests/Batches.sol";
import {Deliveries} from "./requests/Deliveries.sol";
import {Output} from "./requests/Output.sol";
import {Tokens} from "./requests/Tokens.sol";

/// @title Requests made and paid on the chain
/// @notice docs/consumers.md is the guide. Nobody owns it and nothing in it can be changed.
contract Requests is Deliveries {
    /// @dev 4,096 fees sum to less than 2^128.
    uint256 private constant MAX_FEE = type(uint112).max;
    uint256 private constant MAX_DATA_BYTES = 4096;
    /// @dev A delivery with all that belongs to it must fit into a transaction.
    uint256 private constant MAX_CALLBACK_GAS = 5_000_000;
    /// @dev A delivery without its callback.
    uint256 private constant DELIVERY_GAS = 200_000;

    bool private transient _requesting;

    constructor(IPinpoint pinpoint) Batches(pinpoint) {}

    /// @inheritdoc IRequests
    function request(Order calldata order, bytes calldata input, bytes calldata data)
        external
        payable
        returns (uint64 number)
    {
        // A token that calls back would be counted twice.
        if (_requesting) revert Reentered();
        _requesting = true;
        (bytes32 model, Terms memory terms) = REGISTRY.getOffer(order.offer);
        _check(order, data);
        Request memory made = Request({
            requester: msg.sender,
            nonce: 0,
            model: model,
            iterations: order.iterations,
            inputsRoot: _inputsRoot(order.inputsRoot, input),
            fee: uint128(_collect(terms, order.fee)),
            deadline: order.deadline
        });
        Queue storage queue = queues[order.offer];
        number = queue.count;
        if (number == 0) {
            queue.token = terms.token;
            queue.commitDelay = terms.commitDelay;
            queue.commits = terms.submitter == address(0) || terms.commitDelay != 0;
        }
        queue.count = number + 1;
        made.nonce = number;
        bytes32 hash = Commit.request(address(PINPOINT), made);
        uint256 fee = made.fee;
        if (order.outputBytes != 0) {
            fee = 0;
            deliveries[order.offer][number] = Delivery(
                order.callbackGas,
                order.outputBytes,
                order.outputSlot,
                DeliveryStatus.None,
                bytes23(keccak256(data))
            );
        }
        _enter(order.offer, number, hash, fee, order.deadline);
        emit Requested(
            order.offer,
            number,
            msg.sender,
            hash,
            made,
            order.outputBytes,
            order.outputSlot,
            order.callbackGas,
            input,
            data
        );
        _requesting = false;
    }

    /// @dev A request that couldn't be run would convict its submitter.
    function _check(Order calldata order, bytes calldata data) private view {
        (, uint32 maxIterations,) = REGISTRY.rulesOf(order.offer);
        if (order.iterations == 0 || order.iterations > maxIterations) {
            revert IterationsOutOfRange(order.iterations, maxIterations);
        }
        if (order.deadline <= block.timestamp) revert DeadlinePassed(order.deadline, block.timestamp);
        _checkMost("outputBytes", order.outputBytes, MAX_CONTENT_BYTES);
        _checkMost("outputSlot", order.outputSlot, Output.SLOTS - 1);
        // Without an output there is nothing to call back with.
        _checkMost("callbackGas", order.callbackGas, order.outputBytes == 0 ? 0 : MAX_CALLBACK_GAS);
        _checkMost("data", data.length, MAX_DATA_BYTES);
    }

    function _checkMost(string memory name, uint256 value, uint256 most) private pure {
        if (value > most) revert DeliveryOutOfRange(name, value, most);
    }

    function _inputsRoot(bytes32 given, bytes calldata input) private pure returns (bytes32 root) {
        root = given;
        if (input.length > 0) {
            root = Commit.inputsRoot(tensorRoot(input));
            if (given != 0 && given != root) revert InputsMismatch(root, given);
        }
        // Nobody knows what it would be the root of.
        if (root == 0) revert InputsMismatch(0, 0);
    }

    /// @dev What arrived of the fee.
    function _collect(Terms memory terms, uint256 wanted) private returns (uint256 fee) {
        if (terms.token == address(0)) {
            fee = msg.value;
        } else {
            if (msg.value != 0) revert CoinsNotWanted(msg.value);
            fee = wanted == 0 ? 0 : Tokens.take(terms.token, msg.sender, wanted);
        }
        if (fee < terms.fee || fee > MAX_FEE) revert FeeOutOfRange(fee, terms.fee, MAX_FEE);
    }

    /// @inheritdoc IRequests
    function refund(bytes32 offer, uint64 number, Request calldata request_) external {
        _checkHeld(offer, number, Commit.request(address(PINPOINT), request_));
        _retire(offer, number);
        emit Refunded(offer, number, request_.requester, request_.fee);
        _credit(queues[offer].token, request_.requester, request_.fee);
    }

    /// @inheritdoc IRequests
    function statusOf(bytes32 offer, uint64 number) external view returns (RequestStatus) {
        if (number >= queues[offer].count) return RequestStatus.None;
        if (isFinal(offer, number)) return RequestStatus.Final;
        uint256 deadline = deadlineOf(offer, number);
        if (deadline == 0) return RequestStatus.Refunded;
        if (!_isClaimable(offer, number)) return RequestStatus.Claimed;
        return block.timestamp < deadline ? RequestStatus.Open : RequestStatus.Overdue;
    }

    /// @inheritdoc IRequests
    function quote(bytes32 offer) public view returns (address token, uint128 fee) {
        (, Terms memory terms) = REGISTRY.getOffer(offer);
        return (terms.token, terms.fee);
    }

    /// @inheritdoc IRequests
    function estimateFee(bytes32 offer, uint32 callbackGas) external view returns (uint256 fee) {
        address token;
        (token, fee) = quote(offer);
        if (token == address(0) && callbackGas != 0) {
            fee += (DELIVERY_GAS + callbackGas) * 2 * block.basefee;
        }
    }
}

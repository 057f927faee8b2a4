// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "../Commit.sol";
import {IInferenceConsumer} from "../consumer/IInferenceConsumer.sol";
import {Delivery, DeliveryStatus, IRequests} from "../IRequests.sol";
import {Claim, Leaf, Request} from "../Types.sol";
import {Batches} from "./Batches.sol";
import {Output} from "./Output.sol";

/// @title Results on record, outputs delivered
abstract contract Deliveries is Batches {
    /// @dev How long after a claim was settled only its submitter is paid for deliveries.
    uint256 private constant DELIVERY_GRACE = 1 days;
    /// @dev More than what a call costs beside the gas that it hands on.
    uint256 private constant CALL_COST = 3_000;

    mapping(bytes32 offer => mapping(uint64 number => bytes32)) private _ends;
    mapping(bytes32 offer => mapping(uint64 number => Delivery)) internal deliveries;

    /// @inheritdoc IRequests
    function record(Claim calldata claim_, Leaf calldata leaf) external {
        (bytes32 claimId, uint64 number) = _finalLeaf(claim_, leaf);
        _record(claim_.offer, number, claimId, leaf.end);
    }

    function _record(bytes32 offer, uint64 number, bytes32 claimId, bytes32 end) private {
        if (_ends[offer][number] != 0) return;
        _ends[offer][number] = end;
        emit Recorded(offer, number, claimId, end);
    }

    /// @inheritdoc IRequests
    function deliver(
        Claim calldata claim_,
        Leaf calldata leaf,
        Request calldata request_,
        bytes calldata content,
        bytes32[] calldata siblings,
        bytes calldata data
    ) external {
        (bytes32 claimId, uint64 number) = _finalLeaf(claim_, leaf);
        bytes32 offer = claim_.offer;
        _checkHeld(offer, number, Commit.request(address(PINPOINT), request_));
        Delivery memory wanted = deliveries[offer][number];
        if (wanted.outputBytes == 0 || wanted.status == DeliveryStatus.Done) {
            revert NotDeliverable(offer, number, wanted.status);
        }
        if (bytes23(keccak256(data)) != wanted.dataHash) revert DataMismatch(offer, number);
        bytes calldata output = _checkOutput(leaf.end, wanted, content, siblings);

        deliveries[offer][number].status = DeliveryStatus.Done;
        if (wanted.status == DeliveryStatus.None) {
            _record(offer, number, claimId, leaf.end);
            address payee = _payee(claim_.submitter, claimId);
            emit Delivered(offer, number, claimId, output.length == 0, output, payee, request_.fee);
            _credit(queues[offer].token, payee, request_.fee);
        }
        if (wanted.callbackGas == 0) return;
        bytes32 id = idOf(offer, number);
        bool succeeded = _callBack(
            request_.requester,
            wanted,
            output.length == 0
                ? abi.encodeCall(IInferenceConsumer.inferenceFailed, (id, data))
                : abi.encodeCall(IInferenceConsumer.inferenceResult, (id, output, data))
        );
        if (!succeeded) deliveries[offer][number].status = DeliveryStatus.CallbackFailed;
        emit CalledBack(offer, number, request_.requester, succeeded);
    }

    /// @dev What of the content is wanted; nothing if the run failed. A tensor's root doesn't say how long it is, so without the
    /// length that the requester named, zeros could be left off and put on.
    function _checkOutput(
        bytes32 end,
        Delivery memory wanted,
        bytes calldata content,
        bytes32[] calldata siblings
    ) private pure returns (bytes calldata) {
        if (end == Commit.graphFailed()) {
            if (content.length != 0) {
                revert OutputMismatch(keccak256(content), end);
            }
            return content;
        }
        if (content.length < wanted.outputBytes) revert OutputTooShort(content.length, wanted.outputBytes);
        _checkContent(end, wanted.outputSlot, content, siblings);
        return content[:wanted.outputBytes];
    }

    function _checkContent(bytes32 end, uint256 slot, bytes calldata content, bytes32[] calldata siblings)
        private
        pure
    {
        bytes32 computed = Commit.graphDone(Output.outputsRoot(slot, content, siblings));
        if (computed != end) revert OutputMismatch(computed, end);
    }

    /// @dev A submitter that is paid without delivering would leave its consumers waiting.
    function _payee(address submitter, bytes32 claimId) private view returns (address) {
        uint256 settledAt = standingOf(claimId).settledAt;
        bool late = settledAt != 0 && block.timestamp >= settledAt + DELIVERY_GRACE;
        return late ? msg.sender : submitter;
    }

    /// @dev A first call gets the gas that was asked for, so that its price is known; later ones all that there is. What the consumer
    /// returns isn't read.
    function _callBack(address consumer, Delivery memory wanted, bytes memory call_)
        private
        returns (bool succeeded)
    {
        if (consumer.code.length == 0) return false;
        uint256 left = gasleft();
        // A call gets at most 63/64 of what is left (EIP-150). With less than it asked for the consumer would fail by the caller's fault.
        if (left - left / 64 < uint256(wanted.callbackGas) + CALL_COST) {
            revert NotEnoughGas(left, wanted.callbackGas);
        }
        uint256 limit = wanted.status == DeliveryStatus.None ? wanted.callbackGas : left;
        assembly ("memory-safe") {
            succeeded := call(limit, consumer, 0, add(call_, 32), mload(call_), 0, 0)
        }
    }

    /// @inheritdoc IRequests
    function resultIn(Claim calldata claim_, Leaf calldata leaf) external view returns (uint64 number) {
        (, number) = _finalLeaf(claim_, leaf);
    }

    /// @inheritdoc IRequests
    function outputIn(
        Claim calldata claim_,
        Leaf calldata leaf,
        uint16 slot,
        bytes calldata content,
        bytes32[] calldata siblings
    ) external view returns (uint64 number) {
        (, number) = _finalLeaf(claim_, leaf);
        if (slot >= Output.SLOTS) revert DeliveryOutOfRange("slot", slot, Output.SLOTS - 1);
        _checkContent(leaf.end, slot, content, siblings);
    }

    /// @inheritdoc IRequests
    function isFinal(bytes32 offer, uint64 number) public view returns (bool) {
        return _ends[offer][number] != 0;
    }

    /// @inheritdoc IRequests
    function resultOf(bytes32 offer, uint64 number) external view returns (bytes32) {
        return _ends[offer][number];
    }

    /// @inheritdoc IRequests
    function deliveryOf(bytes32 offer, uint64 number) external view returns (Delivery memory) {
        return deliveries[offer][number];
    }
}

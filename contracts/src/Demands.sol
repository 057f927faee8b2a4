// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {IDemands} from "./IDemands.sol";
import {IPinpoint} from "./IPinpoint.sol";
import {IRegistry} from "./IRegistry.sol";
import {Money} from "./Money.sol";
import {Claim, ClaimState, ClaimStatus, DemandState, DemandStatus, Leaf, Request, Rules} from "./Types.sol";
import {illFormed} from "./WellFormed.sol";
import {MAX_CONTENT_BYTES, contentRoot} from "./arbiter/TensorRoot.sol";

/// @title Demands for the data of a claim
/// @notice docs/protocol.md is the specification.
contract Demands is IDemands, Money {
    uint8 private constant REQUEST = 0;
    uint8 private constant INPUT = 1;
    /// @dev Depth of the tree over 16 KiB of leaves, and levels from there to the inputs group's root (14 + 21 - 7).
    uint256 private constant CONTENT_DEPTH = 7;
    uint256 private constant NODE_DEPTH = 28;
    /// @dev Of the window: how long before its end demands may be made, and how long there is to answer.
    uint256 private constant DEMAND_SHARE = 2;
    uint256 private constant ANSWER_SHARE = 4;

    IPinpoint public immutable PINPOINT;
    IRegistry private immutable REGISTRY;

    mapping(bytes32 demandId => DemandState) private _demands;

    constructor(IPinpoint pinpoint) {
        // Else it would never be heard.
        if (pinpoint.DEMANDS() != address(this)) revert IPinpoint.OnlyDemands(address(this));
        PINPOINT = pinpoint;
        REGISTRY = pinpoint.REGISTRY();
    }

    /// @inheritdoc IDemands
    function demandRequest(Claim calldata claim_, bytes32 requestHash, Leaf calldata leaf)
        external
        payable
        returns (bytes32)
    {
        if (claim_.source != address(0)) revert RequestIsKnown(claim_.source);
        return _demand(claim_, requestHash, leaf, REQUEST, requestHash, 0);
    }

    /// @inheritdoc IDemands
    function demandInput(Claim calldata claim_, Request calldata request, Leaf calldata leaf, uint32 node)
        external
        payable
        returns (bytes32)
    {
        if (node >> NODE_DEPTH != 0) revert NodeOutOfRange(node, (1 << NODE_DEPTH) - 1);
        bytes32 requestHash = Commit.request(address(PINPOINT), request);
        return _demand(claim_, requestHash, leaf, INPUT, request.inputsRoot, node);
    }

    function _demand(
        Claim calldata claim_,
        bytes32 requestHash,
        Leaf calldata leaf,
        uint8 kind,
        bytes32 wanted,
        uint32 node
    ) private returns (bytes32 demandId) {
        (bytes32 claimId, ClaimState memory state, Rules memory rules) =
            PINPOINT.hold(claim_, requestHash, leaf);
        uint256 bond = uint256(rules.challengeBond) * 1 gwei;
        if (msg.value != bond) revert WrongDemandBond(msg.value, bond);
        if (msg.sender == state.submitter) revert OwnClaim(msg.sender);
        uint256 until = state.windowEnds - rules.window / DEMAND_SHARE;
        if (block.timestamp >= until) revert TooLateToDemand(until, block.timestamp);
        demandId = Commit.demand(claimId, kind, leaf.index, wanted, node);
        DemandState storage stored = _demands[demandId];
        if (stored.status != DemandStatus.None) revert DemandExists(demandId);
        _open(msg.sender);
        uint32 deadline = uint32(block.timestamp + rules.window / ANSWER_SHARE);
        _demands[demandId] = DemandState(claimId, msg.sender, deadline, DemandStatus.Open);
        emit Demanded(demandId, claimId, msg.sender, kind, leaf.index, wanted, node, deadline);
    }

    /// @inheritdoc IDemands
    function showRequest(Claim calldata claim_, uint32 index, Request calldata request) external {
        (bytes32 model, uint32 maxIterations,) = REGISTRY.rulesOf(claim_.offer);
        bytes32 wanted = Commit.request(address(PINPOINT), request);
        if (illFormed(address(0), request, model, maxIterations)) revert IllFormedRequest(wanted);
        bytes32 demandId = _answered(claim_, REQUEST, index, wanted, 0);
        emit RequestShown(demandId, msg.sender, request);
    }

    /// @inheritdoc IDemands
    function showInput(
        Claim calldata claim_,
        uint32 index,
        uint32 node,
        bytes32 inputsRoot,
        bytes calldata content,
        bytes32[] calldata siblings
    ) external {
        if (content.length == 0) revert WrongContentLength(0, MAX_CONTENT_BYTES);
        if (siblings.length != NODE_DEPTH) revert WrongSiblingCount(siblings.length, NODE_DEPTH);
        bytes32 root = Commit.pathRoot(contentRoot(content, CONTENT_DEPTH), node, siblings);
        if (root != inputsRoot) revert ContentMismatch(root, inputsRoot);
        bytes32 demandId = _answered(claim_, INPUT, index, inputsRoot, node);
        emit InputShown(demandId, msg.sender, content);
    }

    function _answered(Claim calldata claim_, uint8 kind, uint32 index, bytes32 wanted, uint32 node)
        private
        returns (bytes32 demandId)
    {
        bytes32 claimId = Commit.claim(address(PINPOINT), claim_);
        demandId = Commit.demand(claimId, kind, index, wanted, node);
        DemandState storage stored = _openDemand(demandId);
        if (block.timestamp >= stored.deadline) revert DemandOverdue(stored.deadline, block.timestamp);
        ClaimStatus status = PINPOINT.getClaim(claimId).status;
        // The bond of a demand about a fallen claim is the demander's.
        if (status != ClaimStatus.Open) revert IPinpoint.ClaimNotOpen(claimId, status);
        stored.status = DemandStatus.Answered;
        PINPOINT.release(claimId);
        // Not the sender: an answer that waits for its block can be copied by anyone, the demander too.
        _credit(claim_.submitter, _bond(claim_));
    }

    function _openDemand(bytes32 demandId) private view returns (DemandState storage stored) {
        stored = _demands[demandId];
        if (stored.status != DemandStatus.Open) revert DemandNotOpen(demandId, stored.status);
    }

    function _bond(Claim calldata claim_) private view returns (uint256) {
        return uint256(REGISTRY.getRules(claim_.offer).challengeBond) * 1 gwei;
    }

    /// @dev Returns the bond of a demand that ends with its claim.
    function _return(Claim calldata claim_, bytes32 demandId, DemandState storage stored, bool felled)
        private
    {
        uint256 bond = _bond(claim_);
        emit DemandSettled(demandId, stored.claimId, stored.demander, felled, bond);
        _credit(stored.demander, bond);
    }

    function _checkClaim(Claim calldata claim_, DemandState storage stored) private view {
        bytes32 claimId = Commit.claim(address(PINPOINT), claim_);
        if (stored.claimId != claimId) revert ClaimMismatch(claimId, stored.claimId);
    }

    /// @inheritdoc IDemands
    function fell(Claim calldata claim_, bytes32 demandId) external {
        DemandState storage stored = _openDemand(demandId);
        _checkClaim(claim_, stored);
        if (block.timestamp < stored.deadline) revert DemandPending(stored.deadline, block.timestamp);
        stored.status = DemandStatus.Unanswered;
        _return(claim_, demandId, stored, true);
        PINPOINT.fell(claim_, demandId, stored.demander, msg.sender);
    }

    /// @inheritdoc IDemands
    function settleDemand(Claim calldata claim_, bytes32 demandId) external {
        DemandState storage stored = _openDemand(demandId);
        _checkClaim(claim_, stored);
        ClaimStatus status = PINPOINT.getClaim(stored.claimId).status;
        if (status != ClaimStatus.Fallen) revert NotMoot(demandId, stored.status, status);
        stored.status = DemandStatus.Settled;
        PINPOINT.release(stored.claimId);
        _return(claim_, demandId, stored, false);
    }

    /// @inheritdoc IDemands
    function getDemand(bytes32 demandId) external view returns (DemandState memory) {
        return _demands[demandId];
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {Games} from "./Games.sol";
import {IPinpoint} from "./IPinpoint.sol";
import {
    Claim,
    ClaimState,
    ClaimStatus,
    DemandState,
    DemandStatus,
    Leaf,
    Request,
    Rules
} from "./Types.sol";
import {MAX_CONTENT_BYTES, contentRoot} from "./arbiter/TensorRoot.sol";

/// @title What nobody shows can't be checked: demands for the data of a claim
/// @dev A demand is made in the first half of the window and answered within a quarter of it, so a quarter is left to challenge:
/// demands never delay a claim. Who answers gets the demand's bond, which pays for putting the data on the chain.
abstract contract Demands is Games {
    uint8 private constant REQUEST = 0;
    uint8 private constant INPUT = 1;
    /// @dev Depth of the tree over 16 KiB of leaves, and levels from there to the inputs group's root (14 + 21 - 7).
    uint256 private constant CONTENT_DEPTH = 7;
    uint256 private constant NODE_DEPTH = 28;
    /// @dev Of the window: how long after its start demands may be made, and how long there is to answer.
    uint256 private constant DEMAND_SHARE = 2;
    uint256 private constant ANSWER_SHARE = 4;

    mapping(bytes32 demandId => DemandState) internal demands;

    /// @inheritdoc IPinpoint
    function demandRequest(Claim calldata claim_, bytes32 requestHash, Leaf calldata leaf)
        external
        payable
        returns (bytes32)
    {
        if (claim_.source != address(0)) revert RequestIsKnown(claim_.source);
        return _demand(claim_, requestHash, leaf, REQUEST, requestHash, 0);
    }

    /// @inheritdoc IPinpoint
    function demandInput(Claim calldata claim_, Request calldata request, Leaf calldata leaf, uint32 node)
        external
        payable
        returns (bytes32)
    {
        if (node >> NODE_DEPTH != 0) revert NodeOutOfRange(node, (1 << NODE_DEPTH) - 1);
        return
            _demand(claim_, Commit.request(address(this), request), leaf, INPUT, request.inputsRoot, node);
    }

    function _demand(
        Claim calldata claim_,
        bytes32 requestHash,
        Leaf calldata leaf,
        uint8 kind,
        bytes32 wanted,
        uint32 node
    ) private returns (bytes32 demandId) {
        (bytes32 claimId, ClaimState storage state) = _openClaim(claim_);
        _checkLeaf(claim_, requestHash, leaf);
        Rules memory rules = REGISTRY.getRules(claim_.offer);
        uint256 bond = uint256(rules.challengeBond) * 1 gwei;
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        if (msg.sender == state.submitter) revert SelfChallenge(msg.sender);
        uint256 until = state.windowEnds - rules.window / DEMAND_SHARE;
        if (block.timestamp >= until) revert TooLateToDemand(until, block.timestamp);
        demandId = Commit.demand(claimId, kind, leaf.index, wanted, node);
        DemandState storage stored = demands[demandId];
        if (stored.status != DemandStatus.None) revert DemandExists(demandId);
        state.open += 1;
        _open(msg.sender);
        uint32 deadline = uint32(block.timestamp + rules.window / ANSWER_SHARE);
        stored.claimId = claimId;
        stored.demander = msg.sender;
        stored.deadline = deadline;
        stored.status = DemandStatus.Open;
        emit Demanded(demandId, claimId, msg.sender, kind, leaf.index, wanted, node, deadline);
    }

    /// @inheritdoc IPinpoint
    function showRequest(Claim calldata claim_, uint32 index, Request calldata request) external {
        (bytes32 claimId, ClaimState storage state) = _openClaim(claim_);
        (bytes32 model, uint32 maxIterations, Rules memory rules) = REGISTRY.rulesOf(claim_.offer);
        bytes32 wanted = Commit.request(address(this), request);
        // A submitter who has claimed what can't be run has no answer.
        if (_illFormed(address(0), request, model, maxIterations)) revert IllFormedRequest(wanted);
        bytes32 demandId = Commit.demand(claimId, REQUEST, index, wanted, 0);
        _answered(state, demandId, rules);
        emit RequestShown(demandId, msg.sender, request);
    }

    /// @inheritdoc IPinpoint
    function showInput(
        Claim calldata claim_,
        uint32 index,
        uint32 node,
        bytes32 inputsRoot,
        bytes calldata content,
        bytes32[] calldata siblings
    ) external {
        (bytes32 claimId, ClaimState storage state) = _openClaim(claim_);
        bytes32 demandId = Commit.demand(claimId, INPUT, index, inputsRoot, node);
        if (content.length == 0) revert WrongContentLength(0, MAX_CONTENT_BYTES);
        if (siblings.length != NODE_DEPTH) revert WrongSiblingCount(siblings.length, NODE_DEPTH);
        bytes32 root = Commit.pathRoot(contentRoot(content, CONTENT_DEPTH), node, siblings);
        if (root != inputsRoot) revert ContentMismatch(root, inputsRoot);
        _answered(state, demandId, REGISTRY.getRules(claim_.offer));
        emit InputShown(demandId, msg.sender, content);
    }

    function _answered(ClaimState storage state, bytes32 demandId, Rules memory rules) private {
        DemandState storage stored = demands[demandId];
        if (stored.status != DemandStatus.Open) revert DemandNotOpen(demandId, stored.status);
        if (block.timestamp >= stored.deadline) revert DemandOverdue(stored.deadline, block.timestamp);
        stored.status = DemandStatus.Answered;
        state.open -= 1;
        _credit(msg.sender, uint256(rules.challengeBond) * 1 gwei);
    }

    /// @inheritdoc IPinpoint
    function fell(Claim calldata claim_, bytes32 demandId) external {
        (bytes32 claimId, ClaimState storage state) = _openClaim(claim_);
        DemandState storage stored = demands[demandId];
        if (stored.status != DemandStatus.Open) revert DemandNotOpen(demandId, stored.status);
        if (stored.claimId != claimId) revert ClaimMismatch(claimId, stored.claimId);
        if (block.timestamp < stored.deadline) revert DemandPending(stored.deadline, block.timestamp);
        stored.status = DemandStatus.Unanswered;
        state.open -= 1;
        Rules memory rules = REGISTRY.getRules(claim_.offer);
        uint256 toCaller = uint256(rules.claimBond) * 1 gwei / CALLER_SHARE;
        _fall(claimId, state, rules, demandId, stored.demander, toCaller, 0);
        _credit(msg.sender, toCaller);
        _credit(stored.demander, uint256(rules.challengeBond) * 1 gwei);
    }

    /// @inheritdoc IPinpoint
    function settleDemand(Claim calldata claim_, bytes32 demandId) external {
        bytes32 claimId = Commit.claim(address(this), claim_);
        ClaimState storage state = claims[claimId];
        DemandState storage stored = demands[demandId];
        if (stored.claimId != claimId) revert ClaimMismatch(claimId, stored.claimId);
        if (stored.status != DemandStatus.Open || state.status != ClaimStatus.Fallen) {
            revert NotMoot(demandId, uint8(stored.status), state.status);
        }
        stored.status = DemandStatus.Settled;
        state.open -= 1;
        uint256 bond = uint256(REGISTRY.getRules(claim_.offer).challengeBond) * 1 gwei;
        emit Settled(demandId, claimId, stored.demander, bond, 0, 0);
        _credit(stored.demander, bond);
    }

    /// @inheritdoc IPinpoint
    function getDemand(bytes32 demandId) external view returns (DemandState memory) {
        return demands[demandId];
    }
}

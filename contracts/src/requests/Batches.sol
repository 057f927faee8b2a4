// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "../Commit.sol";
import {IPinpoint} from "../IPinpoint.sol";
import {Committed, IRequests, Standing} from "../IRequests.sol";
import {IRegistry} from "../IRegistry.sol";
import {MAX_BATCH} from "../Limits.sol";
import {Claim, ClaimStatus, Leaf} from "../Types.sol";
import {Book} from "./Book.sol";
import {TokenMoney} from "./TokenMoney.sol";

/// @title Claims of ranges of requests
/// @dev Of all claims about a request at most one is open or final: who claims it takes it out of what can be claimed, and only the
/// claim's fall puts it back, once.
abstract contract Batches is Book, TokenMoney {
    /// @inheritdoc IRequests
    IPinpoint public immutable override PINPOINT;
    IRegistry internal immutable REGISTRY;

    mapping(bytes32 commitment => Committed) private _commitments;
    mapping(bytes32 claimId => Standing) private _standings;
    /// @dev 256 to a word: requests of a fallen claim that can be claimed again, or have been.
    mapping(bytes32 claimId => mapping(uint256 word => uint256)) private _reopened;

    constructor(IPinpoint pinpoint) {
        PINPOINT = pinpoint;
        REGISTRY = pinpoint.REGISTRY();
    }

    /// @inheritdoc IRequests
    function commit(bytes32 commitment) external {
        // Else a copy of it, sent in time, would hold up a claim.
        if (_commitments[commitment].time != 0) return;
        _commitments[commitment] = Committed(uint64(block.timestamp), uint64(block.number));
        emit CommitmentMade(commitment, msg.sender);
    }

    /// @inheritdoc IRequests
    function claimBatch(bytes32 offer, uint64 first, bytes32[] calldata ends, bytes32 salt)
        external
        payable
        returns (bytes32 claimId)
    {
        uint256 count = ends.length;
        if (count == 0 || count > MAX_BATCH) revert IPinpoint.BatchSizeOutOfRange(count, MAX_BATCH);
        bytes32 root = Commit.batchRoot(ends);
        Queue memory queue = queues[offer];
        if (queue.commits) {
            _checkCommitted(
                commitmentOf(offer, msg.sender, first, uint32(count), root, salt), queue.commitDelay
            );
        }
        _take(offer, first, count);
        claimId = PINPOINT.claimFor{value: msg.value}(offer, msg.sender, first, uint32(count), root);
        _standings[claimId] = Standing(uint64(block.timestamp), 0);
        emit Answered(claimId, offer, first, ends);
    }

    /// @dev At least a block and the offer's delay ago.
    function _checkCommitted(bytes32 commitment, uint256 delay) private view {
        Committed memory made = _commitments[commitment];
        if (made.time == 0) revert NotCommitted(commitment);
        if (block.number <= made.blockNumber || block.timestamp < made.time + delay) {
            revert CommittedTooLate(commitment, made.time + delay, made.blockNumber);
        }
    }

    /// @inheritdoc IRequests
    function settle(Claim calldata claim_) public {
        bytes32 claimId = _finalClaim(claim_);
        if (_standings[claimId].settledAt != 0) revert AlreadySettled(claimId);
        _standings[claimId].settledAt = uint64(block.timestamp);
        uint256 amount = feesOf(claim_.offer, claim_.first, claim_.count);
        address token = queues[claim_.offer].token;
        emit FeesSettled(claimId, claim_.submitter, token, amount);
        _credit(token, claim_.submitter, amount);
    }

    /// @inheritdoc IRequests
    function finalizeAndSettle(Claim calldata claim_) external {
        (, ClaimStatus status) = _ownClaim(claim_);
        // Somebody else may have come first.
        if (status == ClaimStatus.Open) PINPOINT.finalize(claim_);
        settle(claim_);
    }

    /// @inheritdoc IRequests
    function reopen(Claim calldata claim_, uint32 index, uint32 count) external {
        (bytes32 claimId, ClaimStatus status) = _ownClaim(claim_);
        if (status != ClaimStatus.Fallen) revert ClaimNotFallen(claimId, status);
        // The fall has no time on the chain. Were the claim's window taken for it, who makes a false claim and concedes it at once would
        // hold up the refund by a whole window, and a long game would use up the time that submitters have. So it is now, and who is
        // in a hurry, for the fee or for the refund, calls this at once.
        uint256 delay = block.timestamp - _standings[claimId].claimedAt;
        uint256 end = uint256(index) + count;
        bool any;
        if (end <= claim_.count) {
            for (uint256 i = index; i < end; i++) {
                any = _reopen(claimId, claim_, i, delay) || any;
            }
        }
        if (!any) revert NothingToReopen(claimId, index, count);
    }

    /// @dev Skips what has been reopened: else anybody could hold up who reopens many by reopening one.
    function _reopen(bytes32 claimId, Claim calldata claim_, uint256 index, uint256 delay)
        private
        returns (bool)
    {
        uint256 bit = 1 << (index & 255);
        uint256 bits = _reopened[claimId][index >> 8];
        if (bits & bit != 0) return false;
        _reopened[claimId][index >> 8] = bits | bit;
        uint64 number = uint64(claim_.first + index);
        uint32 deadline = _giveBack(claim_.offer, number, delay);
        emit Reopened(claimId, claim_.offer, number, deadline);
        return true;
    }

    /// @dev A claim that was made here.
    function _ownClaim(Claim calldata claim_) private view returns (bytes32 claimId, ClaimStatus status) {
        claimId = Commit.claim(address(PINPOINT), claim_);
        if (_standings[claimId].claimedAt == 0) revert UnknownClaim(claimId);
        status = PINPOINT.getClaim(claimId).status;
    }

    function _finalClaim(Claim calldata claim_) internal view returns (bytes32 claimId) {
        ClaimStatus status;
        (claimId, status) = _ownClaim(claim_);
        if (status != ClaimStatus.Finalized) revert ClaimNotFinal(claimId, status);
    }

    /// @dev The request that a final claim's leaf is about.
    function _finalLeaf(Claim calldata claim_, Leaf calldata leaf)
        internal
        view
        returns (bytes32 claimId, uint64 number)
    {
        claimId = _finalClaim(claim_);
        if (leaf.index >= claim_.count) revert IPinpoint.PartOutOfRange(leaf.index, claim_.count);
        uint256 depth = Commit.batchDepth(claim_.count);
        if (leaf.siblings.length != depth) revert IPinpoint.WrongSiblingCount(leaf.siblings.length, depth);
        bytes32 root = Commit.pathRoot(leaf.end, leaf.index, leaf.siblings);
        if (root != claim_.root) revert NotInClaim(root, claim_.root);
        number = claim_.first + leaf.index;
    }

    /// @inheritdoc IRequests
    function commitmentOf(
        bytes32 offer,
        address submitter,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes32 salt
    ) public view returns (bytes32) {
        return Commit.commitment(address(this), offer, submitter, first, count, root, salt);
    }

    /// @inheritdoc IRequests
    function committed(bytes32 commitment) external view returns (Committed memory) {
        return _commitments[commitment];
    }

    /// @inheritdoc IRequests
    function standingOf(bytes32 claimId) public view returns (Standing memory) {
        return _standings[claimId];
    }

    /// @inheritdoc IRequests
    function isReopened(bytes32 claimId, uint32 index) external view returns (bool) {
        return (_reopened[claimId][index >> 8] >> (index & 255)) & 1 == 1;
    }
}

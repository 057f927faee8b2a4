// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {IPinpoint, ISource} from "./IPinpoint.sol";
import {IRegistry} from "./IRegistry.sol";
import {MAX_BATCH, MOST_MOVES} from "./Limits.sol";
import {Money} from "./Money.sol";
import {Claim, ClaimState, ClaimStatus, Leaf, Request, Rules} from "./Types.sol";
import {illFormed} from "./WellFormed.sol";
import {tensorRoot} from "./arbiter/TensorRoot.sol";

/// @title Claims: a bond on the ends of runs
abstract contract Claims is IPinpoint, Money {
    /// @inheritdoc IPinpoint
    IRegistry public immutable override REGISTRY;
    /// @inheritdoc IPinpoint
    address public immutable override DEMANDS;

    /// @dev Of a fallen claim's bond: what a caller gets for ending what nobody answers.
    uint256 internal constant CALLER_SHARE = 20;

    mapping(bytes32 claimId => ClaimState) internal claims;
    /// @dev One wei more than what is burned, so that the first loss costs what the others do.
    uint256 private _burnt = 1;

    /// @param demands Where Demands will be: it needs this contract's address.
    constructor(IRegistry registry, address demands) {
        if (address(registry).code.length == 0) revert NoCode(address(registry));
        REGISTRY = registry;
        DEMANDS = demands;
    }

    /// @inheritdoc IPinpoint
    function claim(bytes32 offer, Request calldata request, bytes32 end, bytes calldata input)
        external
        payable
        returns (bytes32 claimId)
    {
        (bytes32 model, uint32 maxIterations, Rules memory rules) = REGISTRY.rulesOf(offer);
        bytes32 requestHash = Commit.request(address(this), request);
        // Would convict the submitter.
        if (illFormed(address(0), request, model, maxIterations)) revert IllFormedRequest(requestHash);
        if (input.length > 0) {
            bytes32 inputs = Commit.inputsRoot(tensorRoot(input));
            if (inputs != request.inputsRoot) revert InputMismatch(inputs, request.inputsRoot);
        }
        claimId = _claim(Claim(offer, msg.sender, address(0), 0, 1, Commit.leaf(requestHash, end)), rules);
        emit ClaimedRun(claimId, requestHash, request, end, input);
    }

    /// @inheritdoc IPinpoint
    function claimBatch(bytes32 offer, bytes32[] calldata requestHashes, bytes32[] calldata ends)
        external
        payable
        returns (bytes32 claimId)
    {
        uint256 count = requestHashes.length;
        if (ends.length != count) revert LengthMismatch(count, ends.length);
        _checkCount(count);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            leaves[i] = Commit.leaf(requestHashes[i], ends[i]);
        }
        Claim memory made = Claim(offer, msg.sender, address(0), 0, uint32(count), Commit.batchRoot(leaves));
        claimId = _claim(made, REGISTRY.getRules(offer));
        emit ClaimedRuns(claimId, requestHashes, ends);
    }

    /// @inheritdoc IPinpoint
    function claimFor(bytes32 offer, address submitter, uint64 first, uint32 count, bytes32 root)
        external
        payable
        returns (bytes32 claimId)
    {
        _checkCount(count);
        // Else the bond would be nobody's.
        if (submitter == address(0)) revert NotTheSubmitter(submitter, submitter);
        // Else there would be leaves without a number, which nobody could challenge.
        if (first > type(uint64).max - count) revert FirstOutOfRange(first);
        claimId = _claim(Claim(offer, submitter, msg.sender, first, count, root), REGISTRY.getRules(offer));
    }

    function _checkCount(uint256 count) private pure {
        if (count == 0 || count > MAX_BATCH) revert BatchSizeOutOfRange(count, MAX_BATCH);
    }

    function _claim(Claim memory made, Rules memory rules) private returns (bytes32 claimId) {
        uint256 bond = uint256(rules.claimBond) * 1 gwei;
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        address only = REGISTRY.submitterOf(made.offer);
        if (only != address(0) && only != made.submitter) revert NotTheSubmitter(made.submitter, only);
        claimId = Commit.claim(address(this), made);
        ClaimState storage state = claims[claimId];
        if (state.status != ClaimStatus.None) revert ClaimExists(claimId);
        _open(made.submitter);
        uint32 windowEnds = uint32(block.timestamp + rules.window);
        state.submitter = made.submitter;
        state.windowEnds = windowEnds;
        state.status = ClaimStatus.Open;
        emit Claimed(claimId, made.offer, made.submitter, made, windowEnds);
    }

    /// @inheritdoc IPinpoint
    function convict(Claim calldata claim_, Request calldata request, Leaf calldata leaf) external {
        (bytes32 claimId, ClaimState storage state) = _openClaim(claim_);
        _checkLeaf(claim_, Commit.request(address(this), request), leaf);
        (bytes32 model, uint32 maxIterations, Rules memory rules) = REGISTRY.rulesOf(claim_.offer);
        if (!illFormed(claim_.source, request, model, maxIterations)) {
            revert WellFormedRequest(Commit.request(address(this), request));
        }
        if (msg.sender == state.submitter) revert SelfChallenge(msg.sender);
        _fall(claimId, state, rules, 0, msg.sender, 0, 0);
    }

    /// @inheritdoc IPinpoint
    function finalize(Claim calldata claim_) external returns (bytes32 claimId) {
        ClaimState storage state;
        (claimId, state) = _openClaim(claim_);
        if (block.timestamp < state.windowEnds) revert WindowOpen(state.windowEnds, block.timestamp);
        if (state.open != 0) revert GamesOpen(claimId, state.open);
        uint256 bond = uint256(REGISTRY.getRules(claim_.offer).claimBond) * 1 gwei;
        state.status = ClaimStatus.Finalized;
        emit Finalized(claimId, state.submitter, bond);
        _credit(state.submitter, bond);
    }

    /// @dev A claim that isn't decided.
    function _openClaim(Claim calldata claim_)
        internal
        view
        returns (bytes32 claimId, ClaimState storage state)
    {
        claimId = Commit.claim(address(this), claim_);
        state = claims[claimId];
        if (state.status != ClaimStatus.Open) revert ClaimNotOpen(claimId, state.status);
    }

    /// @dev Checks that a claim's leaf is the end of this request.
    function _checkLeaf(Claim calldata claim_, bytes32 requestHash, Leaf calldata leaf) internal view {
        if (leaf.index >= claim_.count) revert PartOutOfRange(leaf.index, claim_.count);
        uint256 depth = Commit.batchDepth(claim_.count);
        if (leaf.siblings.length != depth) revert WrongSiblingCount(leaf.siblings.length, depth);
        bytes32 hash;
        if (claim_.source == address(0)) {
            hash = Commit.leaf(requestHash, leaf.end);
        } else {
            hash = leaf.end;
            bytes32 held = ISource(claim_.source).requestHash(claim_.offer, claim_.first + leaf.index);
            if (requestHash != held) revert NotTheRequest(requestHash, held);
        }
        bytes32 root = Commit.pathRoot(hash, leaf.index, leaf.siblings);
        if (root != claim_.root) revert NotInClaim(root, claim_.root);
    }

    /// @dev What is set aside for a challenger whose game may become moot: repayment of the longest game.
    function _reserve(Rules memory rules) internal pure returns (uint256) {
        return uint256(rules.repayment) * 1 gwei * MOST_MOVES;
    }

    /// @dev The claim falls. Half of its bond is burned, so that losing to oneself costs. Of the rest, what repays the challengers
    /// whose games become moot is set aside, and the winner gets what others don't.
    /// @param cause The game or demand that felled it; 0: an ill-formed request.
    function _fall(
        bytes32 claimId,
        ClaimState storage state,
        Rules memory rules,
        bytes32 cause,
        address winner,
        uint256 toCaller,
        uint256 toSubmitter
    ) internal returns (uint256 toBurn, uint256 toWinner, uint256 toOthers) {
        state.status = ClaimStatus.Fallen;
        uint256 bond = uint256(rules.claimBond) * 1 gwei;
        toBurn = bond - bond / 2;
        toOthers = state.repaid * _reserve(rules);
        toWinner = bond - toBurn - toOthers - toCaller - toSubmitter;
        _burn(toBurn);
        emit Fallen(claimId, cause, winner, toBurn, toWinner, toOthers);
        _credit(winner, toWinner);
    }

    function _burn(uint256 amount) internal {
        _burnt += amount;
    }

    /// @inheritdoc IPinpoint
    function hold(Claim calldata claim_, bytes32 requestHash, Leaf calldata leaf)
        external
        returns (bytes32 claimId, ClaimState memory state, Rules memory rules)
    {
        if (msg.sender != DEMANDS) revert OnlyDemands(msg.sender);
        ClaimState storage stored;
        (claimId, stored) = _openClaim(claim_);
        _checkLeaf(claim_, requestHash, leaf);
        stored.open += 1;
        return (claimId, stored, REGISTRY.getRules(claim_.offer));
    }

    /// @inheritdoc IPinpoint
    function release(bytes32 claimId) external {
        if (msg.sender != DEMANDS) revert OnlyDemands(msg.sender);
        claims[claimId].open -= 1;
    }

    /// @inheritdoc IPinpoint
    function fell(Claim calldata claim_, bytes32 demandId, address demander, address caller) external {
        if (msg.sender != DEMANDS) revert OnlyDemands(msg.sender);
        (bytes32 claimId, ClaimState storage state) = _openClaim(claim_);
        state.open -= 1;
        Rules memory rules = REGISTRY.getRules(claim_.offer);
        uint256 toCaller = uint256(rules.claimBond) * 1 gwei / CALLER_SHARE;
        _fall(claimId, state, rules, demandId, demander, toCaller, 0);
        _credit(caller, toCaller);
    }

    /// @inheritdoc IPinpoint
    function burned() external view returns (uint256) {
        return _burnt - 1;
    }

    /// @inheritdoc IPinpoint
    function claimIdOf(Claim calldata claim_) external view returns (bytes32) {
        return Commit.claim(address(this), claim_);
    }

    /// @inheritdoc IPinpoint
    function getClaim(bytes32 claimId) external view returns (ClaimState memory) {
        return claims[claimId];
    }
}

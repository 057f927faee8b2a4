// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {IOutcomes, Provenance} from "./IOutcomes.sol";
import {IPinpoint, ISource} from "./IPinpoint.sol";
import {IRegistry} from "./IRegistry.sol";
import {Claim, ClaimStatus, Leaf, Registration, Request} from "./Types.sol";
import {illFormed} from "./WellFormed.sol";

/// @title Models that are what a run of another model came to
contract Outcomes is IOutcomes {
    IPinpoint public immutable PINPOINT;
    IRegistry public immutable REGISTRY;
    /// @dev Of all contracts that may hold requests the one that is known to hold them for ever.
    ISource public immutable REQUESTS;

    mapping(bytes32 child => mapping(bytes32 parent => Provenance)) private _provenances;

    constructor(IPinpoint pinpoint, ISource requests) {
        PINPOINT = pinpoint;
        REGISTRY = pinpoint.REGISTRY();
        REQUESTS = requests;
    }

    /// @inheritdoc IOutcomes
    function register(
        Registration calldata parent,
        Registration calldata child,
        Claim calldata claim_,
        Leaf calldata leaf,
        Request calldata request
    ) external returns (bytes32 childId) {
        bytes32 parentId = Commit.model(parent);
        bytes32 requestHash = Commit.request(address(PINPOINT), request);
        bytes32 claimId = _checkRun(claim_, leaf, request, requestHash, parentId);
        _checkChild(parent, child, leaf.end);
        childId = Commit.model(child);
        Provenance storage provenance = _provenances[childId][parentId];
        if (provenance.claimId != 0) revert OutcomeExists(childId, parentId);
        provenance.claimId = claimId;
        provenance.requestHash = requestHash;
        if (!REGISTRY.isModel(childId)) REGISTRY.register(child);
        emit OutcomeRegistered(childId, parentId, claimId, requestHash);
    }

    /// @dev The leaf is the end of this request, a run of the parent, and final.
    function _checkRun(
        Claim calldata claim_,
        Leaf calldata leaf,
        Request calldata request,
        bytes32 requestHash,
        bytes32 parentId
    ) private view returns (bytes32 claimId) {
        claimId = Commit.claim(address(PINPOINT), claim_);
        ClaimStatus status = PINPOINT.getClaim(claimId).status;
        if (status != ClaimStatus.Finalized) revert ClaimNotFinal(claimId, status);
        (bytes32 model, uint32 maxIterations,) = REGISTRY.rulesOf(claim_.offer);
        if (model != parentId) revert NotTheParent(model, parentId);
        // Nobody need have looked at it: who checks claims may leave those about other models' requests to who convicts.
        if (illFormed(claim_.source, request, model, maxIterations)) revert IllFormedRequest(requestHash);
        if (leaf.index >= claim_.count) revert IPinpoint.PartOutOfRange(leaf.index, claim_.count);
        bytes32 hash = leaf.end;
        if (claim_.source == address(0)) {
            hash = Commit.leaf(requestHash, leaf.end);
        } else if (claim_.source == address(REQUESTS)) {
            bytes32 held = REQUESTS.requestHash(claim_.offer, claim_.first + leaf.index);
            if (requestHash != held) revert NotTheRequest(requestHash, held);
        } else {
            revert UnknownSource(claimId, claim_.source);
        }
        uint256 depth = Commit.batchDepth(claim_.count);
        if (leaf.siblings.length != depth) revert IPinpoint.WrongSiblingCount(leaf.siblings.length, depth);
        bytes32 root = Commit.pathRoot(hash, leaf.index, leaf.siblings);
        if (root != claim_.root) revert NotInClaim(root, claim_.root);
    }

    /// @dev The child is the parent with the outputs that the run left.
    function _checkChild(Registration calldata parent, Registration calldata child, bytes32 end)
        private
        pure
    {
        bytes32 wanted = Commit.graphDone(child.outputsRoot);
        if (end != wanted) revert NotTheOutcome(wanted, end);
        if (child.rest != parent.rest) revert NotTheParentsRest("rest");
        if (child.machineVersion != parent.machineVersion) revert NotTheParentsRest("machineVersion");
        if (Commit.image(child.image) != Commit.image(parent.image)) revert NotTheParentsRest("image");
        // The registry has held this for the parent, and holds it for a child that it doesn't have yet; an id binds only the root.
        bytes32 initial = Commit.initialSlots(child.outputsRoot, child.rest);
        if (child.initialSlotsRoot != initial) {
            revert IRegistry.InitialSlotsRootMismatch(initial, child.initialSlotsRoot);
        }
        initial = Commit.initialSlots(parent.outputsRoot, parent.rest);
        if (parent.initialSlotsRoot != initial) {
            revert IRegistry.InitialSlotsRootMismatch(initial, parent.initialSlotsRoot);
        }
    }

    /// @inheritdoc IOutcomes
    function provenanceOf(bytes32 child, bytes32 parent) external view returns (Provenance memory) {
        return _provenances[child][parent];
    }
}

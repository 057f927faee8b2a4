// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Claim, ClaimStatus, Leaf, Registration, Request} from "./Types.sol";

/// @dev Where a model comes from.
struct Provenance {
    bytes32 claimId;
    bytes32 requestHash;
}

/// @title Models that are what a run of another model came to
/// @notice A training program's outputs are its trained weights. The child is the parent with that outputs group in place of its own.
/// Its program may be another one: what it computes with these weights is for whoever uses it to read.
interface IOutcomes {
    error ClaimNotFinal(bytes32 claimId, ClaimStatus status);
    /// @notice Claims about requests of a contract that could say anything prove nothing.
    error UnknownSource(bytes32 claimId, address source);
    /// @notice The claim, or the request, isn't about this model.
    error NotTheParent(bytes32 model, bytes32 parent);
    /// @notice The request is no run of the parent that anybody could be asked for.
    error IllFormedRequest(bytes32 requestHash);
    error NotTheRequest(bytes32 computed, bytes32 held);
    error NotInClaim(bytes32 computed, bytes32 root);
    /// @notice The run ended elsewhere than in the child's outputs.
    error NotTheOutcome(bytes32 wanted, bytes32 end);
    /// @notice The child has another image, machine version, or other constants and temporaries than the parent.
    error NotTheParentsRest(string what);
    error OutcomeExists(bytes32 child, bytes32 parent);

    event OutcomeRegistered(
        bytes32 indexed child, bytes32 indexed parent, bytes32 indexed claimId, bytes32 requestHash
    );

    /// @notice Registers `child`, if it isn't yet, and records that a final claim's run of `parent` came to it.
    function register(
        Registration calldata parent,
        Registration calldata child,
        Claim calldata claim_,
        Leaf calldata leaf,
        Request calldata request
    ) external returns (bytes32 childId);

    /// @notice 0 if it isn't recorded that a run of `parent` came to `child`. The two are told apart by both: anybody can write a
    /// program that copies its inputs to its outputs, and be first to have a child come from it.
    function provenanceOf(bytes32 child, bytes32 parent) external view returns (Provenance memory);
}

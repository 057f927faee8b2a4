// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMoney} from "./IMoney.sol";
import {Claim, ClaimStatus, DemandState, DemandStatus, Leaf, Request} from "./Types.sol";

/// @title Demands for the data of a claim
/// @notice What nobody shows can't be checked. A demand is made in the first half of the window and answered within a quarter of it,
/// so that a quarter is left to challenge; demands never delay a claim. An answer brings the submitter the demand's bond, which pays for putting
/// the data on the chain. docs/protocol.md is the specification.
interface IDemands is IMoney {
    error DemandExists(bytes32 demandId);
    error DemandNotOpen(bytes32 demandId, DemandStatus status);
    /// @notice Demands are made in the first half of a window, so that there is time to answer and then to challenge.
    error TooLateToDemand(uint256 until, uint256 now_);
    /// @notice Too late to answer.
    error DemandOverdue(uint256 deadline, uint256 now_);
    /// @notice There is still time to answer.
    error DemandPending(uint256 deadline, uint256 now_);
    error NodeOutOfRange(uint256 node, uint256 most);
    error ContentMismatch(bytes32 computed, bytes32 wanted);
    error WrongContentLength(uint256 given, uint256 wanted);
    /// @notice Only requests that no contract holds can be unknown.
    error RequestIsKnown(address source);

    error WrongDemandBond(uint256 sent, uint256 wanted);
    /// @notice The submitter has the data.
    error OwnClaim(address submitter);
    /// @notice The claim passed isn't the one that the demand is about.
    error ClaimMismatch(bytes32 computed, bytes32 wanted);
    /// @notice Only demands that were open when their claim fell otherwise are settled, once.
    error NotMoot(bytes32 demandId, DemandStatus status, ClaimStatus claim);
    error WrongSiblingCount(uint256 given, uint256 wanted);
    /// @notice A submitter who has claimed what can't be run has no answer.
    error IllFormedRequest(bytes32 request);

    /// @dev kind 0: the request of a leaf; kind 1: a part of its inputs. `deadline`: from then on it is too late to answer.
    event Demanded(
        bytes32 indexed demandId,
        bytes32 indexed claimId,
        address indexed demander,
        uint8 kind,
        uint32 index,
        bytes32 wanted,
        uint256 node,
        uint32 deadline
    );
    event RequestShown(bytes32 indexed demandId, address indexed by, Request request);
    /// @dev `content`: bytes of the inputs group's node.
    event InputShown(bytes32 indexed demandId, address indexed by, bytes content);
    /// @dev The demand's bond, in wei, went to the demander: the claim fell by this demand (`felled`) or otherwise.
    event DemandSettled(
        bytes32 indexed demandId, bytes32 indexed claimId, address indexed demander, bool felled, uint256 bond
    );

    /// @notice Asks for the preimage of a leaf's request hash, in the first half of the window. Bond: the challenger's.
    function demandRequest(Claim calldata claim_, bytes32 requestHash, Leaf calldata leaf)
        external
        payable
        returns (bytes32 demandId);

    /// @notice Asks for 16 KiB of a request's inputs, in the first half of the window. Bond: the challenger's.
    /// @param node Which: bytes 16,384 x node and on of the inputs group, whose slot s has bytes s x 2^28 and on.
    function demandInput(Claim calldata claim_, Request calldata request, Leaf calldata leaf, uint32 node)
        external
        payable
        returns (bytes32 demandId);

    /// @notice Answers a demand for a request. Anyone may: the demand's bond is the submitter's.
    function showRequest(Claim calldata claim_, uint32 index, Request calldata request) external;

    /// @notice Answers a demand for inputs. Anyone may: the demand's bond is the submitter's.
    /// @param content 1 to 16,384 bytes; what follows is 0.
    /// @param siblings Path of the node to the inputs group's root.
    function showInput(
        Claim calldata claim_,
        uint32 index,
        uint32 node,
        bytes32 inputsRoot,
        bytes calldata content,
        bytes32[] calldata siblings
    ) external;

    /// @notice Fells a claim, a demand about which nobody has answered in time.
    function fell(Claim calldata claim_, bytes32 demandId) external;

    /// @notice Pays out a demand that was open when its claim fell otherwise. For anyone to call.
    function settleDemand(Claim calldata claim_, bytes32 demandId) external;

    function getDemand(bytes32 demandId) external view returns (DemandState memory);
}

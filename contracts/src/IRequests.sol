// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint, ISource} from "./IPinpoint.sol";
import {ITokenMoney} from "./requests/ITokenMoney.sol";
import {Claim, ClaimStatus, Leaf, Request} from "./Types.sol";

/// @dev What is asked for.
struct Order {
    bytes32 offer;
    /// T: 1 to the model's maxIterations.
    uint32 iterations;
    /// 0: that of an inputs group with `input` in slot 0 and nothing else.
    bytes32 inputsRoot;
    /// Unix seconds from which nobody may claim the request any more. It stands still while the request is claimed.
    uint32 deadline;
    /// Of the offer's token, at least the offer's fee. For the chain's own coin it is what is sent along.
    uint128 fee;
    /// Bytes of an output that are to be delivered: 1 to 16,384; 0: none, the end is enough.
    uint16 outputBytes;
    /// Which output.
    uint16 outputSlot;
    /// Gas for the requester's IInferenceConsumer; 0: the output is delivered by an event alone.
    uint32 callbackGas;
}

enum RequestStatus {
    None,
    /// Can be claimed.
    Open,
    /// Nobody has claimed it in time: its fee can be refunded.
    Overdue,
    /// In a claim: an open one, a final one, or a fallen one from which it hasn't been reopened.
    Claimed,
    Refunded,
    /// Its end is final, and on record here.
    Final
}

enum DeliveryStatus {
    None,
    Done,
    /// Paid for, but the consumer's code failed: anyone may try again.
    CallbackFailed
}

/// @dev One word: what a request wants delivered.
struct Delivery {
    uint32 callbackGas;
    uint16 outputBytes;
    uint16 outputSlot;
    DeliveryStatus status;
    /// First bytes of the data's keccak256.
    bytes23 dataHash;
}

/// @dev One word: a claim about requests held here.
struct Standing {
    /// Unix seconds.
    uint64 claimedAt;
    uint64 settledAt;
}

/// @dev One word.
struct Committed {
    /// Unix seconds.
    uint64 time;
    uint64 blockNumber;
}

/// @title Requests made and paid on the chain
/// @notice Requests are numbered per offer from 0. A submitter claims the ends of a range of them; when the claim is final it is paid.
/// docs/consumers.md is the guide.
interface IRequests is ISource, ITokenMoney {
    // Requests.
    error IterationsOutOfRange(uint256 iterations, uint256 most);
    error DeadlinePassed(uint256 deadline, uint256 now_);
    error FeeOutOfRange(uint256 fee, uint256 least, uint256 most);
    /// @notice Fees of this offer are paid in a token; coins sent along would be lost.
    error CoinsNotWanted(uint256 sent);
    /// @notice Neither input nor a root of inputs is given, or they differ.
    error InputsMismatch(bytes32 computed, bytes32 inputsRoot);
    error DeliveryOutOfRange(string name, uint256 value, uint256 most);
    /// @notice The token called back into `request`.
    error Reentered();
    /// @notice The request passed isn't the one that is held under this number.
    error NotTheRequest(bytes32 computed, bytes32 held);

    // Claims.
    /// @notice There is no such request, or it is claimed or refunded.
    error NotClaimable(bytes32 offer, uint256 number);
    error PastDeadline(bytes32 offer, uint256 number, uint256 deadline, uint256 now_);
    /// @notice Under this offer a claim must have been committed to.
    error NotCommitted(bytes32 commitment);
    error CommittedTooLate(bytes32 commitment, uint256 claimableFrom, uint256 committedInBlock);
    /// @notice No claim about requests held here.
    error UnknownClaim(bytes32 claimId);
    error ClaimNotFinal(bytes32 claimId, ClaimStatus status);
    error ClaimNotFallen(bytes32 claimId, ClaimStatus status);
    error AlreadySettled(bytes32 claimId);
    error NothingToReopen(bytes32 claimId, uint256 index, uint256 count);
    error NotRefundable(bytes32 offer, uint256 number);
    error DeadlineAhead(uint256 deadline, uint256 now_);

    // Results.
    /// @notice The end isn't the claim's at this place.
    error NotInClaim(bytes32 computed, bytes32 root);
    /// @notice The request wants no delivery, or has had it.
    error NotDeliverable(bytes32 offer, uint256 number, DeliveryStatus status);
    error DataMismatch(bytes32 offer, uint256 number);
    /// @notice The content isn't the output of a run with this end.
    error OutputMismatch(bytes32 computed, bytes32 end);
    error OutputTooShort(uint256 given, uint256 wanted);
    /// @notice The consumer couldn't be given the gas that it asked for.
    error NotEnoughGas(uint256 left, uint256 wanted);

    /// @dev `request`.fee is what arrived. `input`: content of input slot 0, or empty if it must be had elsewhere.
    event Requested(
        bytes32 indexed offer,
        uint64 indexed number,
        address indexed requester,
        bytes32 requestHash,
        Request request,
        uint16 outputBytes,
        uint16 outputSlot,
        uint32 callbackGas,
        bytes input,
        bytes data
    );
    event CommitmentMade(bytes32 indexed commitment, address indexed by);
    /// @dev Follows Claimed of the Pinpoint contract: ends of requests `first` and on.
    event Answered(bytes32 indexed claimId, bytes32 indexed offer, uint64 indexed first, bytes32[] ends);
    /// @dev `amount`: fees of the claim's requests that want no delivery.
    event FeesSettled(
        bytes32 indexed claimId, address indexed submitter, address indexed token, uint256 amount
    );
    /// @dev The request can be claimed again, until `deadline`.
    event Reopened(bytes32 indexed claimId, bytes32 indexed offer, uint64 indexed number, uint32 deadline);
    event Refunded(bytes32 indexed offer, uint64 indexed number, address indexed requester, uint256 fee);
    event Recorded(bytes32 indexed offer, uint64 indexed number, bytes32 indexed claimId, bytes32 end);
    /// @dev The fee is `payee`'s. `failed`: the run ended in FAILED, and there is no output.
    event Delivered(
        bytes32 indexed offer,
        uint64 indexed number,
        bytes32 indexed claimId,
        bool failed,
        bytes output,
        address payee,
        uint256 fee
    );
    event CalledBack(bytes32 indexed offer, uint64 indexed number, address indexed consumer, bool succeeded);

    /// @notice Asks for a run under an offer and locks its fee.
    /// @param input Content of input slot 0, up to 16 KiB, if the request has no other inputs; or empty: the data is elsewhere.
    /// @param data Given back to the consumer; up to 4,096 bytes.
    function request(Order calldata order, bytes calldata input, bytes calldata data)
        external
        payable
        returns (uint64 number);

    /// @notice Publishes that the sender is about to claim. The first time counts.
    /// @param commitment `commitmentOf` the claim.
    function commit(bytes32 commitment) external;

    /// @notice Claims, for the sender, the ends of requests `first` and on. Bond: the offer's, in the chain's own coin.
    /// @param salt Of the commitment; not read if the offer needs none.
    function claimBatch(bytes32 offer, uint64 first, bytes32[] calldata ends, bytes32 salt)
        external
        payable
        returns (bytes32 claimId);

    /// @notice Pays a final claim's submitter the fees of the requests that want no delivery. For anyone to call.
    function settle(Claim calldata claim_) external;

    /// @notice The same, and before it makes the claim final if nobody has.
    function finalizeAndSettle(Claim calldata claim_) external;

    /// @notice Makes requests of a fallen claim claimable again. The time since the claim doesn't count towards their deadlines. For
    /// anyone to call, once for each.
    /// @param index The first, by its place in the claim.
    function reopen(Claim calldata claim_, uint32 index, uint32 count) external;

    /// @notice Returns the fee of a request that nobody has claimed in time. For anyone to call.
    function refund(bytes32 offer, uint64 number, Request calldata request_) external;

    /// @notice Delivers the output of a final claim's request (or, of a run that FAILED, that it did) to its requester, and pays the
    /// submitter its fee; whoever delivers a day or more after the claim was settled is paid in its place. If the consumer's code
    /// fails, the same call tries again, with all the gas that it has.
    /// @param content The output's first bytes, at least as many as are wanted; its proof is that of Output.outputsRoot. Empty
    /// for a run that FAILED.
    /// @param data The request's.
    function deliver(
        Claim calldata claim_,
        Leaf calldata leaf,
        Request calldata request_,
        bytes calldata content,
        bytes32[] calldata siblings,
        bytes calldata data
    ) external;

    /// @notice Keeps the end of a final claim's request, for `isFinal` and `resultOf`. For anyone to call.
    function record(Claim calldata claim_, Leaf calldata leaf) external;

    /// @notice The request that a final claim's leaf is about; reverts if the claim isn't final or has no such leaf.
    function resultIn(Claim calldata claim_, Leaf calldata leaf) external view returns (uint64 number);

    /// @notice The same, and that `content` is what the run left at the beginning of an output.
    function outputIn(
        Claim calldata claim_,
        Leaf calldata leaf,
        uint16 slot,
        bytes calldata content,
        bytes32[] calldata siblings
    ) external view returns (uint64 number);

    /// @notice Whether the request's end is final and on record: delivered, or recorded.
    function isFinal(bytes32 offer, uint64 number) external view returns (bool);

    /// @notice The end on record; 0 if there is none.
    function resultOf(bytes32 offer, uint64 number) external view returns (bytes32 end);

    function statusOf(bytes32 offer, uint64 number) external view returns (RequestStatus);

    /// @notice Unix seconds from which it can't be claimed; 0 if there is no such request, or it was refunded.
    function deadlineOf(bytes32 offer, uint64 number) external view returns (uint32);

    /// @notice Requests made under an offer.
    function countOf(bytes32 offer) external view returns (uint64);

    function deliveryOf(bytes32 offer, uint64 number) external view returns (Delivery memory);

    /// @notice Sum of the fees of requests that want no delivery.
    function feesOf(bytes32 offer, uint64 first, uint32 count) external view returns (uint256);

    function standingOf(bytes32 claimId) external view returns (Standing memory);

    /// @notice Whether a fallen claim's request has been reopened.
    function isReopened(bytes32 claimId, uint32 index) external view returns (bool);

    /// @notice What the offer's fee is paid in, and the least that `request` accepts.
    function quote(bytes32 offer) external view returns (address token, uint128 fee);

    /// @notice A fee that pays for the run and, in the chain's own coin at twice the block's base fee, for a delivery.
    /// @param callbackGas 0: no delivery.
    function estimateFee(bytes32 offer, uint32 callbackGas) external view returns (uint256 fee);

    function commitmentOf(
        bytes32 offer,
        address submitter,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes32 salt
    ) external view returns (bytes32);

    function committed(bytes32 commitment) external view returns (Committed memory);

    /// @notice What consumers know a request by: its hash doesn't tell offers of one model apart.
    function idOf(bytes32 offer, uint64 number) external pure returns (bytes32 id);

    function PINPOINT() external view returns (IPinpoint);
}

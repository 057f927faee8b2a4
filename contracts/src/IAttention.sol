// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMoney} from "./IMoney.sol";
import {IPinpoint} from "./IPinpoint.sol";

/// @dev What verifiers of one offer's claims are paid and punished by. Its id is its hash; nobody can change it.
struct Pool {
    /// One that names a submitter.
    bytes32 offer;
    /// Whose requests are claimed: not 0, so that everybody knows them before they are claimed.
    address source;
    /// Runs of one round at most.
    uint32 mostRuns;
    /// Verifiers at most.
    uint16 places;
    /// A ticket wins once in so many.
    uint32 oneIn;
    /// For a right answer to a winning ticket, in wei.
    uint96 reward;
    /// For silence with a winning ticket, or a wrong answer; also what a submitter forfeits by a round that comes to nothing.
    uint96 penalty;
    /// From the draw on, in seconds: for running the model and answering.
    uint24 responsePeriod;
    /// After that: for claiming and revealing.
    uint24 revealPeriod;
    /// What a verifier puts down, at least one penalty.
    uint96 stake;
    /// From the announcement on, in seconds: how long verifiers can be punished, and how long a stake stays after its owner pauses.
    uint24 hold;
}

/// @dev Preimage of a round's id: a claim that its submitter is about to make.
struct Round {
    bytes32 pool;
    address submitter;
    uint64 first;
    uint32 count;
    /// `commitmentOf` the root that will be claimed.
    bytes32 commitment;
    /// r times the generator.
    uint256 x;
    uint256 y;
}

enum RoundStatus {
    None,
    Announced,
    /// The seed is known: verifiers answer.
    Drawn,
    /// Root and r are public, and the claim is made.
    Revealed
}

/// @dev What has become of a round.
enum Outcome {
    Pending,
    /// The claim is final.
    Final,
    /// Not drawn or not revealed in time, or the claim has fallen: answers can't be judged.
    Failed
}

struct RoundState {
    /// Unix seconds.
    uint40 announcedAt;
    uint40 respondUntil;
    uint48 seedBlock;
    /// Rounds of the pool announced before it.
    uint32 number;
    /// Verifiers that it bound when it was announced.
    uint16 enrolled;
    uint16 declined;
    uint16 answers;
    RoundStatus status;
    bool closed;
    bytes32 seed;
    bytes32 claimId;
    /// Hash of root and r.
    bytes32 secret;
}

/// @dev One verifier of one pool.
struct Verifier {
    uint256 x;
    uint256 y;
    uint128 stake;
    /// Rounds of the pool with these numbers bind it: since <= number < until.
    uint32 since;
    uint32 until;
    /// Unix seconds; 0: it hasn't paused.
    uint40 pausedAt;
}

enum Verdict {
    /// Right, and its ticket won: the reward.
    Right,
    /// Right, but nobody had asked.
    Unasked,
    /// The penalty.
    Wrong,
    /// Its ticket won and it didn't answer: the penalty.
    Silent,
    /// The round failed: half of the reward; the rest is burned.
    Unjudged
}

/// @title Pay for verifiers who find nothing wrong, and a price for those who don't look
/// @notice Attention challenges (Felten, "Cheater checking", 2019). A submitter announces a claim before it makes it. Who runs the
/// model can tell whether it must answer, and what; nobody else can. docs/economics.md says why, and what it doesn't cure.
interface IAttention is IMoney {
    error InvalidPool(string term, uint256 value, uint256 least, uint256 most);
    error PoolExists(bytes32 pool);
    error UnknownPool(bytes32 pool);
    /// @notice Not the coordinates of a point of bn254's G1, or the point at infinity.
    error NotAPoint(uint256 x, uint256 y);
    error WrongStake(uint256 sent, uint256 wanted);
    error WrongDeposit(uint256 sent, uint256 wanted);
    error AlreadyEnrolled(bytes32 pool, address account);
    /// @notice An account keeps the key that it first enrolled in a pool with; take another account for another key.
    error OtherKey(bytes32 pool, address account);
    error PoolFull(bytes32 pool, uint256 places);
    error NotEnrolled(bytes32 pool, address account);
    error NotPaused(bytes32 pool, address account);
    error StakeHeld(uint256 until, uint256 now_);
    error NobodyEnrolled(bytes32 pool);
    error NotTheSubmitter(address sender, address submitter);
    error BatchSizeOutOfRange(uint256 count, uint256 most);
    error NoSuchRequest(uint64 number);
    error RoundExists(bytes32 round);
    error WrongStatus(bytes32 round, RoundStatus status, RoundStatus wanted);
    /// @notice The seed's block isn't there yet, or is too old to be read.
    error NoSeed(uint256 seedBlock, uint256 blockNumber);
    error TooLate(uint256 until, uint256 now_);
    error TooEarly(uint256 from, uint256 now_);
    /// @notice The round doesn't bind this account: it enrolled later, or had paused.
    error NotBound(bytes32 round, address account);
    error AlreadyAnswered(bytes32 round, address account);
    error ReservedAnswer(bytes32 answer);
    error CommitmentMismatch(bytes32 computed, bytes32 commitment);
    error WrongScalar(uint256 x, uint256 y);
    /// @notice The announced claim hasn't been made.
    error NoClaim(bytes32 claimId);
    /// @notice The claim was public while answers were still accepted.
    error ClaimTooEarly(uint256 made, uint256 least);
    error RoundPending(bytes32 round);
    error AlreadyClosed(bytes32 round);
    error SecretMismatch(bytes32 computed, bytes32 secret);
    error NothingToJudge(bytes32 round, address account);

    event PoolOpened(bytes32 indexed pool, bytes32 indexed offer, Pool terms);
    event Enrolled(bytes32 indexed pool, address indexed account, uint256 x, uint256 y, uint32 since);
    /// @dev Rounds from `until` on don't bind it. Also when its stake has come to be less than a penalty.
    event Paused(bytes32 indexed pool, address indexed account, uint32 until);
    event Unstaked(bytes32 indexed pool, address indexed account, uint256 stake);
    event Announced(
        bytes32 indexed roundId,
        bytes32 indexed pool,
        Round round,
        uint32 number,
        uint16 enrolled,
        uint256 seedBlock
    );
    event Drawn(bytes32 indexed roundId, bytes32 seed, uint256 respondUntil);
    event Declined(bytes32 indexed roundId, address indexed account);
    event Answered(bytes32 indexed roundId, address indexed account, bytes32 answer);
    event Revealed(bytes32 indexed roundId, bytes32 indexed claimId, bytes32 root, uint256 r);
    /// @dev Of the submitter's deposit; what answers may be owed is left.
    event Closed(bytes32 indexed roundId, Outcome outcome, uint256 returned, uint256 burned);
    event Judged(
        bytes32 indexed roundId,
        address indexed account,
        Verdict verdict,
        address caller,
        uint256 penalty,
        uint256 toCaller
    );

    /// @notice States the terms of a pool. Anyone may.
    function openPool(Pool calldata terms) external returns (bytes32 pool);

    /// @notice Stakes the pool's stake. Rounds announced from now on bind the sender.
    /// @param x,y Its public key k times the generator.
    function enroll(bytes32 pool, uint256 x, uint256 y) external payable;

    /// @notice Rounds announced from now on don't bind the sender. To come back: `unstake`, then `enroll`.
    function pause(bytes32 pool) external;

    /// @notice Credits the stake of a verifier that paused a hold ago.
    function unstake(bytes32 pool) external;

    /// @notice Announces a claim of the ends of the source's requests `first` to `first` + count - 1. Deposit: `depositOf`.
    /// @param x,y r times the generator; a new r for each round.
    function announce(bytes32 pool, uint64 first, uint32 count, bytes32 commitment, uint256 x, uint256 y)
        external
        payable
        returns (bytes32 roundId);

    /// @notice Records the seed, which is the hash of a block after the announcement's. Anyone may, within 256 blocks.
    function draw(Round calldata round) external;

    /// @notice Says that the sender doesn't check this round, for example because it can't get the inputs: neither reward nor penalty.
    function decline(Round calldata round) external;

    /// @notice Answers a winning ticket.
    function respond(Round calldata round, bytes32 answer) external;

    /// @notice Shows the root and r once answers are closed, and the claim is made. For anyone who knows them.
    function reveal(Round calldata round, bytes32 root, bytes32 salt, uint256 r) external;

    /// @notice Returns what the submitter is sure to get back once the round's outcome is known. Anyone may.
    function close(Round calldata round) external;

    /// @notice Pays or punishes one verifier once the round's outcome is known. Anyone may; who shows a wrong answer or a silent
    /// winner gets a share of the penalty.
    /// @param root,r What was revealed; not read if the round failed.
    function judge(Round calldata round, bytes32 root, uint256 r, address account) external;

    /// @notice Wei that nobody can ever withdraw.
    function burned() external view returns (uint256);
    function depositOf(bytes32 pool) external view returns (uint256);
    function poolOf(Pool calldata terms) external view returns (bytes32);
    function roundIdOf(Round calldata round) external view returns (bytes32);
    /// @param salt Random, so that the root can't be guessed from the commitment.
    function commitmentOf(Round calldata round, bytes32 root, bytes32 salt) external view returns (bytes32);
    /// @param sharedX,sharedY k times the round's point, which is r times the verifier's.
    function ticketOf(
        bytes32 roundId,
        bytes32 seed,
        uint256 sharedX,
        uint256 sharedY,
        bytes32 root,
        address account
    ) external pure returns (uint256);
    function wins(bytes32 pool, uint256 ticket) external view returns (bool);
    function answerOf(bytes32 roundId, uint256 sharedX, uint256 sharedY, bytes32 root, address account)
        external
        pure
        returns (bytes32);
    function outcomeOf(Round calldata round) external view returns (Outcome);
    function getPool(bytes32 pool) external view returns (Pool memory terms, uint16 enrolled, uint32 rounds);
    function getVerifier(bytes32 pool, address account) external view returns (Verifier memory);
    function getRound(bytes32 roundId) external view returns (RoundState memory);
    /// @notice The pool's round that announced a claim and has been revealed; 0: none.
    function roundOf(bytes32 claimId, bytes32 pool) external view returns (bytes32 roundId);
    function PINPOINT() external view returns (IPinpoint);
}

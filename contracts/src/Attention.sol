// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Curve} from "./Curve.sol";
import {IAttention, Outcome, Pool, Round, RoundState, RoundStatus, Verdict, Verifier} from "./IAttention.sol";
import {IPinpoint, ISource} from "./IPinpoint.sol";
import {IRegistry} from "./IRegistry.sol";
import {MAX_BATCH, MOST_MOVES} from "./Limits.sol";
import {Money} from "./Money.sol";
import {Claim, ClaimState, ClaimStatus, Rules} from "./Types.sol";

/// @title Attention challenges
/// @notice docs/economics.md, "Verifiers who find nothing wrong".
contract Attention is IAttention, Money {
    /// @dev Tags of what is hashed, apart from those of Commit.
    uint8 private constant POOL = 0x31;
    uint8 private constant ROUND = 0x32;
    uint8 private constant COMMITMENT = 0x33;
    uint8 private constant TICKET = 0x34;
    uint8 private constant ANSWER = 0x35;

    /// @dev Blocks from an announcement to its seed's: its submitter can't know that block's hash.
    uint256 private constant SEED_DELAY = 8;
    /// @dev How far back the hash of a block can be read.
    uint256 private constant HASHES = 256;
    /// @dev What a hold leaves for judging, once the claim is final, and for the seed.
    uint256 private constant JUDGING = 1 days;
    uint256 private constant DRAWING = 1 hours;
    /// @dev Of a penalty, to who shows that it is due: one part in so many, so that bothering verifiers doesn't pay. The rest is burned.
    uint256 private constant CALLER_SHARE = 16;

    /// @dev Of a reward, to who answered in a round that failed: one part in so many, so that it doesn't pay to answer anything and see to
    /// it that the round fails. The rest is burned.
    uint256 private constant UNJUDGED_SHARE = 2;

    /// @dev Instead of an answer. No hash is known to be one of these.
    bytes32 private constant DECLINED = bytes32(uint256(1));
    bytes32 private constant JUDGED = bytes32(uint256(2));

    IPinpoint public immutable override PINPOINT;
    IRegistry private immutable REGISTRY;

    struct Count {
        /// Verifiers that the next round binds.
        uint16 enrolled;
        uint32 rounds;
    }

    mapping(bytes32 pool => Pool) private _pools;
    mapping(bytes32 pool => Count) private _counts;
    mapping(bytes32 pool => mapping(address account => Verifier)) private _verifiers;
    mapping(bytes32 roundId => RoundState) private _rounds;
    mapping(bytes32 roundId => mapping(address account => bytes32 answer)) private _answers;
    mapping(bytes32 claimId => mapping(bytes32 pool => bytes32 roundId)) private _announced;
    /// @dev One wei more than what is burned, so that the first penalty costs what the others do.
    uint256 private _burnt = 1;

    constructor(IPinpoint pinpoint) {
        if (address(pinpoint).code.length == 0) revert IPinpoint.NoCode(address(pinpoint));
        PINPOINT = pinpoint;
        REGISTRY = pinpoint.REGISTRY();
    }

    /// @inheritdoc IAttention
    function openPool(Pool calldata terms) external returns (bytes32 pool) {
        // Else somebody could claim what another has announced, and so make its round fail.
        _check("submitter", uint160(REGISTRY.submitterOf(terms.offer)), 1, type(uint160).max);
        // Requests that no contract holds may be unknown to everybody but the submitter.
        _check("source", uint160(terms.source), 1, type(uint160).max);
        _check("mostRuns", terms.mostRuns, 1, MAX_BATCH);
        _check("places", terms.places, 1, type(uint16).max);
        _check("oneIn", terms.oneIn, 1, type(uint32).max);
        _check("reward", terms.reward, 1, type(uint96).max);
        // A submitter who would rather draw again forfeits at least what one verifier is paid.
        _check("penalty", terms.penalty, terms.reward, type(uint96).max);
        _check("stake", terms.stake, terms.penalty, type(uint96).max);
        _check("responsePeriod", terms.responsePeriod, 1, type(uint24).max);
        _check("revealPeriod", terms.revealPeriod, 1, type(uint24).max);
        uint256 least = DRAWING + terms.responsePeriod + terms.revealPeriod + _finality(terms.offer) + JUDGING;
        _check("hold", terms.hold, least, type(uint24).max);
        pool = poolOf(terms);
        if (_pools[pool].oneIn != 0) revert PoolExists(pool);
        _pools[pool] = terms;
        emit PoolOpened(pool, terms.offer, terms);
    }

    /// @dev The longest that one challenger can keep a claim from being final, so that a challenge for show doesn't save lazy verifiers.
    function _finality(bytes32 offer) private view returns (uint256) {
        Rules memory rules = REGISTRY.getRules(offer);
        return uint256(rules.window) + rules.clock + MOST_MOVES * rules.increment + rules.descentIncrement;
    }

    function _check(string memory term, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert InvalidPool(term, value, least, most);
    }

    /// @inheritdoc IAttention
    function enroll(bytes32 pool, uint256 x, uint256 y) external payable {
        Pool storage terms = _pool(pool);
        if (msg.value != terms.stake) revert WrongStake(msg.value, terms.stake);
        Verifier storage verifier = _verifiers[pool][msg.sender];
        if (verifier.until != 0 || verifier.pausedAt != 0) revert AlreadyEnrolled(pool, msg.sender);
        Count storage count = _counts[pool];
        if (count.enrolled == terms.places) revert PoolFull(pool, terms.places);
        if (verifier.x == 0 && verifier.y == 0) {
            // Whose key it is doesn't matter: who doesn't know k can't tell its own tickets, and has no others.
            if (!Curve.isPoint(x, y)) revert NotAPoint(x, y);
            verifier.x = x;
            verifier.y = y;
        } else if (verifier.x != x || verifier.y != y) {
            // Earlier answers are still judged by it.
            revert OtherKey(pool, msg.sender);
        }
        _open(msg.sender);
        count.enrolled += 1;
        verifier.stake = terms.stake;
        verifier.since = count.rounds;
        verifier.until = type(uint32).max;
        verifier.pausedAt = 0;
        emit Enrolled(pool, msg.sender, x, y, count.rounds);
    }

    /// @inheritdoc IAttention
    function pause(bytes32 pool) external {
        Verifier storage verifier = _verifiers[pool][msg.sender];
        if (verifier.until != type(uint32).max) revert NotEnrolled(pool, msg.sender);
        _pause(pool, msg.sender, verifier);
    }

    function _pause(bytes32 pool, address account, Verifier storage verifier) private {
        Count storage count = _counts[pool];
        count.enrolled -= 1;
        verifier.until = count.rounds;
        verifier.pausedAt = uint40(block.timestamp);
        emit Paused(pool, account, count.rounds);
    }

    /// @inheritdoc IAttention
    function unstake(bytes32 pool) external {
        Verifier storage verifier = _verifiers[pool][msg.sender];
        if (verifier.pausedAt == 0) revert NotPaused(pool, msg.sender);
        // Every round that binds it was announced by then, and its hold is over.
        uint256 until = uint256(verifier.pausedAt) + _pools[pool].hold;
        if (block.timestamp < until) revert StakeHeld(until, block.timestamp);
        uint256 stake = verifier.stake;
        verifier.stake = 0;
        verifier.since = 0;
        verifier.until = 0;
        verifier.pausedAt = 0;
        emit Unstaked(pool, msg.sender, stake);
        _credit(msg.sender, stake);
    }

    /// @inheritdoc IAttention
    function announce(bytes32 pool, uint64 first, uint32 count, bytes32 commitment, uint256 x, uint256 y)
        external
        payable
        returns (bytes32 roundId)
    {
        Pool storage terms = _pool(pool);
        // Nobody else could make the claim.
        address only = REGISTRY.submitterOf(terms.offer);
        if (only != msg.sender) revert NotTheSubmitter(msg.sender, only);
        if (count == 0 || count > terms.mostRuns) revert BatchSizeOutOfRange(count, terms.mostRuns);
        uint64 last = first + count - 1;
        if (ISource(terms.source).requestHash(terms.offer, last) == 0) revert NoSuchRequest(last);
        if (!Curve.isPoint(x, y)) revert NotAPoint(x, y);
        Count storage counted = _counts[pool];
        if (counted.enrolled == 0) revert NobodyEnrolled(pool);
        uint256 deposit = _deposit(terms, counted.enrolled);
        if (msg.value != deposit) revert WrongDeposit(msg.value, deposit);

        Round memory round = Round(pool, msg.sender, first, count, commitment, x, y);
        roundId = _roundId(round);
        RoundState storage state = _rounds[roundId];
        if (state.status != RoundStatus.None) revert RoundExists(roundId);
        _open(msg.sender);
        uint256 seedBlock = block.number + SEED_DELAY;
        state.announcedAt = uint40(block.timestamp);
        state.seedBlock = uint48(seedBlock);
        state.number = counted.rounds;
        state.enrolled = counted.enrolled;
        state.status = RoundStatus.Announced;
        counted.rounds += 1;
        emit Announced(roundId, pool, round, state.number, counted.enrolled, seedBlock);
    }

    /// @dev Every verifier's reward, and what is forfeited by a round that comes to nothing.
    function _deposit(Pool storage terms, uint256 enrolled) private view returns (uint256) {
        return enrolled * terms.reward + terms.penalty;
    }

    /// @inheritdoc IAttention
    function draw(Round calldata round) external {
        (bytes32 roundId, RoundState storage state) = _round(round, RoundStatus.Announced);
        bytes32 seed = blockhash(state.seedBlock);
        if (seed == 0) revert NoSeed(state.seedBlock, block.number);
        uint256 until = block.timestamp + _pools[round.pool].responsePeriod;
        state.seed = seed;
        state.respondUntil = uint40(until);
        state.status = RoundStatus.Drawn;
        emit Drawn(roundId, seed, until);
    }

    /// @inheritdoc IAttention
    function decline(Round calldata round) external {
        bytes32 roundId = _roundId(round);
        RoundState storage state = _rounds[roundId];
        // Who hasn't run the model doesn't know its ticket, so it doesn't matter whether it declines before or after the draw.
        if (state.status != RoundStatus.Announced) (roundId, state) = _answering(round);
        _answer(round, roundId, state, DECLINED);
        state.declined += 1;
        emit Declined(roundId, msg.sender);
    }

    /// @inheritdoc IAttention
    function respond(Round calldata round, bytes32 answer) external {
        (bytes32 roundId, RoundState storage state) = _answering(round);
        if (!_isAnswer(answer)) revert ReservedAnswer(answer);
        _answer(round, roundId, state, answer);
        state.answers += 1;
        emit Answered(roundId, msg.sender, answer);
    }

    function _answering(Round calldata round)
        private
        view
        returns (bytes32 roundId, RoundState storage state)
    {
        (roundId, state) = _round(round, RoundStatus.Drawn);
        if (block.timestamp >= state.respondUntil) revert TooLate(state.respondUntil, block.timestamp);
    }

    function _answer(Round calldata round, bytes32 roundId, RoundState storage state, bytes32 answer)
        private
    {
        if (!_binds(state, _verifiers[round.pool][msg.sender])) revert NotBound(roundId, msg.sender);
        if (_answers[roundId][msg.sender] != 0) revert AlreadyAnswered(roundId, msg.sender);
        _answers[roundId][msg.sender] = answer;
    }

    function _isAnswer(bytes32 answer) private pure returns (bool) {
        return answer > JUDGED;
    }

    function _binds(RoundState storage state, Verifier storage verifier) private view returns (bool) {
        return verifier.since <= state.number && state.number < verifier.until;
    }

    /// @inheritdoc IAttention
    function reveal(Round calldata round, bytes32 root, bytes32 salt, uint256 r) external {
        (bytes32 roundId, RoundState storage state) = _round(round, RoundStatus.Drawn);
        if (block.timestamp < state.respondUntil) revert TooEarly(state.respondUntil, block.timestamp);
        Pool storage terms = _pools[round.pool];
        uint256 until = state.respondUntil + terms.revealPeriod;
        if (block.timestamp >= until) revert TooLate(until, block.timestamp);
        bytes32 commitment = commitmentOf(round, root, salt);
        if (commitment != round.commitment) revert CommitmentMismatch(commitment, round.commitment);
        (uint256 x, uint256 y) = Curve.multiply(Curve.GENERATOR_X, Curve.GENERATOR_Y, r);
        if (x != round.x || y != round.y) revert WrongScalar(x, y);
        bytes32 offer = terms.offer;
        bytes32 claimId =
            PINPOINT.claimIdOf(Claim(offer, round.submitter, terms.source, round.first, round.count, root));
        ClaimState memory claim = PINPOINT.getClaim(claimId);
        if (claim.status == ClaimStatus.None) revert NoClaim(claimId);
        // Else whoever read the claim could have answered.
        uint256 made = claim.windowEnds - REGISTRY.getRules(offer).window;
        if (made < state.respondUntil) revert ClaimTooEarly(made, state.respondUntil);
        state.claimId = claimId;
        state.secret = _secret(root, r);
        state.status = RoundStatus.Revealed;
        _announced[claimId][round.pool] = roundId;
        emit Revealed(roundId, claimId, root, r);
    }

    /// @inheritdoc IAttention
    function close(Round calldata round) external {
        (bytes32 roundId, RoundState storage state, Outcome outcome) = _decided(round);
        if (state.closed) revert AlreadyClosed(roundId);
        state.closed = true;
        Pool storage terms = _pools[round.pool];
        uint256 forfeit = terms.penalty;
        uint256 returned = uint256(state.enrolled - state.answers) * terms.reward;
        // An honest submitter has no cause for a round that comes to nothing.
        if (outcome == Outcome.Final) (returned, forfeit) = (returned + forfeit, 0);
        _burnt += forfeit;
        emit Closed(roundId, outcome, returned, forfeit);
        _credit(round.submitter, returned);
    }

    /// @inheritdoc IAttention
    function judge(Round calldata round, bytes32 root, uint256 r, address account) external {
        (bytes32 roundId, RoundState storage state, Outcome outcome) = _decided(round);
        bytes32 answer = _answers[roundId][account];
        bool answered = _isAnswer(answer);
        if (answer != 0 && !answered) revert NothingToJudge(roundId, account);
        Pool storage terms = _pools[round.pool];
        Verdict verdict = Verdict.Unjudged;
        if (outcome == Outcome.Failed) {
            if (!answered) revert NothingToJudge(roundId, account);
        } else {
            bytes32 secret = _secret(root, r);
            if (secret != state.secret) revert SecretMismatch(secret, state.secret);
            verdict = _verdict(round.pool, roundId, state, root, r, account, answer);
        }
        _answers[roundId][account] = JUDGED;
        uint256 penalty;
        uint256 toCaller;
        if (verdict == Verdict.Wrong || verdict == Verdict.Silent) {
            // Afterwards the stake may be of a later enrolment.
            uint256 until = uint256(state.announcedAt) + terms.hold;
            if (block.timestamp < until) (penalty, toCaller) = _punish(round.pool, account, terms.penalty);
            else if (verdict == Verdict.Silent) revert TooLate(until, block.timestamp);
        }
        emit Judged(roundId, account, verdict, msg.sender, penalty, toCaller);
        if (answered) _settle(round.submitter, account, verdict, terms.reward);
        _credit(msg.sender, toCaller);
    }

    /// @dev The part of the deposit that was kept for an answer.
    function _settle(address submitter, address account, Verdict verdict, uint256 reward) private {
        if (verdict == Verdict.Right) {
            _credit(account, reward);
        } else if (verdict == Verdict.Unjudged) {
            uint256 share = reward / UNJUDGED_SHARE;
            _burnt += reward - share;
            _credit(account, share);
        } else {
            _credit(submitter, reward);
        }
    }

    /// @dev What an answer, or none, comes to in a round whose claim is final.
    function _verdict(
        bytes32 pool,
        bytes32 roundId,
        RoundState storage state,
        bytes32 root,
        uint256 r,
        address account,
        bytes32 answer
    ) private view returns (Verdict) {
        Verifier storage verifier = _verifiers[pool][account];
        if (answer == 0 && !_binds(state, verifier)) revert NothingToJudge(roundId, account);
        (uint256 x, uint256 y) = Curve.multiply(verifier.x, verifier.y, r);
        bool won = wins(pool, ticketOf(roundId, state.seed, x, y, root, account));
        if (answer != 0) {
            if (answer != answerOf(roundId, x, y, root, account)) return Verdict.Wrong;
            return won ? Verdict.Right : Verdict.Unasked;
        }
        if (!won) revert NothingToJudge(roundId, account);
        return Verdict.Silent;
    }

    /// @dev Takes a penalty, or what is left, from a stake. Who can't pay another one is bound no longer.
    function _punish(bytes32 pool, address account, uint256 penalty)
        private
        returns (uint256 taken, uint256 toCaller)
    {
        Verifier storage verifier = _verifiers[pool][account];
        uint256 stake = verifier.stake;
        taken = stake < penalty ? stake : penalty;
        verifier.stake = uint128(stake - taken);
        toCaller = taken / CALLER_SHARE;
        _burnt += taken - toCaller;
        if (verifier.stake < penalty && verifier.until == type(uint32).max) _pause(pool, account, verifier);
    }

    function _pool(bytes32 pool) private view returns (Pool storage terms) {
        terms = _pools[pool];
        if (terms.oneIn == 0) revert UnknownPool(pool);
    }

    function _round(Round calldata round, RoundStatus wanted)
        private
        view
        returns (bytes32 roundId, RoundState storage state)
    {
        roundId = _roundId(round);
        state = _rounds[roundId];
        if (state.status != wanted) revert WrongStatus(roundId, state.status, wanted);
    }

    function _decided(Round calldata round)
        private
        view
        returns (bytes32 roundId, RoundState storage state, Outcome outcome)
    {
        roundId = _roundId(round);
        state = _rounds[roundId];
        outcome = _outcome(state, _pools[round.pool].revealPeriod);
        if (outcome == Outcome.Pending) revert RoundPending(roundId);
    }

    /// @dev Pending for what was never announced.
    function _outcome(RoundState storage state, uint256 revealPeriod) private view returns (Outcome) {
        if (state.status == RoundStatus.Announced) {
            return block.number > uint256(state.seedBlock) + HASHES ? Outcome.Failed : Outcome.Pending;
        }
        if (state.status == RoundStatus.Drawn) {
            return block.timestamp >= state.respondUntil + revealPeriod ? Outcome.Failed : Outcome.Pending;
        }
        if (state.status == RoundStatus.Revealed) {
            ClaimStatus status = PINPOINT.getClaim(state.claimId).status;
            if (status == ClaimStatus.Finalized) return Outcome.Final;
            if (status == ClaimStatus.Fallen) return Outcome.Failed;
        }
        return Outcome.Pending;
    }

    function _secret(bytes32 root, uint256 r) private pure returns (bytes32) {
        return keccak256(abi.encode(root, r));
    }

    function _roundId(Round memory round) private view returns (bytes32) {
        return keccak256(abi.encode(ROUND, block.chainid, address(this), round));
    }

    /// @inheritdoc IAttention
    function burned() external view returns (uint256) {
        return _burnt - 1;
    }

    /// @inheritdoc IAttention
    function depositOf(bytes32 pool) external view returns (uint256) {
        return _deposit(_pool(pool), _counts[pool].enrolled);
    }

    /// @inheritdoc IAttention
    function poolOf(Pool calldata terms) public view returns (bytes32) {
        return keccak256(abi.encode(POOL, block.chainid, address(this), terms));
    }

    /// @inheritdoc IAttention
    function roundIdOf(Round calldata round) external view returns (bytes32) {
        return _roundId(round);
    }

    /// @inheritdoc IAttention
    function commitmentOf(Round calldata round, bytes32 root, bytes32 salt) public view returns (bytes32) {
        return keccak256(
            abi.encode(
                COMMITMENT,
                block.chainid,
                address(this),
                round.submitter,
                round.pool,
                round.first,
                round.count,
                root,
                salt
            )
        );
    }

    /// @inheritdoc IAttention
    function ticketOf(
        bytes32 roundId,
        bytes32 seed,
        uint256 sharedX,
        uint256 sharedY,
        bytes32 root,
        address account
    ) public pure returns (uint256) {
        return uint256(keccak256(abi.encode(TICKET, roundId, seed, sharedX, sharedY, root, account)));
    }

    /// @inheritdoc IAttention
    function wins(bytes32 pool, uint256 ticket) public view returns (bool) {
        return ticket <= type(uint256).max / _pool(pool).oneIn;
    }

    /// @inheritdoc IAttention
    function answerOf(bytes32 roundId, uint256 sharedX, uint256 sharedY, bytes32 root, address account)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(ANSWER, roundId, sharedX, sharedY, root, account));
    }

    /// @inheritdoc IAttention
    function outcomeOf(Round calldata round) external view returns (Outcome) {
        return _outcome(_rounds[_roundId(round)], _pools[round.pool].revealPeriod);
    }

    /// @inheritdoc IAttention
    function getPool(bytes32 pool) external view returns (Pool memory terms, uint16 enrolled, uint32 rounds) {
        Count storage count = _counts[pool];
        return (_pool(pool), count.enrolled, count.rounds);
    }

    /// @inheritdoc IAttention
    function getVerifier(bytes32 pool, address account) external view returns (Verifier memory) {
        return _verifiers[pool][account];
    }

    /// @inheritdoc IAttention
    function getRound(bytes32 roundId) external view returns (RoundState memory) {
        return _rounds[roundId];
    }

    /// @inheritdoc IAttention
    function roundOf(bytes32 claimId, bytes32 pool) external view returns (bytes32) {
        return _announced[claimId][pool];
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {Claims} from "./Claims.sol";
import {Games} from "./Games.sol";
import {IArbiter, IGraphArbiter} from "./IArbiters.sol";
import {IPinpoint} from "./IPinpoint.sol";
import {IRegistry} from "./IRegistry.sol";
import {CHALLENGE_MOVES, LEAST_PARTS, MACHINE_LIMIT, MOST_PARTS} from "./Limits.sol";
import {
    Claim,
    ClaimState,
    Descent,
    Game,
    GameState,
    GameStatus,
    GraphOutcome,
    GraphStep,
    Leaf,
    Registration,
    Request,
    Rules
} from "./Types.sol";
import {illFormed} from "./WellFormed.sol";

/// @title Claims about model runs, and the games that decide them
/// @notice docs/protocol.md is the specification.
contract Pinpoint is Games {
    uint8 private constant GRAPH = 0;
    uint8 private constant MACHINE = 1;

    /// @inheritdoc IPinpoint
    uint256 public immutable override K;
    IArbiter public immutable ARBITER;
    IGraphArbiter public immutable GRAPH_ARBITER;
    /// @dev Levels of the tree over a dissection.
    uint256 private immutable DEPTH;

    /// @dev Positions that the submitter has answered and whose answers it wants to serve other games, with the positions after them.
    mapping(bytes32 position => bytes32 next) private _answers;

    /// @param k Parts of a dissection.
    constructor(uint256 k, IRegistry registry, IArbiter arbiter, IGraphArbiter graphArbiter, address demands)
        Claims(registry, demands)
    {
        if (k < LEAST_PARTS || k > MOST_PARTS) revert InvalidParameter("k", k, LEAST_PARTS, MOST_PARTS);
        if (address(arbiter).code.length == 0) revert NoCode(address(arbiter));
        if (address(graphArbiter).code.length == 0) revert NoCode(address(graphArbiter));
        K = k;
        DEPTH = Commit.dissectionDepth(k);
        ARBITER = arbiter;
        GRAPH_ARBITER = graphArbiter;
    }

    /// @inheritdoc IPinpoint
    function challenge(
        Claim calldata claim_,
        Registration calldata registration,
        Request calldata request,
        Leaf calldata leaf,
        uint32 number
    ) external payable returns (bytes32 gameId) {
        (bytes32 claimId, ClaimState storage state) = _openClaim(claim_);
        if (block.timestamp >= state.windowEnds) revert WindowClosed(state.windowEnds, block.timestamp);
        if (msg.sender == state.submitter) revert SelfChallenge(msg.sender);
        _checkLeaf(claim_, Commit.request(address(this), request), leaf);
        (bytes32 model, uint32 maxIterations, Rules memory rules) = REGISTRY.rulesOf(claim_.offer);
        uint256 bond = uint256(rules.challengeBond) * 1 gwei;
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        if (illFormed(claim_.source, request, model, maxIterations)) {
            revert IllFormedRequest(Commit.request(address(this), request));
        }
        bytes32 computed = Commit.model(registration);
        if (computed != model) revert NotTheModel(computed, model);
        bytes32 initial = Commit.initialSlots(registration.outputsRoot, registration.rest);
        if (initial != registration.initialSlotsRoot) {
            revert IRegistry.InitialSlotsRootMismatch(initial, registration.initialSlotsRoot);
        }
        _open(msg.sender);

        Game memory game;
        game.claimId = claimId;
        game.challenger = msg.sender;
        game.number = number;
        game.iterations = request.iterations;
        // FINISH is a step of its own.
        game.hi = uint64(uint256(registration.length) * request.iterations + 1);
        game.loHash = Commit.graphRunning(
            0, Commit.node(Commit.node(request.inputsRoot, registration.outputsRoot), registration.rest)
        );
        game.hiHash = leaf.end;
        game.code = model;
        gameId = Commit.gameId(claimId, msg.sender, number);
        if (games[gameId].status != GameStatus.None) revert GameExists(gameId);
        bool repaid = state.repaid < _places(rules);
        state.open += 1;
        if (repaid) state.repaid += 1;
        games[gameId] = GameState({
            state: Commit.gameState(game),
            lastMove: uint32(block.timestamp),
            submitterClock: rules.clock,
            challengerClock: rules.clock,
            increment: rules.increment,
            descentIncrement: rules.descentIncrement,
            challengeBond: rules.challengeBond,
            turn: SUBMITTER,
            moves: uint8(CHALLENGE_MOVES),
            repaid: repaid,
            status: GameStatus.Open
        });
        emit Challenged(
            gameId,
            claimId,
            msg.sender,
            state.submitter,
            number,
            leaf.index,
            request,
            game.hi,
            game.loHash,
            leaf.end,
            repaid,
            rules.clock,
            rules.clock
        );
    }

    /// @inheritdoc IPinpoint
    function dissect(Game calldata game, bytes32[] calldata hashes, bool keep) external {
        (bytes32 gameId, GameState storage stored, Game memory next) = _move(game, SUBMITTER);
        _onlySubmitter(game);
        bytes32 position = keep ? Commit.position(next) : bytes32(0);
        next.dissection = _dissection(next, hashes);
        next.turn = CHALLENGER;
        if (keep) _answers[position] = Commit.position(next);
        _store(stored, next);
        emit Dissected(gameId, hashes, keep, stored.submitterClock, stored.challengerClock);
    }

    /// @inheritdoc IPinpoint
    function select(
        Game calldata game,
        uint8 part,
        bytes32 loHash,
        bytes32 hiHash,
        bytes32[] calldata siblings
    ) external {
        (bytes32 gameId, GameState storage stored, Game memory next) = _move(game, CHALLENGER);
        if (msg.sender != next.challenger) revert NotThePlayer(msg.sender, next.challenger);
        uint256 length = next.hi - next.lo;
        uint256 parts = length < K ? length : K;
        if (part >= parts) revert PartOutOfRange(part, parts);
        if (part == 0 && loHash != next.loHash) revert PartStartMismatch(loHash, next.loHash);
        uint256 wanted = Commit.siblingCount(part, DEPTH);
        if (siblings.length != wanted) revert WrongSiblingCount(siblings.length, wanted);
        bytes32 root = Commit.partRoot(part, loHash, hiHash, siblings, DEPTH);
        if (root != next.dissection) revert DissectionMismatch(root, next.dissection);

        next.hi = uint64(next.lo + (length * (uint256(part) + 1)) / parts);
        next.lo = uint64(next.lo + (length * part) / parts);
        next.loHash = loHash;
        next.hiHash = hiHash;
        next.dissection = 0;
        next.turn = SUBMITTER;
        _store(stored, next);
        stored.moves += 1;
        if (next.level == GRAPH && next.hi - next.lo == 1) {
            stored.submitterClock = _added(stored.submitterClock, stored.descentIncrement);
        }
        emit Selected(
            gameId, part, next.lo, next.hi, loHash, hiHash, stored.submitterClock, stored.challengerClock
        );
    }

    /// @inheritdoc IPinpoint
    function descend(
        Game calldata game,
        Registration calldata registration,
        Descent calldata descent,
        bytes32[] calldata hashes,
        bool keep
    ) external {
        (bytes32 gameId, GameState storage stored, Game memory next) = _move(game, SUBMITTER);
        _onlySubmitter(game);
        _single(next, GRAPH);
        {
            bytes32 computed = Commit.model(registration);
            if (computed != next.code) revert NotTheModel(computed, next.code);
        }
        GraphOutcome memory outcome = GRAPH_ARBITER.judge(
            GraphStep({
                programRoot: registration.programRoot,
                dataRoot: registration.image.dataRoot,
                length: registration.length,
                iterations: next.iterations,
                state: next.loHash
            }),
            descent
        );
        if (outcome.next != next.hiHash) revert EndMismatch(outcome.next, next.hiHash);
        uint64 steps;
        if (outcome.decided) {
            if (hashes.length != 0) revert WrongHashCount(hashes.length, 0);
        } else {
            steps = descent.steps;
            if (steps == 0 || steps > MACHINE_LIMIT) revert StepsOutOfRange(steps, MACHINE_LIMIT);
            bytes32 position = keep ? Commit.position(next) : bytes32(0);
            next.level = MACHINE;
            next.lo = 0;
            next.hi = steps;
            next.loHash = outcome.start;
            next.hiHash = outcome.end;
            next.code = registration.image.codeRoot;
            if (steps > 1) {
                next.turn = CHALLENGER;
                next.dissection = _dissection(next, hashes);
            } else if (hashes.length != 0) {
                revert WrongHashCount(hashes.length, 0);
            }
            if (keep) _answers[position] = Commit.position(next);
            _store(stored, next);
            stored.challengerClock = _added(stored.challengerClock, stored.descentIncrement);
        }
        // For a step that is decided these are 0.
        emit Descended(
            gameId,
            game.lo,
            steps == 0 ? bytes32(0) : next.code,
            steps,
            outcome.start,
            outcome.end,
            hashes,
            keep,
            stored.submitterClock,
            stored.challengerClock
        );
        if (steps == 0) _submitterWins(gameId, next, stored, msg.sender, 0, 0);
    }

    /// @inheritdoc IPinpoint
    function repeatAnswer(Game calldata game, Game calldata next_) external {
        (bytes32 gameId, GameState storage stored, Game memory next) = _move(game, SUBMITTER);
        bytes32 position = Commit.position(next);
        next.level = next_.level;
        next.turn = next_.turn;
        next.lo = next_.lo;
        next.hi = next_.hi;
        next.loHash = next_.loHash;
        next.hiHash = next_.hiHash;
        next.dissection = next_.dissection;
        next.code = next_.code;
        bytes32 answer = Commit.position(next);
        // No position hashes to 0.
        if (_answers[position] != answer) revert NoSuchAnswer(position, answer);
        _store(stored, next);
        if (next.level != game.level) {
            stored.challengerClock = _added(stored.challengerClock, stored.descentIncrement);
        }
        emit Repeated(gameId, position, msg.sender, stored.submitterClock, stored.challengerClock);
    }

    /// @inheritdoc IPinpoint
    function prove(Claim calldata claim_, Game calldata passed, bytes calldata witness) external {
        (bytes32 gameId, GameState storage stored, Game memory game) = _move(passed, SUBMITTER);
        _single(game, MACHINE);
        (bytes32 previous, bytes32 next) = ARBITER.step(game.code, game.lo, witness);
        if (previous != game.loHash) revert StartMismatch(previous, game.loHash);
        emit Proved(gameId, msg.sender, next);
        // A state has one next state, so whoever brings the witness decides the game for the side that is right.
        if (next == game.hiHash) {
            _submitterWins(gameId, game, stored, msg.sender, 0, 0);
        } else {
            _challengerWins(gameId, game, stored, _rulesOf(claim_, game.claimId), msg.sender, 0, 0);
        }
    }

    /// @dev Checks what every move has in common: the game is open, the state is its, it is this side's turn and in time. `next`
    /// is the state, to be made the one after the move.
    function _move(Game calldata game, uint8 turn)
        private
        view
        returns (bytes32 gameId, GameState storage stored, Game memory next)
    {
        next = game;
        (gameId, stored) = _openGame(next);
        if (next.turn != turn) revert NotYourTurn(next.turn);
        (uint256 elapsed, uint256 clock, bool out) = _clock(stored);
        if (out) revert ClockRanOut(elapsed, clock);
    }

    function _store(GameState storage stored, Game memory next) private {
        stored.state = Commit.gameState(next);
        _turn(stored, next.turn);
    }

    function _onlySubmitter(Game calldata game) private view {
        address submitter = claims[game.claimId].submitter;
        if (msg.sender != submitter) revert NotThePlayer(msg.sender, submitter);
    }

    /// @dev A segment of one step of this level.
    function _single(Game memory game, uint8 level) private pure {
        if (game.level != level) revert WrongLevel(game.level, level);
        if (game.hi - game.lo != 1) revert WrongSegment(game.lo, game.hi);
    }

    /// @dev Root of a segment's dissection with these inner hashes.
    function _dissection(Game memory game, bytes32[] calldata hashes) private view returns (bytes32) {
        uint256 length = game.hi - game.lo;
        if (length < 2) revert WrongSegment(game.lo, game.hi);
        uint256 wanted = (length < K ? length : K) - 1;
        if (hashes.length != wanted) revert WrongHashCount(hashes.length, wanted);
        return Commit.dissection(hashes, game.hiHash, DEPTH);
    }
}

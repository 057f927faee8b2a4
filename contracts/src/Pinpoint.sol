// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "./Commit.sol";
import {Games} from "./Games.sol";
import {
    ClaimState,
    ClaimStatus,
    Descent,
    Game,
    GameState,
    GameStatus,
    GraphOutcome,
    GraphStep,
    IArbiter,
    IGraphArbiter,
    IPinpoint,
    ModelState,
    Parameters,
    Request
} from "./IPinpoint.sol";

/// @title Claims about model runs, and the games that decide them
/// @notice docs/protocol.md is the specification.
contract Pinpoint is Games {
    uint8 private constant GRAPH = 0;
    uint8 private constant MACHINE = 1;
    /// @dev No run of the machine is longer.
    uint64 private constant LIMIT = 1 << 48;

    IArbiter public immutable ARBITER;
    IGraphArbiter public immutable GRAPH_ARBITER;

    constructor(Parameters memory parameters, IArbiter arbiter, IGraphArbiter graphArbiter)
        Games(parameters)
    {
        if (address(arbiter).code.length == 0) revert NoCode(address(arbiter));
        if (address(graphArbiter).code.length == 0) revert NoCode(address(graphArbiter));
        ARBITER = arbiter;
        GRAPH_ARBITER = graphArbiter;
    }

    /// @inheritdoc IPinpoint
    function challenge(Request calldata request, address submitter, bytes32 end)
        external
        payable
        returns (bytes32 gameId)
    {
        if (msg.value != CHALLENGE_BOND) revert WrongBond(msg.value, CHALLENGE_BOND);
        bytes32 claimId = Commit.claim(Commit.request(request), submitter, end);
        ClaimState storage state = claims[claimId];
        if (state.status != ClaimStatus.Open) revert ClaimNotOpen(claimId, state.status);
        if (block.timestamp >= state.windowEnds) revert WindowClosed(state.windowEnds, block.timestamp);
        if (msg.sender == submitter) revert SelfChallenge(submitter);
        _open(msg.sender);
        uint32 number = state.games;
        gameId = Commit.gameId(claimId, msg.sender, number);
        state.games += 1;
        state.openGames += 1;
        state.weight += 1;
        ModelState storage model = models[request.model];
        Game memory game;
        game.id = gameId;
        // FINISH is a step of its own.
        game.hi = uint64(uint256(model.length) * request.iterations + 1);
        game.loHash = Commit.graphRunning(
            0, Commit.node(Commit.node(request.inputsRoot, model.outputsRoot), model.rest)
        );
        game.hiHash = end;
        games[gameId] = GameState({
            state: Commit.gameState(game),
            claimId: claimId,
            model: request.model,
            lastMove: uint40(block.timestamp),
            submitterClock: uint32(CLOCK),
            challengerClock: uint32(CLOCK),
            turn: SUBMITTER,
            moves: 1,
            status: GameStatus.Open,
            challenger: msg.sender,
            iterations: request.iterations
        });
        emit Challenged(
            gameId,
            claimId,
            msg.sender,
            submitter,
            number,
            game.hi,
            game.loHash,
            end,
            uint32(CLOCK),
            uint32(CLOCK)
        );
    }

    /// @inheritdoc IPinpoint
    function dissect(Game calldata game, bytes32[] calldata hashes) external {
        (GameState storage stored, Game memory next) = _move(game, SUBMITTER);
        _onlySubmitter(stored);
        next.dissection = _dissection(next, hashes);
        next.turn = CHALLENGER;
        _store(stored, next);
        emit Dissected(next.id, hashes, stored.submitterClock, stored.challengerClock);
    }

    /// @inheritdoc IPinpoint
    function select(
        Game calldata game,
        uint8 part,
        bytes32 loHash,
        bytes32 hiHash,
        bytes32[] calldata siblings
    ) external {
        (GameState storage stored, Game memory next) = _move(game, CHALLENGER);
        if (msg.sender != stored.challenger) revert NotThePlayer(msg.sender, stored.challenger);
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
        claims[stored.claimId].weight += 1;
        if (next.level == GRAPH && next.hi - next.lo == 1) {
            stored.submitterClock = _added(stored.submitterClock, DESCENT_INCREMENT);
        }
        emit Selected(
            next.id, part, next.lo, next.hi, loHash, hiHash, stored.submitterClock, stored.challengerClock
        );
    }

    /// @inheritdoc IPinpoint
    function descend(Game calldata game, Descent calldata descent, bytes32[] calldata hashes) external {
        (GameState storage stored, Game memory next) = _move(game, SUBMITTER);
        _onlySubmitter(stored);
        _single(next, GRAPH);
        ModelState storage model = models[stored.model];
        GraphOutcome memory outcome = GRAPH_ARBITER.judge(
            GraphStep({
                programRoot: model.programRoot,
                dataRoot: model.dataRoot,
                length: model.length,
                iterations: stored.iterations,
                state: next.loHash
            }),
            descent
        );
        if (outcome.next != next.hiHash) revert EndMismatch(outcome.next, next.hiHash);
        uint64 graphStep = next.lo;
        uint64 steps;
        // For a step that is decided these are 0, and the event says so.
        next.lo = 0;
        next.loHash = outcome.start;
        next.hiHash = outcome.end;
        if (!outcome.decided) {
            steps = descent.steps;
            if (steps == 0 || steps > LIMIT) revert StepsOutOfRange(steps, LIMIT);
            next.level = MACHINE;
            next.hi = steps;
            next.codeRoot = model.codeRoot;
        }
        if (steps > 1) {
            next.turn = CHALLENGER;
            next.dissection = _dissection(next, hashes);
        } else if (hashes.length != 0) {
            revert WrongHashCount(hashes.length, 0);
        }
        if (steps != 0) {
            _store(stored, next);
            stored.challengerClock = _added(stored.challengerClock, DESCENT_INCREMENT);
        }
        emit Descended(
            next.id,
            graphStep,
            next.codeRoot,
            steps,
            next.loHash,
            next.hiHash,
            hashes,
            stored.submitterClock,
            stored.challengerClock
        );
        if (steps == 0) _submitterWins(next.id, msg.sender, 0, 0);
    }

    /// @inheritdoc IPinpoint
    function prove(Game calldata passed, bytes calldata witness) external {
        (, Game memory game) = _move(passed, SUBMITTER);
        _single(game, MACHINE);
        (bytes32 previous, bytes32 next) = ARBITER.step(game.codeRoot, game.lo, witness);
        if (previous != game.loHash) revert StartMismatch(previous, game.loHash);
        emit Proved(game.id, next);
        // A state has one next state, so whoever brings the witness decides the game for the side that is right.
        if (next == game.hiHash) _submitterWins(game.id, msg.sender, 0, 0);
        else _challengerWins(game.id, msg.sender, 0, 0);
    }

    /// @dev Checks what every move has in common: the game is open, the state is its, it is this side's turn and in time. `next`
    /// is the state, to be made the one after the move.
    function _move(Game calldata game, uint8 turn)
        private
        view
        returns (GameState storage stored, Game memory next)
    {
        next = game;
        stored = _openGame(next.id);
        bytes32 computed = Commit.gameState(next);
        if (computed != stored.state) revert GameStateMismatch(computed, stored.state);
        if (next.turn != turn) revert NotYourTurn(next.turn);
        (uint256 elapsed, uint256 clock, bool out) = _clock(stored);
        if (out) revert ClockRanOut(elapsed, clock);
    }

    function _store(GameState storage stored, Game memory next) private {
        stored.state = Commit.gameState(next);
        _turn(stored, next.turn);
    }

    function _onlySubmitter(GameState storage stored) private view {
        address submitter = claims[stored.claimId].submitter;
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

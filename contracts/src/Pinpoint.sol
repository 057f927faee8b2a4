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
        GameState storage stored = _move(game, SUBMITTER);
        _onlySubmitter(stored);
        Game memory next = game;
        next.dissection = _dissection(game.hi - game.lo, hashes, game.hiHash, game.lo, game.hi);
        next.turn = CHALLENGER;
        stored.state = Commit.gameState(next);
        _turn(stored, CHALLENGER);
        emit Dissected(game.id, hashes, stored.submitterClock, stored.challengerClock);
    }

    /// @inheritdoc IPinpoint
    function select(
        Game calldata game,
        uint8 part,
        bytes32 loHash,
        bytes32 hiHash,
        bytes32[] calldata siblings
    ) external {
        GameState storage stored = _move(game, CHALLENGER);
        if (msg.sender != stored.challenger) revert NotThePlayer(msg.sender, stored.challenger);
        uint256 length = game.hi - game.lo;
        uint256 parts = length < K ? length : K;
        if (part >= parts) revert PartOutOfRange(part, parts);
        if (part == 0 && loHash != game.loHash) revert PartStartMismatch(loHash, game.loHash);
        uint256 wanted = Commit.siblingCount(part, DEPTH);
        if (siblings.length != wanted) revert WrongSiblingCount(siblings.length, wanted);
        bytes32 root = Commit.partRoot(part, loHash, hiHash, siblings, DEPTH);
        if (root != game.dissection) revert DissectionMismatch(root, game.dissection);

        Game memory next = game;
        next.lo = uint64(game.lo + (length * part) / parts);
        next.hi = uint64(game.lo + (length * (uint256(part) + 1)) / parts);
        next.loHash = loHash;
        next.hiHash = hiHash;
        next.dissection = 0;
        next.turn = SUBMITTER;
        stored.state = Commit.gameState(next);
        _turn(stored, SUBMITTER);
        stored.moves += 1;
        claims[stored.claimId].weight += 1;
        if (game.level == GRAPH && next.hi - next.lo == 1) {
            stored.submitterClock = _added(stored.submitterClock, DESCENT_INCREMENT);
        }
        emit Selected(
            game.id,
            part,
            next.lo,
            next.hi,
            loHash,
            hiHash,
            stored.submitterClock,
            stored.challengerClock
        );
    }

    /// @inheritdoc IPinpoint
    function descend(Game calldata game, Descent calldata descent, bytes32[] calldata hashes) external {
        GameState storage stored = _move(game, SUBMITTER);
        _onlySubmitter(stored);
        _single(game, GRAPH);
        ModelState storage model = models[stored.model];
        GraphOutcome memory outcome = GRAPH_ARBITER.judge(
            GraphStep({
                programRoot: model.programRoot,
                dataRoot: model.dataRoot,
                length: model.length,
                iterations: stored.iterations,
                state: game.loHash
            }),
            descent
        );
        if (outcome.next != game.hiHash) revert EndMismatch(outcome.next, game.hiHash);
        if (outcome.decided) {
            if (hashes.length != 0) revert WrongHashCount(hashes.length, 0);
            emit Descended(
                game.id,
                game.lo,
                0,
                0,
                0,
                0,
                hashes,
                stored.submitterClock,
                stored.challengerClock
            );
            _submitterWins(game.id, msg.sender, 0, 0);
            return;
        }
        if (descent.steps == 0 || descent.steps > LIMIT) revert StepsOutOfRange(descent.steps, LIMIT);
        _enterMachine(game, stored, model.codeRoot, descent.steps, outcome, hashes);
    }

    function _enterMachine(
        Game calldata game,
        GameState storage stored,
        bytes32 codeRoot,
        uint64 steps,
        GraphOutcome memory outcome,
        bytes32[] calldata hashes
    ) private {
        Game memory next;
        next.id = game.id;
        next.level = MACHINE;
        next.hi = steps;
        next.loHash = outcome.start;
        next.hiHash = outcome.end;
        next.codeRoot = codeRoot;
        if (steps == 1) {
            if (hashes.length != 0) revert WrongHashCount(hashes.length, 0);
        } else {
            next.turn = CHALLENGER;
            next.dissection = _dissection(steps, hashes, outcome.end, 0, steps);
        }
        stored.state = Commit.gameState(next);
        _turn(stored, next.turn);
        stored.challengerClock = _added(stored.challengerClock, DESCENT_INCREMENT);
        emit Descended(
            game.id,
            game.lo,
            codeRoot,
            steps,
            outcome.start,
            outcome.end,
            hashes,
            stored.submitterClock,
            stored.challengerClock
        );
    }

    /// @inheritdoc IPinpoint
    function prove(Game calldata game, bytes calldata witness) external {
        _move(game, SUBMITTER);
        _single(game, MACHINE);
        (bytes32 previous, bytes32 next) = ARBITER.step(game.codeRoot, game.lo, witness);
        if (previous != game.loHash) revert StartMismatch(previous, game.loHash);
        if (next != game.hiHash) revert EndMismatch(next, game.hiHash);
        emit Proved(game.id, next);
        _submitterWins(game.id, msg.sender, 0, 0);
    }

    /// @dev Checks what every move has in common: the game is open, the state is its, it is this side's turn and in time.
    function _move(Game calldata game, uint8 turn) private view returns (GameState storage stored) {
        stored = _openGame(game.id);
        bytes32 computed = Commit.gameState(game);
        if (computed != stored.state) revert GameStateMismatch(computed, stored.state);
        if (game.turn != turn) revert NotYourTurn(game.turn);
        (uint256 elapsed, uint256 clock, bool out) = _clock(stored);
        if (out) revert ClockRanOut(elapsed, clock);
    }

    function _onlySubmitter(GameState storage stored) private view {
        address submitter = claims[stored.claimId].submitter;
        if (msg.sender != submitter) revert NotThePlayer(msg.sender, submitter);
    }

    /// @dev A segment of one step of this level.
    function _single(Game calldata game, uint8 level) private pure {
        if (game.level != level) revert WrongLevel(game.level, level);
        if (game.hi - game.lo != 1) revert WrongSegment(game.lo, game.hi);
    }

    function _dissection(
        uint256 length,
        bytes32[] calldata hashes,
        bytes32 end,
        uint64 lo,
        uint64 hi
    ) private view returns (bytes32) {
        if (length < 2) revert WrongSegment(lo, hi);
        uint256 parts = length < K ? length : K;
        if (hashes.length != parts - 1) revert WrongHashCount(hashes.length, parts - 1);
        return Commit.dissection(hashes, end, DEPTH);
    }
}

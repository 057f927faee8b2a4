// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Claims} from "./Claims.sol";
import {Commit} from "./Commit.sol";
import {ClaimState, ClaimStatus, GameState, GameStatus, IPinpoint, Parameters} from "./IPinpoint.sol";

/// @title Clocks and the ends of games
abstract contract Games is Claims {
    uint8 internal constant SUBMITTER = 0;
    uint8 internal constant CHALLENGER = 1;
    /// @dev Of the loser's bond: the caller of `timeout`.
    uint256 internal constant CALLER_SHARE = 20;
    /// @dev Of its bond: what a submitter who concedes keeps.
    uint256 internal constant CONCEDED_CLAIM_SHARE = 8;
    /// @dev Of its bond: what a challenger who concedes keeps.
    uint256 internal constant CONCEDED_CHALLENGE_SHARE = 2;

    uint256 public immutable override K;
    uint256 public immutable override CLOCK;
    uint256 public immutable override INCREMENT;
    uint256 public immutable override DESCENT_INCREMENT;
    uint256 public immutable override CHALLENGE_BOND;
    /// @dev Levels of the tree over a dissection.
    uint256 internal immutable DEPTH;

    mapping(bytes32 gameId => GameState) internal games;

    constructor(Parameters memory parameters) Claims(parameters) {
        _checkRange("k", parameters.k, 2, 64);
        _checkRange("clock", parameters.clock, 1, 365 days);
        _checkRange("increment", parameters.increment, 0, 30 days);
        _checkRange("descentIncrement", parameters.descentIncrement, 0, 30 days);
        _checkRange("challengeBond", parameters.challengeBond, 1, type(uint120).max);
        K = parameters.k;
        DEPTH = Commit.dissectionDepth(parameters.k);
        CLOCK = parameters.clock;
        INCREMENT = parameters.increment;
        DESCENT_INCREMENT = parameters.descentIncrement;
        CHALLENGE_BOND = parameters.challengeBond;
    }

    /// @dev The one place that says whether a clock has run out: a move is valid while elapsed < clock, `timeout` from
    /// elapsed >= clock on.
    function _clock(GameState storage game) internal view returns (uint256 elapsed, uint256 clock, bool out) {
        elapsed = block.timestamp - game.lastMove;
        clock = game.turn == SUBMITTER ? game.submitterClock : game.challengerClock;
        out = elapsed >= clock;
    }

    function _added(uint256 clock, uint256 increment) internal pure returns (uint32) {
        uint256 sum = clock + increment;
        return sum > type(uint32).max ? type(uint32).max : uint32(sum);
    }

    /// @dev Ends the turn: the mover's clock loses what it took and gains the increment.
    function _turn(GameState storage game, uint8 next) internal {
        (uint256 elapsed, uint256 clock,) = _clock(game);
        uint32 left = _added(clock - elapsed, INCREMENT);
        if (game.turn == SUBMITTER) game.submitterClock = left;
        else game.challengerClock = left;
        game.turn = next;
        game.lastMove = uint40(block.timestamp);
    }

    /// @dev A game that still decides something.
    function _openGame(bytes32 gameId) internal view returns (GameState storage game) {
        game = games[gameId];
        if (game.status != GameStatus.Open) revert GameNotOpen(gameId, game.status);
        ClaimStatus status = claims[game.claimId].status;
        if (status != ClaimStatus.Open) revert ClaimNotOpen(game.claimId, status);
    }

    /// @dev What a game that is decided needs no more: emptying it pays a part of the last move.
    function _forget(GameState storage game) private {
        game.state = 0;
        game.claimId = 0;
    }

    /// @dev The claim has survived this game. Its challenger's bond goes to the submitter but for what others get.
    function _submitterWins(bytes32 gameId, address caller, uint256 toCaller, uint256 toChallenger) internal {
        GameState storage game = games[gameId];
        bytes32 claimId = game.claimId;
        ClaimState storage state = claims[claimId];
        game.status = GameStatus.SubmitterWon;
        _forget(game);
        state.openGames -= 1;
        state.weight -= game.moves;
        uint256 toSubmitter = CHALLENGE_BOND - toCaller - toChallenger;
        emit Resolved(gameId, claimId, true, 0, toSubmitter, toChallenger, toCaller, 0);
        _credit(caller, toCaller);
        if (toChallenger != 0) _credit(game.challenger, toChallenger);
        _credit(state.submitter, toSubmitter);
    }

    /// @dev The claim falls. Half of its bond is burned, so that losing to oneself costs; of the rest, half is the winner's
    /// and half is shared by all whose games weren't lost, by their moves: shams dilute only that.
    function _challengerWins(bytes32 gameId, address caller, uint256 toCaller, uint256 toSubmitter) internal {
        GameState storage game = games[gameId];
        bytes32 claimId = game.claimId;
        ClaimState storage state = claims[claimId];
        game.status = GameStatus.ChallengerWon;
        _forget(game);
        state.status = ClaimStatus.Fallen;
        state.openGames -= 1;
        uint256 toBurn = CLAIM_BOND - CLAIM_BOND / 2;
        uint256 pool = CLAIM_BOND - toBurn - toCaller - toSubmitter;
        uint256 weight = state.weight;
        uint256 others = weight - game.moves;
        uint256 toPool = pool / 2;
        toPool = others == 0 ? 0 : toPool - (toPool * (weight - others)) / weight;
        uint256 toWinner = pool - toPool;
        state.weight = uint64(others);
        state.pool = uint128(toPool);
        _burn(toBurn);
        emit Resolved(
            gameId, claimId, false, toBurn, toSubmitter, CHALLENGE_BOND + toWinner, toCaller, toPool
        );
        emit Fallen(claimId, gameId, toBurn, pool, weight);
        _credit(caller, toCaller);
        _credit(state.submitter, toSubmitter);
        _credit(game.challenger, CHALLENGE_BOND + toWinner);
        // Emptying a word that has been read pays more than it costs; where the submitter wins it hasn't been.
        game.challenger = address(0);
        game.iterations = 0;
    }

    /// @inheritdoc IPinpoint
    function concede(bytes32 gameId) external {
        GameState storage game = _openGame(gameId);
        address submitter = claims[game.claimId].submitter;
        bool isChallenger = msg.sender == game.challenger;
        if (!isChallenger && msg.sender != submitter) {
            revert NotThePlayer(msg.sender, game.turn == SUBMITTER ? submitter : game.challenger);
        }
        if (isChallenger == (game.turn == CHALLENGER)) {
            // Who has lost by the clock can't save a part of its bond from `timeout`.
            (uint256 elapsed, uint256 clock, bool out) = _clock(game);
            if (out) revert ClockRanOut(elapsed, clock);
        }
        emit Conceded(gameId, msg.sender);
        if (isChallenger) {
            _submitterWins(gameId, msg.sender, 0, CHALLENGE_BOND / CONCEDED_CHALLENGE_SHARE);
        } else {
            _challengerWins(gameId, msg.sender, 0, CLAIM_BOND / CONCEDED_CLAIM_SHARE);
        }
    }

    /// @inheritdoc IPinpoint
    function timeout(bytes32 gameId) external {
        GameState storage game = _openGame(gameId);
        (uint256 elapsed, uint256 clock, bool out) = _clock(game);
        if (!out) revert ClockRunning(elapsed, clock);
        bool isSubmitter = game.turn == SUBMITTER;
        address loser = isSubmitter ? claims[game.claimId].submitter : game.challenger;
        emit TimedOut(gameId, loser, msg.sender);
        if (isSubmitter) _challengerWins(gameId, msg.sender, CLAIM_BOND / CALLER_SHARE, 0);
        else _submitterWins(gameId, msg.sender, CHALLENGE_BOND / CALLER_SHARE, 0);
    }

    /// @inheritdoc IPinpoint
    function settle(bytes32 gameId) external {
        GameState storage game = games[gameId];
        ClaimState storage state = claims[game.claimId];
        if (game.status != GameStatus.Open || state.status != ClaimStatus.Fallen) {
            revert NotMoot(gameId, game.status, state.status);
        }
        game.status = GameStatus.Settled;
        state.openGames -= 1;
        uint256 share = (uint256(state.pool) * game.moves) / state.weight;
        state.pool -= uint128(share);
        state.weight -= game.moves;
        emit Settled(gameId, game.claimId, game.challenger, CHALLENGE_BOND, share);
        _credit(game.challenger, CHALLENGE_BOND + share);
    }

    /// @inheritdoc IPinpoint
    function getGame(bytes32 gameId) external view returns (GameState memory) {
        return games[gameId];
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Claims} from "./Claims.sol";
import {Commit} from "./Commit.sol";
import {IPinpoint} from "./IPinpoint.sol";
import {Claim, ClaimState, ClaimStatus, Game, GameState, GameStatus, Rules} from "./Types.sol";

/// @title Clocks and the ends of games
abstract contract Games is Claims {
    uint8 internal constant SUBMITTER = 0;
    uint8 internal constant CHALLENGER = 1;
    /// @dev Of its bond: what a submitter who concedes keeps.
    uint256 internal constant CONCEDED_CLAIM_SHARE = 8;
    /// @dev Of its bond: what a challenger who concedes keeps.
    uint256 internal constant CONCEDED_CHALLENGE_SHARE = 2;
    /// @dev Of the claim's bond: what is there to repay the moves of challengers whose games become moot.
    uint256 internal constant REPAYMENT_SHARE = 8;

    mapping(bytes32 gameId => GameState) internal games;

    /// @dev The one place that says whether a clock has run out: a move is valid while elapsed < clock, `timeout` from
    /// elapsed >= clock on.
    function _clock(GameState storage stored)
        internal
        view
        returns (uint256 elapsed, uint256 clock, bool out)
    {
        elapsed = block.timestamp - stored.lastMove;
        clock = stored.turn == SUBMITTER ? stored.submitterClock : stored.challengerClock;
        out = elapsed >= clock;
    }

    function _added(uint256 clock, uint256 increment) internal pure returns (uint32) {
        uint256 sum = clock + increment;
        return sum > type(uint32).max ? type(uint32).max : uint32(sum);
    }

    /// @dev Ends the turn: the mover's clock loses what it took and gains the increment.
    function _turn(GameState storage stored, uint8 next) internal {
        (uint256 elapsed, uint256 clock,) = _clock(stored);
        uint32 left = _added(clock - elapsed, stored.increment);
        if (stored.turn == SUBMITTER) stored.submitterClock = left;
        else stored.challengerClock = left;
        stored.turn = next;
        stored.lastMove = uint32(block.timestamp);
    }

    /// @dev The game that a state passed is of; reverts if it is decided, or if this isn't its state.
    function _stored(Game memory game) internal view returns (bytes32 gameId, GameState storage stored) {
        gameId = Commit.gameId(game.claimId, game.challenger, game.number);
        stored = games[gameId];
        if (stored.status != GameStatus.Open) revert GameNotOpen(gameId, stored.status);
        bytes32 computed = Commit.gameState(game);
        if (computed != stored.state) revert GameStateMismatch(computed, stored.state);
    }

    /// @dev A game that still decides something.
    function _openGame(Game memory game) internal view returns (bytes32 gameId, GameState storage stored) {
        (gameId, stored) = _stored(game);
        ClaimStatus status = claims[game.claimId].status;
        if (status != ClaimStatus.Open) revert ClaimNotOpen(game.claimId, status);
    }

    /// @dev The offer's rules, for a game of this claim.
    function _rulesOf(Claim calldata claim_, bytes32 claimId) internal view returns (Rules memory) {
        bytes32 computed = Commit.claim(address(this), claim_);
        if (computed != claimId) revert ClaimMismatch(computed, claimId);
        return REGISTRY.getRules(claim_.offer);
    }

    /// @dev Challengers whose moves a claim's bond is sure to repay.
    function _places(Rules memory rules) internal pure returns (uint256 places) {
        places = uint256(rules.claimBond) * 1 gwei / REPAYMENT_SHARE / _reserve(rules);
        if (places > type(uint8).max) places = type(uint8).max;
    }

    /// @dev The game is decided: its state is forgotten, which pays a part of the last move.
    function _close(GameState storage stored, ClaimState storage state, GameStatus status) private {
        stored.status = status;
        stored.state = 0;
        state.open -= 1;
        if (stored.repaid) state.repaid -= 1;
    }

    /// @dev The claim has survived this game. Its challenger's bond goes to the submitter but for what others get.
    /// @param callerShare Of the bond, to the caller: one part in so many; 0: nothing.
    /// @param challengerShare The same for the challenger.
    function _submitterWins(
        bytes32 gameId,
        Game memory game,
        GameState storage stored,
        address caller,
        uint256 callerShare,
        uint256 challengerShare
    ) internal {
        ClaimState storage state = claims[game.claimId];
        uint256 bond = uint256(stored.challengeBond) * 1 gwei;
        _close(stored, state, GameStatus.SubmitterWon);
        uint256 toCaller = callerShare == 0 ? 0 : bond / callerShare;
        uint256 toChallenger = challengerShare == 0 ? 0 : bond / challengerShare;
        uint256 toSubmitter = bond - toCaller - toChallenger;
        emit Resolved(gameId, game.claimId, true, 0, toSubmitter, toChallenger, toCaller, 0);
        _credit(caller, toCaller);
        _credit(game.challenger, toChallenger);
        _credit(state.submitter, toSubmitter);
    }

    /// @dev The claim falls. See `_fall`.
    function _challengerWins(
        bytes32 gameId,
        Game memory game,
        GameState storage stored,
        Rules memory rules,
        address caller,
        uint256 callerShare,
        uint256 submitterShare
    ) internal {
        ClaimState storage state = claims[game.claimId];
        uint256 bond = uint256(rules.claimBond) * 1 gwei;
        uint256 challengeBond = uint256(stored.challengeBond) * 1 gwei;
        _close(stored, state, GameStatus.ChallengerWon);
        uint256 toCaller = callerShare == 0 ? 0 : bond / callerShare;
        uint256 toSubmitter = submitterShare == 0 ? 0 : bond / submitterShare;
        (uint256 toBurn, uint256 toWinner, uint256 toOthers) =
            _fall(game.claimId, state, rules, gameId, game.challenger, toCaller, toSubmitter);
        emit Resolved(
            gameId, game.claimId, false, toBurn, toSubmitter, challengeBond + toWinner, toCaller, toOthers
        );
        _credit(caller, toCaller);
        _credit(state.submitter, toSubmitter);
        _credit(game.challenger, challengeBond);
    }

    /// @inheritdoc IPinpoint
    function concede(Claim calldata claim_, Game calldata game) external {
        (bytes32 gameId, GameState storage stored) = _openGame(game);
        bool isChallenger = msg.sender == game.challenger;
        address submitter = claims[game.claimId].submitter;
        if (!isChallenger && msg.sender != submitter) {
            revert NotThePlayer(msg.sender, stored.turn == SUBMITTER ? submitter : game.challenger);
        }
        if (isChallenger == (stored.turn == CHALLENGER)) {
            // Who has lost by the clock can't save a part of its bond from `timeout`.
            (uint256 elapsed, uint256 clock, bool out) = _clock(stored);
            if (out) revert ClockRanOut(elapsed, clock);
        }
        emit Conceded(gameId, msg.sender);
        if (isChallenger) {
            _submitterWins(gameId, game, stored, msg.sender, 0, CONCEDED_CHALLENGE_SHARE);
        } else {
            Rules memory rules = _rulesOf(claim_, game.claimId);
            _challengerWins(gameId, game, stored, rules, msg.sender, 0, CONCEDED_CLAIM_SHARE);
        }
    }

    /// @inheritdoc IPinpoint
    function timeout(Claim calldata claim_, Game calldata game) external {
        (bytes32 gameId, GameState storage stored) = _openGame(game);
        (uint256 elapsed, uint256 clock, bool out) = _clock(stored);
        if (!out) revert ClockRunning(elapsed, clock);
        bool isSubmitter = stored.turn == SUBMITTER;
        emit TimedOut(gameId, isSubmitter ? claims[game.claimId].submitter : game.challenger, msg.sender);
        if (isSubmitter) {
            Rules memory rules = _rulesOf(claim_, game.claimId);
            _challengerWins(gameId, game, stored, rules, msg.sender, CALLER_SHARE, 0);
        } else {
            _submitterWins(gameId, game, stored, msg.sender, CALLER_SHARE, 0);
        }
    }

    /// @inheritdoc IPinpoint
    function settle(Claim calldata claim_, Game calldata game) external {
        (bytes32 gameId, GameState storage stored) = _stored(game);
        ClaimState storage state = claims[game.claimId];
        if (state.status != ClaimStatus.Fallen) revert NotMoot(gameId, stored.status, state.status);
        Rules memory rules = _rulesOf(claim_, game.claimId);
        uint256 bond = uint256(stored.challengeBond) * 1 gwei;
        uint256 repayment;
        uint256 toBurn;
        if (stored.repaid) {
            repayment = uint256(rules.repayment) * 1 gwei * stored.moves;
            toBurn = _reserve(rules) - repayment;
        }
        _close(stored, state, GameStatus.Settled);
        _burn(toBurn);
        emit Settled(gameId, game.claimId, game.challenger, bond, repayment, toBurn);
        _credit(game.challenger, bond + repayment);
    }

    /// @inheritdoc IPinpoint
    function getGame(bytes32 gameId) external view returns (GameState memory) {
        return games[gameId];
    }
}

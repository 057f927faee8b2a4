// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {GameState, GameStatus} from "../../src/Types.sol";
import {VM, Vm} from "../utils/Vm.sol";
import {Table} from "./Table.sol";
import {Trace} from "./Trace.sol";

/// @dev What forge calls at random: claims, challenges, moves, time. Two parties are honest and always in time: a submitter who claims what
/// is true, and a checker who challenges what isn't. All others do what they like: a liar, its two other identities, and a stranger.
contract Handler is Table {
    Vm private constant vm = VM;
    uint256 private constant MOST_CLAIMS = 5;
    uint256 private constant MOST_GAMES = 14;

    address public immutable honest;
    address public immutable checker;
    address public immutable liar;
    address private immutable stranger;
    /// @dev Repayments of the checker's moves in games that it won, or that became moot and had a repaid place.
    uint256 public checkerDue;
    mapping(string name => uint256) public counts;

    constructor() Trace(2, 40) Table(6) {
        (honest, checker, liar, stranger) = (accounts[0], accounts[1], accounts[2], accounts[5]);
    }

    // What forge calls.

    function claim(uint256 kind) external {
        if (_claims.length == MOST_CLAIMS) return;
        bool isTrue = kind % 3 == 0;
        Lie memory lie = isTrue
            ? _honest()
            : Lie({
                graph: uint64(kind >> 8) % (CALLS + 1),
                machine: uint64(kind >> 72) % RUN,
                back: uint8(kind >> 136),
                garbage: kind >> 255 == 1
            });
        _claim(isTrue ? honest : liar, lie, isTrue);
        counts["claims"]++;
    }

    /// @dev By the liar's other identities and the stranger; the checker has a mind of its own.
    function challenge(uint256 claimSeed, uint256 who) external {
        if (_claims.length == 0 || _games.length == MOST_GAMES) return;
        _count("challenges", _challenge(claimSeed % _claims.length, accounts[3 + who % 3]));
    }

    /// @dev Moves in the next game that isn't over, by whoever's turn it is, honest or not.
    function move(uint256 gameSeed, uint256 seed) external {
        for (uint256 i = 0; i < _games.length; i++) {
            uint256 game = (gameSeed % _games.length + i) % _games.length;
            if (!_live(game)) continue;
            for (uint256 turn = 0; turn < 1 + seed % 3; turn++) {
                _move(game, uint256(keccak256(abi.encode(seed, turn))));
            }
            return;
        }
    }

    function concede(uint256 gameSeed, bool bySubmitter) external {
        if (_games.length == 0) return;
        uint256 game = gameSeed % _games.length;
        address by = bySubmitter ? _claims[_games[game].claim].claim.submitter : _games[game].game.challenger;
        // The honest have no reason to.
        if (by != honest && by != checker) _count("conceded", _concede(game, by));
    }

    function timeout(uint256 gameSeed) external {
        if (_games.length > 0) _count("timeouts", _timeout(gameSeed % _games.length, stranger));
    }

    /// @dev Time goes by; before it does, the honest do what they have to.
    function pass(uint256 seconds_) external {
        beHonest();
        // Mostly little, at times half a window.
        _warp(_now + (seconds_ % 2 == 0 ? seconds_ >> 8 : (seconds_ >> 8) % 600) % (6 * CLOCK));
    }

    function finalize(uint256 claimSeed) external {
        for (uint256 i = 0; i < _claims.length; i++) {
            uint256 c = (claimSeed % _claims.length + i) % _claims.length;
            if (_claims[c].over || !_finalize(c)) continue;
            counts["finalized"]++;
            return;
        }
    }

    function settle(uint256 gameSeed) external {
        if (_games.length > 0) _count("settled", _settle(gameSeed % _games.length));
    }

    function withdraw(uint256 who) external {
        _withdraw(accounts[who % accounts.length]);
    }

    function repeatAnswer(uint256 gameSeed) external {
        for (uint256 i = 0; i < _games.length; i++) {
            uint256 game = (gameSeed % _games.length + i) % _games.length;
            if (!_live(game) || _games[game].game.turn != 0 || !_repeat(game, stranger)) continue;
            counts["repeated"]++;
            return;
        }
    }

    // What the honest do, and what ends a run.

    /// @dev The checker challenges what is false, and both honest parties answer wherever it is their turn.
    function beHonest() public {
        for (uint256 c = 0; c < _claims.length; c++) {
            if (_claims[c].over || _claims[c].checked || _claims[c].isTrue) continue;
            _claims[c].checked = true;
            _challenge(c, checker);
        }
        for (uint256 i = 0; i < _games.length; i++) {
            if (!_live(i)) continue;
            bool honestTurn = _games[i].game.turn == 0
                ? _claims[_games[i].claim].isTrue
                : _games[i].game.challenger == checker;
            if (honestTurn) _move(i, 1);
        }
    }

    /// @dev Plays everything to its end: the honest in time, all others no more.
    function finish() external {
        for (uint256 round = 0; round < 16; round++) {
            beHonest();
            _warp(_now + CLOCK + 20 * INCREMENT + 2 * DESCENT_INCREMENT);
            for (uint256 i = 0; i < _games.length; i++) {
                if (_live(i)) _timeout(i, stranger);
            }
        }
        for (uint256 i = 0; i < _games.length; i++) {
            if (!_games[i].over) _settle(i);
        }
        for (uint256 c = 0; c < _claims.length; c++) {
            _finalize(c);
        }
        for (uint256 i = 0; i < accounts.length; i++) {
            _withdraw(accounts[i]);
        }
    }

    // Views for the invariants.

    function claimCount() external view returns (uint256) {
        return _claims.length;
    }

    function gameCount() external view returns (uint256) {
        return _games.length;
    }

    function claimAt(uint256 c) external view returns (Claimed memory) {
        return _claims[c];
    }

    function gameAt(uint256 i) external view returns (Played memory) {
        return _games[i];
    }

    function accountCount() external view returns (uint256) {
        return accounts.length;
    }

    function _count(string memory name, bool done) private {
        if (done) counts[name]++;
    }

    function _withdraw(address account) private {
        if (pinpoint.withdrawable(account) == 0) return;
        vm.prank(account);
        pinpoint.withdraw();
    }

    function _move(uint256 i, uint256 seed) private {
        if (!_live(i)) return;
        Played storage played = _games[i];
        uint64 length = played.game.hi - played.game.lo;
        if (played.game.turn == 1) _count("selections", _select(i, _choice(played, seed)));
        else if (length > 1) _count("dissections", _dissect(i, seed % 2 == 0));
        else if (played.game.level == 0) _count("descents", _descend(i, seed % 2 == 0));
        else _count("proofs", _prove(i, stranger));
    }

    /// @dev The checker takes the first part whose end isn't true. Others take any.
    function _choice(Played storage played, uint256 seed) private view returns (uint64 part) {
        if (played.game.challenger != checker) return uint64(seed % played.ends.length);
        for (; part + 1 < played.ends.length; part++) {
            uint64 position = _partEnd(played.game, part);
            bytes32 own = played.game.level == 0 ? truth[position] : _trueState(played.graphStep, position);
            if (played.ends[part] != own) break;
        }
    }

    function _settle(uint256 i) internal override returns (bool done) {
        GameState memory before = pinpoint.getGame(gameId(i));
        done = super._settle(i);
        if (done && before.repaid && _games[i].game.challenger == checker) {
            checkerDue += REPAYMENT * before.moves;
        }
    }

    function _decided(uint256 i) internal override {
        super._decided(i);
        GameState memory state = pinpoint.getGame(gameId(i));
        if (_games[i].game.challenger == checker && state.status == GameStatus.ChallengerWon) {
            checkerDue += REPAYMENT * state.moves;
        }
    }
}

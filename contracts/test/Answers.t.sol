// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {ClaimStatus, Descent, Game, GameState, GameStatus} from "../src/Types.sol";
import {Batches} from "./utils/Batches.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Answers that the submitter gives once for all games of a claim.
contract AnswersTest is Batches {
    /// @dev A dissection that is kept.
    function _keep(Game memory game) private returns (Game memory next, bytes32[] memory ends) {
        ends = _ends(game);
        next = _afterDissect(game, ends);
        vm.prank(submitter);
        pinpoint.dissect(game, _inner(ends), true);
    }

    function _keepDescent(Game memory game) private returns (Game memory next, bytes32[] memory ends) {
        Descent memory descent = _descent(game);
        (next, ends) = _afterDescend(game, descent);
        vm.prank(submitter);
        pinpoint.descend(game, registration, descent, _inner(ends), true);
    }

    /// @dev One round of a game whose answers are kept.
    function _keptRound(address challenger, Game memory game) private returns (Game memory) {
        (Game memory next, bytes32[] memory ends) = _keep(game);
        return _select(challenger, next, ends, _disputed(next, ends));
    }

    /// @dev The state `next` of another game as one of this game.
    function _as(Game memory game, Game memory next) private pure returns (Game memory own) {
        own = _copy(next);
        own.challenger = game.challenger;
        own.number = game.number;
    }

    function _repeatCall(Game memory game, Game memory next) private pure returns (bytes memory) {
        return abi.encodeCall(IPinpoint.repeatAnswer, (game, next));
    }

    function _repeat(Game memory game, Game memory next) private returns (Game memory own) {
        vm.prank(anyone);
        pinpoint.repeatAnswer(game, next);
        own = _as(game, next);
        assertEq(pinpoint.getGame(_gameId(game)).state, keccak256(_preimage(own)));
    }

    function _preimage(Game memory g) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(0x26, g.claimId, g.challenger, g.number, g.iterations, g.level, g.turn, g.lo, g.hi),
            abi.encode(g.loHash, g.hiHash, g.dissection, g.code)
        );
    }

    function _position(Game memory g) private pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(0x2a, g.claimId, g.iterations, g.level, g.turn, g.lo, g.hi),
                abi.encode(g.loHash, g.hiHash, g.dissection, g.code)
            )
        );
    }

    function _noSuchAnswer(Game memory game, Game memory next) private {
        _refused(
            anyone,
            _repeatCall(game, next),
            abi.encodeWithSelector(
                IPinpoint.NoSuchAnswer.selector, _position(game), _position(_as(game, next))
            )
        );
    }

    // What is repeated.

    function testAKeptDissectionServesAnotherGame() public {
        _claim();
        Game memory first = _challenge(alice);
        Game memory second = _challenge(bob);
        (Game memory next, bytes32[] memory ends) = _keep(first);
        second = _repeat(second, next);
        // Each goes on from there by itself.
        _select(alice, next, ends, 3);
        _select(bob, second, ends, 9);
    }

    function testAGameOpenedLaterIsServedToo() public {
        _claim();
        (Game memory next,) = _keep(_challenge(alice));
        skip(WINDOW / 4);
        _repeat(_challenge(bob), next);
    }

    function testARepeatedAnswerIsSeen() public {
        _claim();
        (Game memory next,) = _keep(_challenge(alice));
        Game memory game = _challenge(bob);
        skip(100);
        vm.recordLogs();
        _repeat(game, next);
        Vm.Log memory log = vm.getRecordedLogs()[0];
        assertEq(log.topics[0], IPinpoint.Repeated.selector);
        assertEq(log.topics[1], _gameId(game));
        assertEq(log.topics[2], _position(game));
        assertEq(log.topics[3], bytes32(uint256(uint160(anyone))));
        assertEq(log.data, abi.encode(CLOCK - 100 + INCREMENT, CLOCK));
    }

    function testAnAnswerThatWasNotKeptIsNotRepeated() public {
        _claim();
        (Game memory next,) = _dissect(_challenge(alice));
        _noSuchAnswer(_challenge(bob), next);
    }

    function testADescentThatWasNotKeptIsNotRepeated() public {
        _lie(7, 99);
        _claim();
        Game memory first = _narrow(alice, _challenge(alice));
        Game memory second = _narrow(bob, _challenge(bob));
        (Game memory next,) = _descend(first);
        _noSuchAnswer(second, next);
    }

    function testAKeptDescentServesAnotherGame() public {
        _lie(7, 99);
        _claim();
        Game memory first = _narrow(alice, _challenge(alice));
        Game memory second = _narrow(bob, _challenge(bob));
        (Game memory next, bytes32[] memory ends) = _keepDescent(first);
        second = _repeat(second, next);
        _select(bob, second, ends, _disputed(second, ends));
    }

    function testAKeptDissectionOfTheMachineServesAnotherGame() public {
        _lie(7, 99);
        _claim();
        Game memory first = _narrow(alice, _challenge(alice));
        Game memory second = _narrow(bob, _challenge(bob));
        bytes32[] memory ends;
        (first, ends) = _descend(first);
        first = _select(alice, first, ends, _disputed(first, ends));
        (second, ends) = _descend(second);
        second = _select(bob, second, ends, _disputed(second, ends));
        (Game memory next, bytes32[] memory inner) = _keep(first);
        second = _repeat(second, next);
        _select(bob, second, inner, _disputed(second, inner));
    }

    function testADescentToOneStepIsRepeatedAndProved() public {
        _deploy(16, 1);
        _lie(7, NEVER);
        bytes32 claimId = _claim();
        Game memory first = _narrow(alice, _challenge(alice));
        Game memory second = _narrow(bob, _challenge(bob));
        (Game memory next,) = _keepDescent(first);
        second = _repeat(second, next);
        assertEq(pinpoint.getGame(_gameId(second)).turn, 0);
        _prove(anyone, second);
        _expectWon(second, claimId, false);
    }

    /// @dev Of two answers to one position the later one is kept.
    function testTheLastAnswerIsTheOneKept() public {
        _claim();
        Game memory first = _challenge(alice);
        Game memory second = _challenge(bob);
        Game memory third = _challenge(carol);
        (Game memory next,) = _keep(first);
        bytes32[] memory ends = _ends(second);
        ends[4] = keccak256("another answer");
        Game memory other = _afterDissect(second, ends);
        vm.prank(submitter);
        pinpoint.dissect(second, _inner(ends), true);
        _noSuchAnswer(third, next);
        _repeat(third, other);
    }

    // What is not.

    function testAnotherClaimsAnswersAreNotRepeated() public {
        _claim();
        (Game memory next,) = _keep(_challenge(alice));
        request.nonce++;
        _claim();
        Game memory game = _challenge(bob);
        Game memory forged = _copy(next);
        forged.claimId = game.claimId;
        _noSuchAnswer(game, forged);
    }

    function testAForgedAnswerIsRefused() public {
        _claim();
        (Game memory next,) = _keep(_challenge(alice));
        Game memory game = _challenge(bob);
        for (uint256 field = 0; field < 8; field++) {
            Game memory forged = _copy(next);
            if (field == 0) forged.level = 1;
            if (field == 1) forged.turn = 0;
            if (field == 2) forged.lo++;
            if (field == 3) forged.hi--;
            if (field == 4) forged.loHash = keccak256("x");
            if (field == 5) forged.hiHash = keccak256("x");
            if (field == 6) forged.dissection = keccak256("x");
            if (field == 7) forged.code = keccak256("x");
            _noSuchAnswer(game, forged);
        }
        // Nor is the position itself an answer to it.
        _noSuchAnswer(game, game);
        _repeat(game, next);
    }

    /// @dev Of the answer only what it changes is read: a game stays its challenger's and about its run.
    function testAGameStaysItsOwn() public {
        _claim();
        (Game memory next,) = _keep(_challenge(alice));
        Game memory game = _challenge(bob);
        Game memory foreign = _copy(next);
        foreign.claimId = keccak256("x");
        foreign.challenger = carol;
        foreign.number = 77;
        foreign.iterations = 1;
        vm.prank(anyone);
        pinpoint.repeatAnswer(game, foreign);
        assertEq(pinpoint.getGame(_gameId(game)).state, keccak256(_preimage(_as(game, next))));
    }

    function testAnswersAreRepeatedInTheSubmittersTurn() public {
        _claim();
        (Game memory next,) = _keep(_challenge(alice));
        Game memory second = _repeat(_challenge(bob), next);
        _refused(
            anyone, _repeatCall(second, next), abi.encodeWithSelector(IPinpoint.NotYourTurn.selector, 1)
        );
    }

    function testAnswersAreRepeatedInTime() public {
        _claim();
        Game memory game = _challenge(bob);
        skip(1000);
        (Game memory next,) = _keep(_challenge(alice));
        vm.warp(START + CLOCK - 1);
        uint256 snapshot = vm.snapshotState();
        _repeat(game, next);
        vm.revertToState(snapshot);
        vm.warp(START + CLOCK);
        _refused(
            submitter,
            _repeatCall(game, next),
            abi.encodeWithSelector(IPinpoint.ClockRanOut.selector, CLOCK, CLOCK)
        );
        _timeout(game);
        assertTrue(_status(game) == GameStatus.ChallengerWon);
    }

    function testAFallenClaimsAnswersAreNotRepeated() public {
        bytes32 claimId = _claim();
        Game memory lost = _challenge(carol);
        (Game memory next,) = _keep(_challenge(alice));
        Game memory game = _challenge(bob);
        _concede(submitter, lost);
        _refused(
            anyone,
            _repeatCall(game, next),
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Fallen)
        );
    }

    function testAStaleStateIsNotAnswered() public {
        _claim();
        (Game memory next,) = _keep(_challenge(alice));
        Game memory game = _challenge(bob);
        Game memory now_ = _round(bob, game);
        _refused(
            anyone,
            _repeatCall(game, next),
            abi.encodeWithSelector(
                IPinpoint.GameStateMismatch.selector, keccak256(_preimage(game)), keccak256(_preimage(now_))
            )
        );
    }

    /// @dev Two runs of one input, of which one stops where the other goes on, have the same states up to there. What is an
    /// operator's call in the longer one is the end of the shorter one.
    function testALongerRunsAnswerIsNotAShorterOnes() public {
        _prepare(2);
        requests[1].iterations = 1;
        // False: after one iteration the run is done, and not about to go on.
        runEnds[1] = graphHashes[4];
        _claimBatch();
        _turnTo(0);
        Game memory long = _challenge(alice);
        while (long.hi - long.lo > 1) {
            (Game memory dissected, bytes32[] memory theirs) = _dissect(long);
            uint64 part;
            while (_partEnd(dissected, part) < 4) part++;
            long = _select(alice, dissected, theirs, part);
        }
        assertEq(long.lo, 3);
        (Game memory next,) = _keepDescent(long);
        _turnTo(1);
        Game memory short = _narrow(bob, _challenge(bob));
        assertEq(short.lo, 3);
        assertEq(short.loHash, long.loHash);
        assertEq(short.hiHash, long.hiHash);
        next.iterations = 1;
        _noSuchAnswer(short, next);
        skip(CLOCK + 10 * INCREMENT + DESCENT_INCREMENT);
        _timeout(short);
        _expectWon(short, short.claimId, false);
    }

    // Clocks.

    function testTheSubmittersClockRunsAndGains() public {
        _claim();
        (Game memory next,) = _keep(_challenge(alice));
        Game memory game = _challenge(bob);
        skip(1234);
        _repeat(game, next);
        GameState memory state = pinpoint.getGame(_gameId(game));
        assertEq(state.submitterClock, CLOCK - 1234 + INCREMENT);
        assertEq(state.challengerClock, CLOCK);
        assertEq(state.lastMove, START + 1234);
        assertEq(state.turn, 1);
    }

    function testARepeatedDescentGivesTheChallengerItsTime() public {
        _lie(7, 99);
        _claim();
        Game memory first = _narrow(alice, _challenge(alice));
        Game memory second = _narrow(bob, _challenge(bob));
        (Game memory next,) = _keepDescent(first);
        skip(77);
        GameState memory before = pinpoint.getGame(_gameId(second));
        second = _repeat(second, next);
        GameState memory state = pinpoint.getGame(_gameId(second));
        assertEq(state.submitterClock, before.submitterClock - 77 + INCREMENT);
        assertEq(state.challengerClock, before.challengerClock + DESCENT_INCREMENT);
    }

    function testARepeatedDissectionGivesTheChallengerNone() public {
        _lie(7, 99);
        _claim();
        Game memory first = _toMachine(alice);
        Game memory second = _toMachine(bob);
        uint256 before = pinpoint.getGame(_gameId(second)).challengerClock;
        (Game memory next,) = _keep(first);
        _repeat(second, next);
        assertEq(pinpoint.getGame(_gameId(second)).challengerClock, before);
    }

    /// @dev After the first selection at the machine's level.
    function _toMachine(address challenger) private returns (Game memory game) {
        bytes32[] memory ends;
        (game, ends) = _descend(_narrow(challenger, _challenge(challenger)));
        return _select(challenger, game, ends, _disputed(game, ends));
    }

    // Several challengers to the end.

    /// @dev The submitter plays against the first; what it keeps is repeated against the others.
    function _shared(Game[] memory games) private returns (Game[] memory) {
        while (games[0].level == 0 || games[0].hi - games[0].lo > 1) {
            Game memory next;
            bytes32[] memory ends;
            if (games[0].hi - games[0].lo > 1) (next, ends) = _keep(games[0]);
            else (next, ends) = _keepDescent(games[0]);
            uint64 part = _disputed(next, ends);
            for (uint256 i = games.length; i > 0; i--) {
                Game memory game = i == 1 ? next : _repeat(games[i - 1], next);
                games[i - 1] = _select(game.challenger, game, ends, part);
            }
        }
        return games;
    }

    function testTwoChallengersOfALieShareItsAnswers() public {
        _lie(41, 123_456);
        bytes32 claimId = _claim();
        Game[] memory games = new Game[](2);
        (games[0], games[1]) = (_challenge(alice), _challenge(bob));
        games = _shared(games);
        assertEq(games[1].lo, 123_456);
        _prove(anyone, games[1]);
        _expectWon(games[1], claimId, false);
        // The other challenger's moves are repaid: the challenge, and as many selections.
        uint256 moves = pinpoint.getGame(_gameId(games[0])).moves;
        _settle(games[0]);
        assertEq(_owed(alice), CHALLENGE_BOND + moves * REPAYMENT);
        assertEq(_owed(bob), CHALLENGE_BOND + CLAIM_BOND / 2 - RESERVE);
        _checkMoney();
    }

    function testThreeChallengersOfATruthShareItsAnswers() public {
        bytes32 claimId = _claim();
        Game[] memory games = new Game[](3);
        (games[0], games[1], games[2]) = (_challenge(alice), _challenge(bob), _challenge(carol));
        // They dispute what is true: the first operator's first steps.
        while (games[0].level == 0 || games[0].hi - games[0].lo > 1) {
            Game memory next;
            bytes32[] memory ends;
            if (games[0].hi - games[0].lo > 1) (next, ends) = _keep(games[0]);
            else (next, ends) = _keepDescent(games[0]);
            for (uint256 i = 3; i > 0; i--) {
                Game memory game = i == 1 ? next : _repeat(games[i - 1], next);
                games[i - 1] = _select(game.challenger, game, ends, 0);
            }
        }
        for (uint256 i = 0; i < 3; i++) {
            _prove(anyone, games[i]);
            _expectWon(games[i], claimId, true);
        }
        assertEq(_owed(submitter), 3 * CHALLENGE_BOND);
        _checkMoney();
        skip(WINDOW);
        pinpoint.finalize(claimed);
        _checkMoney();
    }
}

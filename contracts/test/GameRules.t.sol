// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {ClaimStatus, Descent, Game, GameState, GameStatus} from "../src/Types.sol";
import {Moves} from "./utils/Moves.sol";

/// @dev Who may move, on what state, until when, and how a game ends.
contract GameRulesTest is Moves {
    // Turns and players.

    function testOnlyTheSubmitterDissectsAndDescends() public {
        _claim();
        Game memory game = _challenge(alice);
        _notTheirs(_dissectCall(game), submitter);
        game = _narrow(alice, game);
        _notTheirs(_descendCall(game, _descent(game), new bytes32[](0)), submitter);
    }

    function testOnlyItsChallengerSelects() public {
        _claim();
        Game memory other = _challenge(bob);
        Game memory game = _challenge(alice);
        bytes32[] memory ends;
        (game, ends) = _dissect(game);
        _notTheirs(_selectCall(game, ends, 3), alice);
        assertNotEq(_gameId(other), _gameId(game));
    }

    function testMovesOutOfTurnAreRefused() public {
        _claim();
        Game memory game = _challenge(alice);
        bytes32[] memory ends = _ends(game);
        bytes memory notChallengers = abi.encodeWithSelector(IPinpoint.NotYourTurn.selector, 0);
        bytes memory notSubmitters = abi.encodeWithSelector(IPinpoint.NotYourTurn.selector, 1);
        _refused(alice, _selectCall(game, ends, 3), notChallengers);
        (game, ends) = _dissect(game);
        _refused(submitter, _dissectCall(game), notSubmitters);
        Descent memory none;
        _refused(submitter, _descendCall(game, none, new bytes32[](0)), notSubmitters);
        _refused(submitter, _proveCall(game, ""), notSubmitters);
    }

    function testAMoveActsOnTheStateItNames() public {
        _claim();
        Game memory game = _challenge(alice);
        bytes32 stored = pinpoint.getGame(_gameId(game)).state;
        bytes32[] memory hashes = _inner(_ends(game));
        for (uint256 field = 0; field < 9; field++) {
            Game memory changed = _copy(game);
            if (field == 0) changed.level = 1;
            if (field == 1) changed.turn = 1;
            if (field == 2) changed.lo = 1;
            if (field == 3) changed.hi -= 1;
            if (field == 4) changed.loHash = keccak256("x");
            if (field == 5) changed.hiHash = keccak256("x");
            if (field == 6) changed.dissection = keccak256("x");
            if (field == 7) changed.code = keccak256("x");
            if (field == 8) changed.iterations -= 1;
            _refused(
                submitter,
                _dissectCall(changed, hashes),
                abi.encodeWithSelector(
                    IPinpoint.GameStateMismatch.selector, keccak256(_preimage(changed)), stored
                )
            );
        }
        // The move that was made doesn't fit any more.
        _dissect(game);
        _refused(
            submitter,
            _dissectCall(game, hashes),
            abi.encodeWithSelector(
                IPinpoint.GameStateMismatch.selector, stored, pinpoint.getGame(_gameId(game)).state
            )
        );
    }

    function testAStateNamesItsGame() public {
        _claim();
        Game memory game = _challenge(alice);
        bytes32[] memory hashes = _inner(_ends(game));
        for (uint256 field = 0; field < 3; field++) {
            Game memory changed = _copy(game);
            if (field == 0) changed.claimId = keccak256("x");
            if (field == 1) changed.challenger = bob;
            if (field == 2) changed.number = 1;
            _refused(
                submitter,
                _dissectCall(changed, hashes),
                abi.encodeWithSelector(IPinpoint.GameNotOpen.selector, _gameId(changed), GameStatus.None)
            );
        }
    }

    function testGamesOfOneClaimHaveTheirOwnStates() public {
        bytes32 claimId = _claim();
        Game memory first = _challenge(alice);
        Game memory second = _challenge(alice);
        Game memory third = _challenge(bob);
        assertEq(
            _gameId(second),
            keccak256(
                abi.encodePacked(uint8(0x25), block.chainid, address(pinpoint), claimId, alice, uint32(1))
            )
        );
        assertTrue(_gameId(first) != _gameId(second) && _gameId(second) != _gameId(third));
        _dissect(first);
        // A state of the first game says nothing about the second.
        GameState memory state = pinpoint.getGame(_gameId(second));
        assertEq(state.state, keccak256(_preimage(second)));
        assertEq(state.turn, 0);
    }

    function _preimage(Game memory g) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encode(0x26, g.claimId, g.challenger, g.number, g.iterations, g.level, g.turn, g.lo, g.hi),
            abi.encode(g.loHash, g.hiHash, g.dissection, g.code)
        );
    }

    // Clocks.

    function testAMoveIsInTimeUntilTheClockRanOut() public {
        _claim();
        Game memory game = _challenge(alice);
        vm.warp(START + CLOCK - 1);
        bytes memory running = abi.encodeWithSelector(IPinpoint.ClockRunning.selector, CLOCK - 1, CLOCK);
        bytes memory ranOut = abi.encodeWithSelector(IPinpoint.ClockRanOut.selector, CLOCK, CLOCK);
        bytes memory timeout = _timeoutCall(game);
        _refused(anyone, timeout, running);
        uint256 snapshot = vm.snapshotState();
        _dissect(game);
        vm.revertToState(snapshot);
        vm.warp(START + CLOCK);
        _refused(submitter, _dissectCall(game), ranOut);
        // A part of the bond can't be saved from the clock.
        _refused(submitter, _concedeCall(game), ranOut);
        _timeout(game);
        assertTrue(_status(game) == GameStatus.ChallengerWon);
    }

    function testTheChallengersClockRunsInItsTurn() public {
        bytes32 claimId = _claim();
        Game memory game = _challenge(alice);
        skip(100);
        bytes32[] memory ends;
        (game, ends) = _dissect(game);
        GameState memory state = pinpoint.getGame(_gameId(game));
        assertEq(state.submitterClock, CLOCK - 100 + INCREMENT);
        assertEq(state.challengerClock, CLOCK);
        vm.warp(START + 100 + CLOCK);
        bytes memory ranOut = abi.encodeWithSelector(IPinpoint.ClockRanOut.selector, CLOCK, CLOCK);
        _refused(alice, _selectCall(game, ends, 3), ranOut);
        _refused(alice, _concedeCall(game), ranOut);
        _timeout(game);
        _expectWon(game, claimId, true);
    }

    function testClocksGainByMoves() public {
        _lie(7, 99);
        _claim();
        Game memory game = _challenge(alice);
        uint256 mine = CLOCK;
        uint256 theirs = CLOCK;
        bytes32[] memory ends;
        while (game.hi - game.lo > 1) {
            skip(1000);
            (game, ends) = _dissect(game);
            mine = mine - 1000 + INCREMENT;
            skip(500);
            game = _select(alice, game, ends, _disputed(game, ends));
            theirs = theirs - 500 + INCREMENT;
        }
        mine += DESCENT_INCREMENT;
        GameState memory state = pinpoint.getGame(_gameId(game));
        assertEq(state.submitterClock, mine);
        assertEq(state.challengerClock, theirs);
        skip(2000);
        (game, ends) = _descend(game);
        mine = mine - 2000 + INCREMENT;
        theirs += DESCENT_INCREMENT;
        state = pinpoint.getGame(_gameId(game));
        assertEq(state.submitterClock, mine);
        assertEq(state.challengerClock, theirs);
        assertEq(state.turn, 1);
    }

    function testAProofIsInTimeToo() public {
        _claim();
        Game memory game = _challenge(alice);
        bytes32[] memory ends;
        while (game.hi - game.lo > 1) {
            (game, ends) = _dissect(game);
            game = _select(alice, game, ends, 0);
        }
        (game, ends) = _descend(game);
        game = _select(alice, game, ends, 0);
        while (game.hi - game.lo > 1) {
            (game, ends) = _dissect(game);
            game = _select(alice, game, ends, 0);
        }
        uint256 clock = pinpoint.getGame(_gameId(game)).submitterClock;
        skip(clock);
        _refused(
            anyone,
            _proveCall(game, _witness()),
            abi.encodeWithSelector(IPinpoint.ClockRanOut.selector, clock, clock)
        );
    }

    // The end.

    function testAnyEndIsTheOnlyOne() public {
        for (uint256 way = 0; way < 5; way++) {
            request.nonce++;
            vm.warp(START + way * 30 days);
            bytes32 claimId = _claim();
            Game memory game = _challenge(alice);
            bytes32[] memory ends;
            if (way == 0) _concede(submitter, game);
            if (way == 1) _concede(alice, game);
            if (way == 2) {
                vm.warp(START + way * 30 days + CLOCK);
                _timeout(game);
            }
            if (way == 3) {
                (game, ends) = _dissect(game);
                vm.warp(START + way * 30 days + CLOCK);
                _timeout(game);
            }
            if (way == 4) {
                game = _narrow(alice, game);
                Descent memory descent = _descent(game);
                vm.prank(submitter);
                pinpoint.descend(game, registration, descent, new bytes32[](0), false);
            }
            GameStatus status = _status(game);
            bool won = status == GameStatus.SubmitterWon;
            assertEq(won, way == 1 || way >= 3);
            bytes memory over = abi.encodeWithSelector(IPinpoint.GameNotOpen.selector, _gameId(game), status);
            _refused(submitter, _concedeCall(game), over);
            _refused(alice, _concedeCall(game), over);
            _refused(anyone, _timeoutCall(game), over);
            _refused(submitter, _proveCall(game, ""), over);
            _refused(submitter, _dissectCall(game, new bytes32[](15)), over);
            _refused(
                alice,
                abi.encodeCall(IPinpoint.select, (game, 0, bytes32(0), bytes32(0), new bytes32[](4))),
                over
            );
            _refused(anyone, _settleCall(game), over);
            _expectWon(game, claimId, won);
        }
    }

    function testOnlyPlayersConcede() public {
        _claim();
        _challenge(bob);
        Game memory game = _challenge(alice);
        _refused(
            bob,
            _concedeCall(game),
            abi.encodeWithSelector(IPinpoint.NotThePlayer.selector, bob, submitter)
        );
        (game,) = _dissect(game);
        _refused(
            anyone,
            _concedeCall(game),
            abi.encodeWithSelector(IPinpoint.NotThePlayer.selector, anyone, alice)
        );
        // The submitter may, though it isn't its turn.
        _concede(submitter, game);
        assertTrue(_status(game) == GameStatus.ChallengerWon);
    }

    function testGamesOfAFallenClaimStandStill() public {
        bytes32 claimId = _claim();
        Game memory moot = _challenge(bob);
        Game memory ended = _challenge(alice);
        _concede(submitter, ended);
        bytes memory fallen =
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Fallen);
        _refused(submitter, _dissectCall(moot), fallen);
        _refused(submitter, _concedeCall(moot), fallen);
        _refused(bob, _concedeCall(moot), fallen);
        skip(CLOCK);
        _refused(anyone, _timeoutCall(moot), fallen);
        _settle(moot);
        assertTrue(_status(moot) == GameStatus.Settled);
        _refused(
            anyone,
            _settleCall(moot),
            abi.encodeWithSelector(IPinpoint.GameNotOpen.selector, _gameId(moot), GameStatus.Settled)
        );
    }

    function testContractsCanBeDeployed() public view {
        assertLt(address(pinpoint).code.length, 24577);
        assertLt(address(graphArbiter).code.length, 24577);
        assertLt(address(registry).code.length, 24577);
        assertLt(address(demands).code.length, 24577);
    }
}

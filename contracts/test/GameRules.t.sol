// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ClaimStatus, Descent, Game, GameState, GameStatus, IPinpoint} from "../src/IPinpoint.sol";
import {Moves} from "./utils/Moves.sol";

/// @dev Who may move, on what state, until when, and how a game ends.
contract GameRulesTest is Moves {
    // Turns and players.

    function testOnlyTheSubmitterDissectsAndDescends() public {
        _claim();
        Game memory game = _challenge(alice);
        _notTheirs(_dissectCall(game), submitter);
        game = _narrow(alice, game);
        _notTheirs(abi.encodeCall(IPinpoint.descend, (game, _descent(game), new bytes32[](0))), submitter);
    }

    function testOnlyItsChallengerSelects() public {
        _claim();
        Game memory other = _challenge(bob);
        Game memory game = _challenge(alice);
        bytes32[] memory ends;
        (game, ends) = _dissect(game);
        _notTheirs(_selectCall(game, ends, 3), alice);
        assertNotEq(other.id, game.id);
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
        _refused(submitter, abi.encodeCall(IPinpoint.descend, (game, none, new bytes32[](0))), notSubmitters);
        _refused(submitter, abi.encodeCall(IPinpoint.prove, (game, "")), notSubmitters);
    }

    function testAMoveActsOnTheStateItNames() public {
        _claim();
        Game memory game = _challenge(alice);
        bytes32 stored = pinpoint.getGame(game.id).state;
        bytes32[] memory hashes = _inner(_ends(game));
        for (uint256 field = 0; field < 8; field++) {
            Game memory changed = _copy(game);
            if (field == 0) changed.level = 1;
            if (field == 1) changed.turn = 1;
            if (field == 2) changed.lo = 1;
            if (field == 3) changed.hi -= 1;
            if (field == 4) changed.loHash = keccak256("x");
            if (field == 5) changed.hiHash = keccak256("x");
            if (field == 6) changed.dissection = keccak256("x");
            if (field == 7) changed.codeRoot = keccak256("x");
            _refused(
                submitter,
                abi.encodeCall(IPinpoint.dissect, (changed, hashes)),
                abi.encodeWithSelector(
                    IPinpoint.GameStateMismatch.selector, keccak256(_preimage(changed)), stored
                )
            );
        }
        // The move that was made doesn't fit any more.
        _dissect(game);
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.dissect, (game, hashes)),
            abi.encodeWithSelector(
                IPinpoint.GameStateMismatch.selector, stored, pinpoint.getGame(game.id).state
            )
        );
        game.id = keccak256("no game");
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.dissect, (game, hashes)),
            abi.encodeWithSelector(IPinpoint.GameNotOpen.selector, game.id, GameStatus.None)
        );
    }

    function testGamesOfOneClaimHaveTheirOwnStates() public {
        bytes32 claimId = _claim();
        Game memory first = _challenge(alice);
        Game memory second = _challenge(alice);
        Game memory third = _challenge(bob);
        assertEq(
            second.id,
            keccak256(
                abi.encodePacked(uint8(0x25), block.chainid, address(pinpoint), claimId, alice, uint32(1))
            )
        );
        assertTrue(first.id != second.id && second.id != third.id);
        _dissect(first);
        // A state of the first game says nothing about the second.
        GameState memory state = pinpoint.getGame(second.id);
        assertEq(state.state, keccak256(_preimage(second)));
        assertEq(state.turn, 0);
    }

    function _preimage(Game memory g) private pure returns (bytes memory) {
        return abi.encodePacked(
            uint8(0x26), g.id, g.level, g.turn, g.lo, g.hi, g.loHash, g.hiHash, g.dissection, g.codeRoot
        );
    }

    // Clocks.

    function testAMoveIsInTimeUntilTheClockRanOut() public {
        _claim();
        Game memory game = _challenge(alice);
        vm.warp(START + CLOCK - 1);
        bytes memory running = abi.encodeWithSelector(IPinpoint.ClockRunning.selector, CLOCK - 1, CLOCK);
        bytes memory ranOut = abi.encodeWithSelector(IPinpoint.ClockRanOut.selector, CLOCK, CLOCK);
        bytes memory timeout = abi.encodeCall(IPinpoint.timeout, (game.id));
        _refused(anyone, timeout, running);
        uint256 snapshot = vm.snapshotState();
        _dissect(game);
        vm.revertToState(snapshot);
        vm.warp(START + CLOCK);
        _refused(submitter, _dissectCall(game), ranOut);
        // A part of the bond can't be saved from the clock.
        _refused(submitter, abi.encodeCall(IPinpoint.concede, (game.id)), ranOut);
        pinpoint.timeout(game.id);
        assertTrue(_status(game) == GameStatus.ChallengerWon);
    }

    function testTheChallengersClockRunsInItsTurn() public {
        bytes32 claimId = _claim();
        Game memory game = _challenge(alice);
        skip(100);
        bytes32[] memory ends;
        (game, ends) = _dissect(game);
        GameState memory state = pinpoint.getGame(game.id);
        assertEq(state.submitterClock, CLOCK - 100 + INCREMENT);
        assertEq(state.challengerClock, CLOCK);
        vm.warp(START + 100 + CLOCK);
        bytes memory ranOut = abi.encodeWithSelector(IPinpoint.ClockRanOut.selector, CLOCK, CLOCK);
        _refused(alice, _selectCall(game, ends, 3), ranOut);
        _refused(alice, abi.encodeCall(IPinpoint.concede, (game.id)), ranOut);
        pinpoint.timeout(game.id);
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
        GameState memory state = pinpoint.getGame(game.id);
        assertEq(state.submitterClock, mine);
        assertEq(state.challengerClock, theirs);
        skip(2000);
        (game, ends) = _descend(game);
        mine = mine - 2000 + INCREMENT;
        theirs += DESCENT_INCREMENT;
        state = pinpoint.getGame(game.id);
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
        uint256 clock = pinpoint.getGame(game.id).submitterClock;
        skip(clock);
        _refused(
            anyone,
            abi.encodeCall(IPinpoint.prove, (game, _witness())),
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
            if (way == 0) _asPlayer(submitter, game.id);
            if (way == 1) _asPlayer(alice, game.id);
            if (way == 2) {
                vm.warp(START + way * 30 days + CLOCK);
                pinpoint.timeout(game.id);
            }
            if (way == 3) {
                (game, ends) = _dissect(game);
                vm.warp(START + way * 30 days + CLOCK);
                pinpoint.timeout(game.id);
            }
            if (way == 4) {
                game = _narrow(alice, game);
                Descent memory descent = _descent(game);
                vm.prank(submitter);
                pinpoint.descend(game, descent, new bytes32[](0));
            }
            GameStatus status = _status(game);
            bool won = status == GameStatus.SubmitterWon;
            assertEq(won, way == 1 || way >= 3);
            bytes memory over = abi.encodeWithSelector(IPinpoint.GameNotOpen.selector, game.id, status);
            _refused(submitter, abi.encodeCall(IPinpoint.concede, (game.id)), over);
            _refused(alice, abi.encodeCall(IPinpoint.concede, (game.id)), over);
            _refused(anyone, abi.encodeCall(IPinpoint.timeout, (game.id)), over);
            _refused(submitter, abi.encodeCall(IPinpoint.prove, (game, "")), over);
            _refused(submitter, abi.encodeCall(IPinpoint.dissect, (game, new bytes32[](15))), over);
            _refused(
                alice,
                abi.encodeCall(IPinpoint.select, (game, 0, bytes32(0), bytes32(0), new bytes32[](4))),
                over
            );
            _refused(
                anyone,
                abi.encodeCall(IPinpoint.settle, (game.id)),
                abi.encodeWithSelector(IPinpoint.NotMoot.selector, game.id, status, ClaimStatus.None)
            );
            _expectWon(game, claimId, won);
        }
    }

    function testOnlyPlayersConcede() public {
        _claim();
        _challenge(bob);
        Game memory game = _challenge(alice);
        _refused(
            bob,
            abi.encodeCall(IPinpoint.concede, (game.id)),
            abi.encodeWithSelector(IPinpoint.NotThePlayer.selector, bob, submitter)
        );
        (game,) = _dissect(game);
        _refused(
            anyone,
            abi.encodeCall(IPinpoint.concede, (game.id)),
            abi.encodeWithSelector(IPinpoint.NotThePlayer.selector, anyone, alice)
        );
        // The submitter may, though it isn't its turn.
        _asPlayer(submitter, game.id);
        assertTrue(_status(game) == GameStatus.ChallengerWon);
    }

    function testGamesOfAFallenClaimStandStill() public {
        bytes32 claimId = _claim();
        Game memory moot = _challenge(bob);
        Game memory ended = _challenge(alice);
        _asPlayer(submitter, ended.id);
        bytes memory fallen =
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Fallen);
        _refused(submitter, _dissectCall(moot), fallen);
        _refused(submitter, abi.encodeCall(IPinpoint.concede, (moot.id)), fallen);
        _refused(bob, abi.encodeCall(IPinpoint.concede, (moot.id)), fallen);
        skip(CLOCK);
        _refused(anyone, abi.encodeCall(IPinpoint.timeout, (moot.id)), fallen);
        pinpoint.settle(moot.id);
        assertTrue(_status(moot) == GameStatus.Settled);
        _refused(
            anyone,
            abi.encodeCall(IPinpoint.settle, (moot.id)),
            abi.encodeWithSelector(
                IPinpoint.NotMoot.selector, moot.id, GameStatus.Settled, ClaimStatus.Fallen
            )
        );
    }

    function testContractsCanBeDeployed() public view {
        assertLt(address(pinpoint).code.length, 24577);
        assertLt(address(graphArbiter).code.length, 24577);
    }
}

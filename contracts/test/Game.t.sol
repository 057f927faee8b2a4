// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ClaimStatus, Descent, Game, GameState, GameStatus, IPinpoint} from "../src/IPinpoint.sol";
import {Play} from "./utils/Play.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Whole games, and every move that must be refused.
contract GameTest is Play {
    function _status(Game memory game) private view returns (GameStatus) {
        return pinpoint.getGame(game.id).status;
    }

    function _expectWon(Game memory game, bytes32 claimId, bool submitterWon) private view {
        assertTrue(_status(game) == (submitterWon ? GameStatus.SubmitterWon : GameStatus.ChallengerWon));
        ClaimStatus wanted = submitterWon ? ClaimStatus.Open : ClaimStatus.Fallen;
        assertTrue(pinpoint.getClaim(claimId).status == wanted);
    }

    function _notTheirs(bytes memory call, address player) private {
        address[4] memory others = [alice, bob, anyone, submitter];
        for (uint256 i = 0; i < 4; i++) {
            if (others[i] == player) continue;
            vm.expectRevert(abi.encodeWithSelector(IPinpoint.NotThePlayer.selector, others[i], player));
            vm.prank(others[i]);
            _forward(call);
        }
    }

    function _forward(bytes memory call) private {
        (bool done, bytes memory result) = address(pinpoint).call(call);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
    }

    /// @dev Sends `call` as `sender` and checks that it is refused.
    function _refused(address sender, bytes memory call, bytes memory reason) private {
        vm.prank(sender);
        (bool done, bytes memory result) = address(pinpoint).call(call);
        assertFalse(done, "was not refused");
        assertEq(result, reason);
    }

    function _dissectCall(Game memory game) private view returns (bytes memory) {
        return abi.encodeCall(IPinpoint.dissect, (game, _inner(_ends(game))));
    }

    function _selectCall(Game memory game, bytes32[] memory ends, uint64 part)
        private
        view
        returns (bytes memory)
    {
        Game memory next = _afterSelect(game, ends, part);
        return abi.encodeCall(
            IPinpoint.select, (game, uint8(part), next.loHash, next.hiHash, _siblings(ends, part))
        );
    }

    // Whole games.

    function testAnHonestSubmitterProvesEveryStep() public {
        // The challenger picks the same part of every dissection, whatever is in it; the last one leads to FINISH.
        for (uint64 wish = 0; wish < 15; wish += 3) {
            request.nonce++;
            bytes32 claimId = _claim();
            Game memory game = _challenge(alice);
            bytes32[] memory ends;
            while (game.hi - game.lo > 1) {
                (game, ends) = _dissect(game);
                uint64 part = wish < ends.length ? wish : uint64(ends.length) - 1;
                game = _select(alice, game, ends, part);
            }
            if (game.lo == _length() - 1) continue;
            (game, ends) = _descend(game);
            if (game.turn == 1) game = _select(alice, game, ends, wish);
            while (game.hi - game.lo > 1) {
                (game, ends) = _dissect(game);
                uint64 part = wish < ends.length ? wish : uint64(ends.length) - 1;
                game = _select(alice, game, ends, part);
            }
            vm.prank(anyone);
            pinpoint.prove(game, _witness());
            _expectWon(game, claimId, true);
        }
    }

    /// @dev Any lie, at either level, ends at a step that convicts it.
    /// forge-config: default.fuzz.runs = 64
    function testFuzzEveryLieIsConvicted(uint64 step, uint64 machineStep) public {
        step = uint64(bound(step, 0, 3 * ITERATIONS - 1));
        machineStep = uint64(bound(machineStep, 0, RUN));
        _lie(step, machineStep);
        bytes32 claimId = _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        assertEq(game.lo, step);
        bytes32[] memory ends;
        (game, ends) = _descend(game);
        game = _narrow(alice, _select(alice, game, ends, _disputed(game, ends)));
        assertEq(game.lo, machineStep < RUN ? machineStep : RUN - 1);
        // Whoever brings the step's witness, the contract finds that it leads elsewhere.
        vm.prank(machineStep % 2 == 0 ? alice : submitter);
        pinpoint.prove(game, _witness());
        _expectWon(game, claimId, false);
    }

    /// @dev A submitter for which nobody brings the witness loses by its clock.
    function testALiarCannotWait() public {
        _lie(7, 99);
        bytes32 claimId = _claim();
        Game memory game = _toInstruction(alice, _challenge(alice));
        skip(2 * CLOCK);
        pinpoint.timeout(game.id);
        _expectWon(game, claimId, false);
    }

    function testAFalseEndCannotBeFinished() public {
        // All operators are true, but the claim isn't what they come to.
        bytes32 end = keccak256("end");
        vm.prank(submitter);
        bytes32 claimId = pinpoint.claim{value: CLAIM_BOND}(request, end, "");
        vm.prank(alice);
        bytes32 id = pinpoint.challenge{value: CHALLENGE_BOND}(request, submitter, end);
        Game memory game = Game(id, 0, 0, 0, _length(), graphHashes[0], end, 0, 0);
        game = _narrow(alice, game);
        assertEq(game.lo, 3 * ITERATIONS);
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.descend, (game, _descent(game), new bytes32[](0))),
            abi.encodeWithSelector(IPinpoint.EndMismatch.selector, graphHashes[_length()], end)
        );
        skip(2 * CLOCK);
        pinpoint.timeout(id);
        _expectWon(game, claimId, false);
    }

    function testFinishIsDecidedAtOnce() public {
        bytes32 claimId = _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        assertEq(game.lo, 3 * ITERATIONS);
        Descent memory descent = _descent(game);
        bytes32[] memory one = new bytes32[](1);
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.descend, (game, descent, one)),
            abi.encodeWithSelector(IPinpoint.WrongHashCount.selector, 1, 0)
        );
        vm.prank(submitter);
        pinpoint.descend(game, descent, new bytes32[](0));
        _expectWon(game, claimId, true);
    }

    function testARunOfOneStepIsProvedRightAway() public {
        _deploy(16, 1);
        bytes32 claimId = _claim();
        Game memory game = _challenge(alice);
        bytes32[] memory ends;
        while (game.hi - game.lo > 1) {
            (game, ends) = _dissect(game);
            game = _select(alice, game, ends, 0);
        }
        Descent memory descent = _descent(game);
        (Game memory next,) = _afterDescend(game, descent);
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.descend, (game, descent, new bytes32[](1))),
            abi.encodeWithSelector(IPinpoint.WrongHashCount.selector, 1, 0)
        );
        vm.prank(submitter);
        pinpoint.descend(game, descent, new bytes32[](0));
        assertEq(next.turn, 0);
        pinpoint.prove(next, _witness());
        _expectWon(next, claimId, true);
    }

    function testAnyKPlays() public {
        uint8[6] memory ks = [2, 3, 5, 17, 24, 64];
        for (uint256 i = 0; i < ks.length; i++) {
            _deploy(ks[i], 1000);
            _lie(7, 333);
            bytes32 claimId = _claim();
            Game memory game = _toInstruction(alice, _challenge(alice));
            assertEq(game.lo, 333);
            skip(2 * CLOCK);
            pinpoint.timeout(game.id);
            _expectWon(game, claimId, false);
        }
    }

    function testHashesWrongAndThenRightAgainHelpNobody() public {
        _lie(40, RUN);
        _claim();
        Game memory game = _challenge(alice);
        bytes32[] memory ends = _ends(game);
        // Part 5 ends right, after wrong ones.
        ends[5] = graphHashes[_partEnd(game, 5)];
        Game memory next = _afterDissect(game, ends);
        vm.prank(submitter);
        pinpoint.dissect(game, _inner(ends));
        game = _select(alice, next, ends, _disputed(next, ends));
        game = _narrow(alice, game);
        assertEq(game.loHash, graphHashes[game.lo]);
        assertNotEq(game.hiHash, graphHashes[game.hi]);
    }

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

    function _preimage(Game memory g) private pure returns (bytes memory) {
        return abi.encodePacked(
            uint8(0x26), g.id, g.level, g.turn, g.lo, g.hi, g.loHash, g.hiHash, g.dissection, g.codeRoot
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

    // Dissections and selections.

    function testADissectionHasAllItsHashes() public {
        _claim();
        Game memory game = _challenge(alice);
        for (uint256 count = 0; count < 18; count++) {
            if (count == 15) continue;
            _refused(
                submitter,
                abi.encodeCall(IPinpoint.dissect, (game, new bytes32[](count))),
                abi.encodeWithSelector(IPinpoint.WrongHashCount.selector, count, 15)
            );
        }
    }

    function testAShortSegmentHasAsManyPartsAsSteps() public {
        _claim();
        Game memory game = _challenge(alice);
        game = _round(alice, game);
        game = _round(alice, game);
        // 301 steps, then 19, then 2.
        assertEq(game.hi - game.lo, 2);
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.dissect, (game, new bytes32[](15))),
            abi.encodeWithSelector(IPinpoint.WrongHashCount.selector, 15, 1)
        );
        bytes32[] memory ends;
        (game, ends) = _dissect(game);
        bytes32[] memory padded = new bytes32[](16);
        padded[0] = ends[0];
        padded[1] = ends[1];
        Game memory next = _copy(game);
        next.hiHash = 0;
        // The tree has leaves for parts that the segment hasn't.
        _refused(
            alice,
            abi.encodeCall(IPinpoint.select, (game, 2, ends[1], bytes32(0), _siblings(padded, 2))),
            abi.encodeWithSelector(IPinpoint.PartOutOfRange.selector, 2, 2)
        );
        _select(alice, game, ends, 1);
    }

    function testOneStepIsNotDissected() public {
        _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.dissect, (game, new bytes32[](0))),
            abi.encodeWithSelector(IPinpoint.WrongSegment.selector, game.lo, game.hi)
        );
    }

    function testEveryPartCanBeSelected() public {
        for (uint64 part = 0; part < 16; part++) {
            request.nonce++;
            _claim();
            Game memory game = _challenge(alice);
            bytes32[] memory ends;
            (game, ends) = _dissect(game);
            _select(alice, game, ends, part);
        }
    }

    function testASelectionIsProved() public {
        _claim();
        Game memory game = _challenge(alice);
        bytes32[] memory ends;
        (game, ends) = _dissect(game);
        for (uint64 part = 0; part < 16; part++) {
            Game memory next = _afterSelect(game, ends, part);
            bytes32[] memory siblings = _siblings(ends, part);
            uint8 number = uint8(part);
            bytes32 other = keccak256("other");
            bytes memory call = abi.encodeCall(IPinpoint.select, (game, number, other, next.hiHash, siblings));
            if (part == 0) {
                _refused(
                    alice,
                    call,
                    abi.encodeWithSelector(IPinpoint.PartStartMismatch.selector, other, game.loHash)
                );
            } else {
                _mismatch(call);
            }
            _mismatch(abi.encodeCall(IPinpoint.select, (game, number, next.loHash, other, siblings)));
            // The hashes of one part under another's number.
            if (siblings.length == _siblings(ends, part ^ 1).length && part > 1) {
                _mismatch(
                    abi.encodeCall(IPinpoint.select, (game, number ^ 1, next.loHash, next.hiHash, siblings))
                );
            }
            for (uint256 i = 0; i < siblings.length; i++) {
                bytes32 kept = siblings[i];
                siblings[i] = other;
                _mismatch(
                    abi.encodeCall(IPinpoint.select, (game, number, next.loHash, next.hiHash, siblings))
                );
                siblings[i] = kept;
            }
            bytes32[] memory longer = new bytes32[](siblings.length + 1);
            _refused(
                alice,
                abi.encodeCall(IPinpoint.select, (game, number, next.loHash, next.hiHash, longer)),
                abi.encodeWithSelector(
                    IPinpoint.WrongSiblingCount.selector, siblings.length + 1, siblings.length
                )
            );
            bytes32[] memory shorter = new bytes32[](siblings.length - 1);
            _refused(
                alice,
                abi.encodeCall(IPinpoint.select, (game, number, next.loHash, next.hiHash, shorter)),
                abi.encodeWithSelector(
                    IPinpoint.WrongSiblingCount.selector, siblings.length - 1, siblings.length
                )
            );
        }
        _refused(
            alice,
            abi.encodeCall(IPinpoint.select, (game, 16, ends[15], bytes32(0), new bytes32[](4))),
            abi.encodeWithSelector(IPinpoint.PartOutOfRange.selector, 16, 16)
        );
    }

    function _mismatch(bytes memory call) private {
        vm.prank(alice);
        (bool done, bytes memory result) = address(pinpoint).call(call);
        assertFalse(done);
        assertEq(bytes32(bytes4(result)), bytes32(IPinpoint.DissectionMismatch.selector));
    }

    // Descent and proof.

    function testOnlyOneGraphStepIsDescended() public {
        _claim();
        Game memory game = _challenge(alice);
        Descent memory none;
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.descend, (game, none, new bytes32[](0))),
            abi.encodeWithSelector(IPinpoint.WrongSegment.selector, 0, game.hi)
        );
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.prove, (game, "")),
            abi.encodeWithSelector(IPinpoint.WrongLevel.selector, 0, 1)
        );
    }

    function testTheMachineIsNotDescendedInto() public {
        _lie(7, 99);
        _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.prove, (game, "")),
            abi.encodeWithSelector(IPinpoint.WrongLevel.selector, 0, 1)
        );
        Descent memory descent = _descent(game);
        bytes32[] memory ends;
        (game, ends) = _descend(game);
        game = _select(alice, game, ends, _disputed(game, ends));
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.descend, (game, descent, new bytes32[](0))),
            abi.encodeWithSelector(IPinpoint.WrongLevel.selector, 1, 0)
        );
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.prove, (game, _witness())),
            abi.encodeWithSelector(IPinpoint.WrongSegment.selector, game.lo, game.hi)
        );
    }

    function testADescentLeadsToTheDisputedEnd() public {
        _lie(7, RUN);
        _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        Descent memory descent = _descent(game);
        bytes32[] memory hashes = new bytes32[](15);
        // The truth isn't what was claimed.
        bytes32 start = _machineStart(descent.instruction, 2);
        descent.outputRoot = counting.output(start);
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.descend, (game, descent, hashes)),
            abi.encodeWithSelector(IPinpoint.EndMismatch.selector, graphHashes[8], game.hiHash)
        );
        descent.trapped = true;
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.descend, (game, descent, hashes)),
            abi.encodeWithSelector(IPinpoint.EndMismatch.selector, FAILED, game.hiHash)
        );
    }

    function testTheRunsLengthIsInRange() public {
        _lie(7, RUN);
        _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        Descent memory descent = _descent(game);
        bytes32[] memory hashes = new bytes32[](15);
        uint64 limit = 1 << 48;
        uint64[3] memory wrong = [0, limit + 1, type(uint64).max];
        for (uint256 i = 0; i < 3; i++) {
            descent.steps = wrong[i];
            _refused(
                submitter,
                abi.encodeCall(IPinpoint.descend, (game, descent, hashes)),
                abi.encodeWithSelector(IPinpoint.StepsOutOfRange.selector, wrong[i], limit)
            );
        }
        descent.steps = 16;
        _refused(
            submitter,
            abi.encodeCall(IPinpoint.descend, (game, descent, new bytes32[](14))),
            abi.encodeWithSelector(IPinpoint.WrongHashCount.selector, 14, 15)
        );
        descent.steps = limit;
        vm.prank(submitter);
        pinpoint.descend(game, descent, hashes);
    }

    function testARunCutShortIsConvicted() public {
        // Halted after 1000 steps, where the true run still goes on: the last step's end is false.
        _lie(7, NEVER - 1);
        bytes32 claimId = _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        Descent memory descent = _descent(game);
        descent.steps = 1000;
        (Game memory next, bytes32[] memory ends) = _afterDescend(game, descent);
        vm.prank(submitter);
        pinpoint.descend(game, descent, _inner(ends));
        game = _narrow(alice, _select(alice, next, ends, _disputed(next, ends)));
        assertEq(game.lo, 999);
        pinpoint.prove(game, _witness());
        _expectWon(game, claimId, false);
    }

    function testAnyoneProvesForEitherSide() public {
        address[4] memory senders = [submitter, alice, bob, anyone];
        for (uint256 i = 0; i < 4; i++) {
            request.nonce++;
            _lie(7, RUN);
            bytes32 claimId = _claim();
            Game memory game = _toInstruction(alice, _challenge(alice));
            vm.recordLogs();
            vm.prank(senders[i]);
            pinpoint.prove(game, _witness());
            Vm.Log memory log = vm.getRecordedLogs()[0];
            assertEq(log.topics[0], IPinpoint.Proved.selector);
            bytes32 right = counting.state(abi.decode(_witness(), (bytes32)), CODE_ROOT, RUN);
            assertEq(abi.decode(log.data, (bytes32)), right);
            assertNotEq(right, game.hiHash);
            _expectWon(game, claimId, false);
        }
    }

    function testAProofStartsWhereTheSegmentDoes() public {
        _lie(7, RUN);
        _claim();
        Game memory game = _toInstruction(alice, _challenge(alice));
        bytes32 wrong = counting.state(keccak256("another start"), CODE_ROOT, game.lo);
        _refused(
            anyone,
            abi.encodeCall(IPinpoint.prove, (game, abi.encode(keccak256("another start")))),
            abi.encodeWithSelector(IPinpoint.StartMismatch.selector, wrong, game.loHash)
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
                abi.encodeWithSelector(
                    IPinpoint.NotMoot.selector, game.id, status, won ? ClaimStatus.Open : ClaimStatus.Fallen
                )
            );
            _expectWon(game, claimId, won);
        }
    }

    function _asPlayer(address player, bytes32 gameId) private {
        vm.prank(player);
        pinpoint.concede(gameId);
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

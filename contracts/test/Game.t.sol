// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {Descent, Game} from "../src/Types.sol";
import {Moves} from "./utils/Moves.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Whole games, and the moves that narrow them.
contract GameTest is Moves {
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
            _prove(anyone, game);
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
        _prove(machineStep % 2 == 0 ? alice : submitter, game);
        _expectWon(game, claimId, false);
    }

    /// @dev A submitter for which nobody brings the witness loses by its clock.
    function testALiarCannotWait() public {
        _lie(7, 99);
        bytes32 claimId = _claim();
        Game memory game = _toInstruction(alice, _challenge(alice));
        skip(2 * CLOCK);
        _timeout(game);
        _expectWon(game, claimId, false);
    }

    function testAFalseEndCannotBeFinished() public {
        // All operators are true, but the claim isn't what they come to.
        bytes32 end = keccak256("end");
        bytes32 claimId = _claim(end);
        Game memory game = _narrow(alice, _challenge(alice));
        assertEq(game.lo, 3 * ITERATIONS);
        _refused(
            submitter,
            _descendCall(game, _descent(game), new bytes32[](0)),
            abi.encodeWithSelector(IPinpoint.EndMismatch.selector, graphHashes[_length()], end)
        );
        skip(2 * CLOCK);
        _timeout(game);
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
            _descendCall(game, descent, one),
            abi.encodeWithSelector(IPinpoint.WrongHashCount.selector, 1, 0)
        );
        vm.prank(submitter);
        pinpoint.descend(game, registration, descent, new bytes32[](0), false);
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
            _descendCall(game, descent, new bytes32[](1)),
            abi.encodeWithSelector(IPinpoint.WrongHashCount.selector, 1, 0)
        );
        vm.prank(submitter);
        pinpoint.descend(game, registration, descent, new bytes32[](0), false);
        assertEq(next.turn, 0);
        _prove(anyone, next);
        _expectWon(next, claimId, true);
    }

    function testAnyKPlays() public {
        uint8[6] memory ks = [16, 17, 24, 31, 33, 64];
        for (uint256 i = 0; i < ks.length; i++) {
            _deploy(ks[i], 1000);
            _lie(7, 333);
            bytes32 claimId = _claim();
            Game memory game = _toInstruction(alice, _challenge(alice));
            assertEq(game.lo, 333);
            skip(2 * CLOCK);
            _timeout(game);
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
        pinpoint.dissect(game, _inner(ends), false);
        game = _select(alice, next, ends, _disputed(next, ends));
        game = _narrow(alice, game);
        assertEq(game.loHash, graphHashes[game.lo]);
        assertNotEq(game.hiHash, graphHashes[game.hi]);
    }

    // Dissections and selections.

    function testADissectionHasAllItsHashes() public {
        _claim();
        Game memory game = _challenge(alice);
        for (uint256 count = 0; count < 18; count++) {
            if (count == 15) continue;
            _refused(
                submitter,
                _dissectCall(game, new bytes32[](count)),
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
            _dissectCall(game, new bytes32[](15)),
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
            _dissectCall(game, new bytes32[](0)),
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
            _descendCall(game, none, new bytes32[](0)),
            abi.encodeWithSelector(IPinpoint.WrongSegment.selector, 0, game.hi)
        );
        _refused(
            submitter,
            _proveCall(game, ""),
            abi.encodeWithSelector(IPinpoint.WrongLevel.selector, 0, 1)
        );
    }

    function testTheMachineIsNotDescendedInto() public {
        _lie(7, 99);
        _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        _refused(
            submitter,
            _proveCall(game, ""),
            abi.encodeWithSelector(IPinpoint.WrongLevel.selector, 0, 1)
        );
        Descent memory descent = _descent(game);
        bytes32[] memory ends;
        (game, ends) = _descend(game);
        game = _select(alice, game, ends, _disputed(game, ends));
        _refused(
            submitter,
            _descendCall(game, descent, new bytes32[](0)),
            abi.encodeWithSelector(IPinpoint.WrongLevel.selector, 1, 0)
        );
        _refused(
            submitter,
            _proveCall(game, _witness()),
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
            _descendCall(game, descent, hashes),
            abi.encodeWithSelector(IPinpoint.EndMismatch.selector, graphHashes[8], game.hiHash)
        );
        descent.trapped = true;
        _refused(
            submitter,
            _descendCall(game, descent, hashes),
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
                _descendCall(game, descent, hashes),
                abi.encodeWithSelector(IPinpoint.StepsOutOfRange.selector, wrong[i], limit)
            );
        }
        descent.steps = 16;
        _refused(
            submitter,
            _descendCall(game, descent, new bytes32[](14)),
            abi.encodeWithSelector(IPinpoint.WrongHashCount.selector, 14, 15)
        );
        descent.steps = limit;
        vm.prank(submitter);
        pinpoint.descend(game, registration, descent, hashes, false);
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
        pinpoint.descend(game, registration, descent, _inner(ends), false);
        game = _narrow(alice, _select(alice, next, ends, _disputed(next, ends)));
        assertEq(game.lo, 999);
        _prove(anyone, game);
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
            _prove(senders[i], game);
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
            _proveCall(game, abi.encode(keccak256("another start"))),
            abi.encodeWithSelector(IPinpoint.StartMismatch.selector, wrong, game.loHash)
        );
    }
}

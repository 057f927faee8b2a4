// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAttention, Outcome, Pool, Round, RoundState, RoundStatus, Verdict} from "../src/IAttention.sol";
import {Claim} from "../src/Types.sol";
import {AttentionPlay} from "./utils/AttentionPlay.sol";

/// @dev Rounds as they should go, and what becomes of everybody's money.
contract AttentionTest is AttentionPlay {
    function testWhoRanTheModelIsPaidForFindingNothing() public {
        _enroll(alice);
        Round memory round = _play(_only(alice));
        _judge(round, alice);
        assertEq(_owed(alice), REWARD);
        attention.close(round);
        assertEq(_owed(submitter), PENALTY, "the forfeit comes back");
        assertEq(attention.burned(), 0);
        _checkSums();
    }

    function testWhoDidNotLookPays() public {
        _enroll(alice);
        _enroll(bob);
        Round memory round = _play(_only(alice));
        vm.prank(carol);
        attention.judge(round, _root(), R, bob);
        assertEq(attention.getVerifier(pool, bob).stake, STAKE - PENALTY);
        assertEq(_owed(carol), PENALTY / 16, "who shows it");
        assertEq(attention.burned(), PENALTY - PENALTY / 16);
        attention.close(round);
        assertEq(_owed(submitter), PENALTY + REWARD, "the silent verifier's reward comes back");
        _checkSums();
    }

    function testAWrongAnswerPays() public {
        _enroll(alice);
        Round memory round = _announce();
        _draw(round);
        _respond(round, alice, _answer(round, keccak256("a guess"), alice));
        _finalize(_reveal(round));
        _judge(round, alice);
        assertEq(attention.getVerifier(pool, alice).stake, STAKE - PENALTY);
        assertEq(_owed(alice), 0);
        assertEq(_owed(submitter), REWARD, "what wasn't earned comes back");
        attention.close(round);
        assertEq(_owed(submitter), REWARD + PENALTY);
        _checkSums();
    }

    function testOnlyWinningTicketsCount() public {
        pool = attention.openPool(_pool(type(uint32).max));
        _enroll(alice);
        _enroll(bob);
        Round memory round = _play(_only(alice));
        _judge(round, alice);
        assertEq(_owed(alice), 0, "right, but nobody asked");
        assertEq(attention.getVerifier(pool, alice).stake, STAKE);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NothingToJudge.selector, _id(round), bob));
        attention.judge(round, _root(), R, bob);
        attention.close(round);
        assertEq(_owed(submitter), 2 * REWARD + PENALTY);
        _checkSums();
    }

    /// @dev The verifier computes its ticket with k and the round's point; the contract with r and the verifier's point.
    function testTheVerifierKnowsItsTicketBeforeAnybodyElse() public {
        pool = attention.openPool(_pool(3));
        _enroll(alice);
        uint256 won;
        for (uint256 i = 1; i <= 24; i++) {
            uint256 r = uint256(keccak256(abi.encode("r", i))) % ORDER;
            Round memory round = _announce(_root(), r);
            _draw(round);
            (uint256 x, uint256 y) = _times(round.x, round.y, keys[alice]);
            bytes32 seed = blockhash(attention.getRound(_id(round)).seedBlock);
            uint256 ticket =
                uint256(keccak256(abi.encode(uint8(0x34), _id(round), seed, x, y, _root(), alice)));
            bool wins = ticket <= type(uint256).max / 3;
            if (wins) {
                won++;
                _respond(round, alice);
            }
            // The same claim can't be made twice, so each round is of a world of its own from here on.
            uint256 before = vm.snapshotState();
            _finalize(_reveal(round, _root(), r));
            if (!wins) {
                vm.expectRevert(abi.encodeWithSelector(IAttention.NothingToJudge.selector, _id(round), alice));
            }
            attention.judge(round, _root(), r, alice);
            if (wins) assertEq(_owed(alice), REWARD);
            vm.revertToState(before);
        }
        assertGt(won, 2);
        assertLt(won, 15);
    }

    // Rounds that come to nothing.

    function testAnAnnouncementThatIsNotRevealedPaysWhoAnswered() public {
        _enroll(alice);
        _enroll(bob);
        Round memory round = _announce();
        _draw(round);
        _respond(round, alice);
        skip(RESPONSE + REVEAL);
        _judge(round, alice);
        assertEq(_owed(alice), REWARD / 2);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NothingToJudge.selector, _id(round), bob));
        attention.judge(round, _root(), R, bob);
        attention.close(round);
        assertEq(_owed(submitter), REWARD, "not the forfeit");
        assertEq(attention.burned(), PENALTY + REWARD / 2);
        _checkSums();
    }

    function testARoundWithoutASeedCostsTheForfeit() public {
        _enroll(alice);
        Round memory round = _announce();
        uint256 seedBlock = START_BLOCK + SEED_DELAY;
        vm.roll(seedBlock);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NoSeed.selector, seedBlock, seedBlock));
        attention.draw(round);
        vm.roll(seedBlock + 256);
        vm.expectRevert(abi.encodeWithSelector(IAttention.RoundPending.selector, _id(round)));
        attention.close(round);
        uint256 drawable = vm.snapshotState();
        attention.draw(round);
        vm.revertToState(drawable);
        vm.roll(seedBlock + 257);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NoSeed.selector, seedBlock, seedBlock + 257));
        attention.draw(round);
        attention.close(round);
        assertEq(attention.burned(), PENALTY);
        assertEq(_owed(submitter), REWARD);
        _checkSums();
    }

    /// @dev A false root, announced and claimed to catch honest verifiers: it falls, so they lose nothing and are paid.
    function testAFallenClaimPunishesNobodyWhoAnswered() public {
        _enroll(alice);
        _enroll(bob);
        bytes32 falseEnd = keccak256("a false end");
        bytes32 falseRoot = keccak256(abi.encodePacked(falseEnd, ends[1]));
        Round memory round = _announce(falseRoot, R);
        _draw(round);
        _respond(round, alice);
        Claim memory claim = _reveal(round, falseRoot, R);
        vm.expectRevert(abi.encodeWithSelector(IAttention.RoundPending.selector, _id(round)));
        attention.judge(round, falseRoot, R, alice);
        _fell(claim, falseEnd);
        assertEq(uint256(attention.outcomeOf(round)), uint256(Outcome.Failed));
        _judge(round, alice);
        assertEq(_owed(alice), REWARD / 2);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NothingToJudge.selector, _id(round), bob));
        attention.judge(round, falseRoot, R, bob);
        assertEq(attention.getVerifier(pool, alice).stake, STAKE);
        assertEq(attention.getVerifier(pool, bob).stake, STAKE);
        attention.close(round);
        assertEq(_owed(submitter), REWARD);
        assertEq(attention.burned(), PENALTY + REWARD / 2);
        _checkSums();
    }

    // Who is bound.

    function testRoundsAnnouncedBeforeOrAfterDoNotBind() public {
        _enroll(alice);
        Round memory early = _announce();
        _enroll(bob);
        _draw(early);
        _expectNotBound(early, bob);
        vm.prank(alice);
        attention.pause(pool);
        Round memory late = _announce(_root(), R + 1);
        _draw(late);
        _expectNotBound(late, alice);
        assertEq(uint256(attention.getRound(_id(late)).enrolled), 1);
        // Pausing doesn't free it from the round before.
        _finalize(_reveal(early));
        _judge(early, alice);
        assertEq(attention.getVerifier(pool, alice).stake, STAKE - PENALTY);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NothingToJudge.selector, _id(early), bob));
        attention.judge(early, _root(), R, bob);
        _checkSums();
    }

    function _expectNotBound(Round memory round, address account) private {
        bytes32 answer = _answer(round, _root(), account);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NotBound.selector, _id(round), account));
        _respond(round, account, answer);
    }

    function testWhoDeclinesIsNeitherPaidNorPunished() public {
        _enroll(alice);
        _enroll(bob);
        Round memory round = _announce();
        vm.prank(alice);
        attention.decline(round);
        _draw(round);
        vm.prank(bob);
        attention.decline(round);
        bytes32 answer = _answer(round, _root(), alice);
        vm.expectRevert(abi.encodeWithSelector(IAttention.AlreadyAnswered.selector, _id(round), alice));
        _respond(round, alice, answer);
        _finalize(_reveal(round));
        address[2] memory both = [alice, bob];
        for (uint256 i = 0; i < 2; i++) {
            vm.expectRevert(abi.encodeWithSelector(IAttention.NothingToJudge.selector, _id(round), both[i]));
            attention.judge(round, _root(), R, both[i]);
        }
        assertEq(uint256(attention.getRound(_id(round)).declined), 2, "everybody sees that nobody looked");
        attention.close(round);
        assertEq(_owed(submitter), PENALTY + 2 * REWARD);
        _checkSums();
    }

    function testStakesStayUntilNothingCanPunishTheirOwners() public {
        _enroll(alice);
        Round memory round = _announce();
        vm.prank(alice);
        attention.pause(pool);
        vm.expectRevert(abi.encodeWithSelector(IAttention.StakeHeld.selector, START + HOLD, START));
        vm.prank(alice);
        attention.unstake(pool);
        _draw(round);
        _finalize(_reveal(round));
        vm.warp(START + HOLD - 1);
        uint256 held = vm.snapshotState();
        _judge(round, alice);
        assertEq(attention.getVerifier(pool, alice).stake, STAKE - PENALTY);
        vm.revertToState(held);
        vm.warp(START + HOLD);
        vm.expectRevert(abi.encodeWithSelector(IAttention.TooLate.selector, START + HOLD, START + HOLD));
        _judge(round, alice);
        vm.prank(alice);
        attention.unstake(pool);
        assertEq(_owed(alice), STAKE);
        _checkSums();
    }

    /// @dev A pool in which no round was ever announced numbers the next 0, which isn't "never enrolled".
    function testWhoPausesBeforeTheFirstRoundKeepsItsStake() public {
        _enroll(alice);
        vm.prank(alice);
        attention.pause(pool);
        (uint256 x, uint256 y) = _times(1, 2, keys[alice]);
        vm.expectRevert(abi.encodeWithSelector(IAttention.AlreadyEnrolled.selector, pool, alice));
        vm.prank(alice);
        attention.enroll{value: STAKE}(pool, x, y);
        skip(HOLD);
        vm.prank(alice);
        attention.unstake(pool);
        assertEq(_owed(alice), STAKE);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NotPaused.selector, pool, alice));
        vm.prank(alice);
        attention.unstake(pool);
        _checkSums();
    }

    function testAnAnswerIsPaidAfterItsOwnerHasLeftAndComeBack() public {
        _enroll(alice);
        Round memory round = _play(_only(alice));
        vm.prank(alice);
        attention.pause(pool);
        skip(HOLD);
        vm.prank(alice);
        attention.unstake(pool);
        (uint256 x, uint256 y) = _times(1, 2, 12345);
        vm.expectRevert(abi.encodeWithSelector(IAttention.OtherKey.selector, pool, alice));
        vm.prank(alice);
        attention.enroll{value: STAKE}(pool, x, y);
        _enroll(alice);
        _judge(round, alice);
        assertEq(_owed(alice), STAKE + REWARD);
        _checkSums();
    }

    function testAnOldWrongAnswerDoesNotTouchALaterStake() public {
        _enroll(alice);
        Round memory round = _announce();
        _draw(round);
        _respond(round, alice, keccak256("a guess"));
        _finalize(_reveal(round));
        vm.prank(alice);
        attention.pause(pool);
        skip(HOLD);
        vm.prank(alice);
        attention.unstake(pool);
        _enroll(alice);
        _judge(round, alice);
        assertEq(attention.getVerifier(pool, alice).stake, STAKE);
        assertEq(_owed(submitter), REWARD);
        _checkSums();
    }

    function testWhoCannotPayAnotherPenaltyIsBoundNoLonger() public {
        _enroll(alice);
        _enroll(bob);
        Round[3] memory rounds;
        for (uint256 i = 0; i < 3; i++) {
            rounds[i] = _announce(_root(), R + i);
            _draw(rounds[i]);
        }
        vm.warp(START + RESPONSE);
        Claim memory claim = _claim(_root());
        for (uint256 i = 0; i < 3; i++) {
            attention.reveal(rounds[i], _root(), SALT, R + i);
        }
        _finalize(claim);
        uint256[3] memory left = [STAKE - PENALTY, STAKE - 2 * PENALTY, 0];
        for (uint256 i = 0; i < 3; i++) {
            (, uint16 enrolled,) = attention.getPool(pool);
            assertEq(uint256(enrolled), i < 2 ? 2 : 1);
            attention.judge(rounds[i], _root(), R + i, alice);
            assertEq(attention.getVerifier(pool, alice).stake, left[i]);
            attention.close(rounds[i]);
        }
        assertEq(_owed(address(this)), STAKE / 16);
        assertEq(
            address(attention).balance - attention.burned(), STAKE + _owed(submitter) + _owed(address(this))
        );
        assertEq(_owed(submitter), 3 * (2 * REWARD + PENALTY));
    }

    // Money.

    function testNobodyIsJudgedTwice() public {
        _enroll(alice);
        _enroll(bob);
        Round memory round = _play(_only(alice));
        address[2] memory both = [alice, bob];
        for (uint256 i = 0; i < 2; i++) {
            _judge(round, both[i]);
            vm.expectRevert(abi.encodeWithSelector(IAttention.NothingToJudge.selector, _id(round), both[i]));
            attention.judge(round, _root(), R, both[i]);
        }
        attention.close(round);
        vm.expectRevert(abi.encodeWithSelector(IAttention.AlreadyClosed.selector, _id(round)));
        attention.close(round);
        _checkSums();
    }

    /// @dev Whatever three verifiers do, and whatever becomes of the round, no wei is made or lost.
    function testFuzzTheSumsHold(uint256 choices, uint8 end, uint32 oneIn) public {
        pool = attention.openPool(_pool(uint32(bound(oneIn, 2, 5))));
        _enroll(alice);
        _enroll(bob);
        _enroll(carol);
        Round memory round = _announce();
        end = end % 4;
        if (end > 0) {
            _draw(round);
            address[3] memory verifiers = [alice, bob, carol];
            for (uint256 i = 0; i < 3; i++) {
                uint256 choice = choices % 4;
                choices /= 4;
                if (choice == 1) _respond(round, verifiers[i]);
                if (choice == 2) _respond(round, verifiers[i], keccak256("a guess"));
                if (choice == 3) {
                    vm.prank(verifiers[i]);
                    attention.decline(round);
                }
            }
        }
        _checkSums();
        if (end == 0) vm.roll(block.number + 300);
        if (end == 1) skip(RESPONSE + REVEAL);
        if (end == 2) _fell(_reveal(round), ends[0]);
        if (end == 3) _finalize(_reveal(round));
        _checkSums();
        if (choices & 1 == 1) attention.close(round);
        for (uint256 i = 0; i < players.length; i++) {
            vm.prank(anyone);
            try attention.judge(round, _root(), R, players[i]) {} catch {}
            _checkSums();
        }
        if (choices & 1 == 0) attention.close(round);
        _checkSums();
        // With the round over, everything is somebody's, a stake, or burned.
        uint256 sum = attention.burned();
        for (uint256 i = 0; i < players.length; i++) {
            sum += _owed(players[i]) + attention.getVerifier(pool, players[i]).stake;
        }
        assertEq(address(attention).balance, sum);
    }

    function testCreditsAreFetched() public {
        _enroll(alice);
        Round memory round = _play(_only(alice));
        _judge(round, alice);
        uint256 before = alice.balance;
        vm.prank(alice);
        attention.withdraw();
        assertEq(alice.balance - before, REWARD);
    }

    function testAClaimTellsItsRound() public {
        _enroll(alice);
        Round memory round = _announce();
        _draw(round);
        Claim memory claim = _reveal(round);
        assertEq(attention.roundOf(pinpoint.claimIdOf(claim), pool), _id(round));
        RoundState memory state = attention.getRound(_id(round));
        assertEq(uint256(state.status), uint256(RoundStatus.Revealed));
        assertEq(state.claimId, pinpoint.claimIdOf(claim));
    }
}

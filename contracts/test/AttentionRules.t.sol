// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Attention} from "../src/Attention.sol";
import {IAttention, Pool, Round, RoundStatus} from "../src/IAttention.sol";
import {IPinpoint} from "../src/IPinpoint.sol";
import {Claim} from "../src/Types.sol";
import {AttentionPlay} from "./utils/AttentionPlay.sol";

/// @dev What is refused.
contract AttentionRulesTest is AttentionPlay {
    uint256 private constant FIELD =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;

    // Pools.

    function testTermsHaveBounds() public {
        Pool memory terms = _pool(2);
        terms.source = address(0);
        _refusePool(terms, "source", 0, 1, type(uint160).max);
        terms = _pool(2);
        terms.mostRuns = 4097;
        _refusePool(terms, "mostRuns", 4097, 1, 4096);
        terms = _pool(2);
        terms.places = 0;
        _refusePool(terms, "places", 0, 1, type(uint16).max);
        terms = _pool(0);
        _refusePool(terms, "oneIn", 0, 1, type(uint32).max);
        terms = _pool(2);
        terms.reward = 0;
        _refusePool(terms, "reward", 0, 1, type(uint96).max);
        terms = _pool(2);
        terms.penalty = uint96(REWARD) - 1;
        _refusePool(terms, "penalty", REWARD - 1, REWARD, type(uint96).max);
        terms = _pool(2);
        terms.stake = uint96(PENALTY) - 1;
        _refusePool(terms, "stake", PENALTY - 1, PENALTY, type(uint96).max);
        terms = _pool(2);
        // A window, and all the time that one challenger has: its clock, 30 increments, and one for the descent.
        uint256 finality = uint256(WINDOW) + CLOCK + 30 * 60 + 600;
        uint256 least = 1 hours + RESPONSE + REVEAL + finality + 1 days;
        terms.hold = uint24(least - 1);
        _refusePool(terms, "hold", least - 1, least, type(uint24).max);
        terms.hold = uint24(least);
        attention.openPool(terms);
        terms.offer = keccak256("no offer");
        _refusePool(terms, "submitter", 0, 1, type(uint160).max);
    }

    function _refusePool(Pool memory terms, string memory term, uint256 value, uint256 least, uint256 most)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(IAttention.InvalidPool.selector, term, value, least, most));
        attention.openPool(terms);
    }

    function testAPoolIsOpenedOnce() public {
        vm.expectRevert(abi.encodeWithSelector(IAttention.PoolExists.selector, pool));
        attention.openPool(_pool(1));
    }

    function testAPoolIsItsTerms() public view {
        bytes32 id = keccak256(abi.encode(uint8(0x31), block.chainid, address(attention), _pool(1)));
        assertEq(pool, id);
        (Pool memory terms, uint16 enrolled, uint32 rounds) = attention.getPool(pool);
        assertEq(keccak256(abi.encode(terms)), keccak256(abi.encode(_pool(1))));
        assertEq(uint256(enrolled) + rounds, 0);
    }

    // Keys.

    function testAKeyIsAPointOfTheCurve() public {
        uint256[2][6] memory points = [
            [uint256(0), 0],
            [uint256(1), 3],
            [uint256(0), 1],
            [FIELD, 0],
            [FIELD + 1, 2],
            [type(uint256).max, type(uint256).max]
        ];
        for (uint256 i = 0; i < points.length; i++) {
            (uint256 x, uint256 y) = (points[i][0], points[i][1]);
            vm.expectRevert(abi.encodeWithSelector(IAttention.NotAPoint.selector, x, y));
            vm.prank(alice);
            attention.enroll{value: STAKE}(pool, x, y);
        }
        vm.prank(alice);
        attention.enroll{value: STAKE}(pool, 1, 2);
    }

    /// @dev A multiple of the order makes the point at infinity, and every secret that it would share public.
    function testARoundsPointIsNotInfinity() public {
        _enroll(alice);
        (uint256 x, uint256 y) = _times(1, 2, ORDER);
        assertEq(x + y, 0);
        uint256 deposit = attention.depositOf(pool);
        uint256[2][3] memory points = [[uint256(0), 0], [uint256(5), 5], [FIELD + 1, 2]];
        for (uint256 i = 0; i < points.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IAttention.NotAPoint.selector, points[i][0], points[i][1]));
            vm.prank(submitter);
            attention.announce{value: deposit}(pool, 0, 2, keccak256("c"), points[i][0], points[i][1]);
        }
    }

    function testBothHalvesMakeOneSecret(uint256 k, uint256 r) public view {
        k = bound(k, 1, ORDER - 1);
        r = bound(r, 1, ORDER - 1);
        (uint256 px, uint256 py) = _times(1, 2, k);
        (uint256 rx, uint256 ry) = _times(1, 2, r);
        (uint256 ax, uint256 ay) = _times(px, py, r);
        (uint256 bx, uint256 by) = _times(rx, ry, k);
        assertEq(ax, bx);
        assertEq(ay, by);
        assertGt(ax | ay, 0);
    }

    /// @dev Who enrolls with somebody else's key can't tell its tickets: silence costs it, and the owner's answers aren't its.
    function testAForeignKeyHelpsNobody() public {
        _enroll(alice);
        (uint256 x, uint256 y) = _times(1, 2, keys[alice]);
        vm.prank(bob);
        attention.enroll{value: STAKE}(pool, x, y);
        Round memory round = _announce();
        _draw(round);
        bytes32 answer = _answer(round, _root(), alice);
        _respond(round, alice, answer);
        _respond(round, bob, answer);
        _finalize(_reveal(round));
        _judge(round, alice);
        _judge(round, bob);
        assertEq(_owed(alice), REWARD);
        assertEq(_owed(bob), 0, "a copied answer");
        assertEq(attention.getVerifier(pool, bob).stake, STAKE - PENALTY);
        _checkSums();
    }

    // Enrolling.

    function testEnrollingIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IAttention.WrongStake.selector, STAKE - 1, STAKE));
        vm.prank(alice);
        attention.enroll{value: STAKE - 1}(pool, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(IAttention.UnknownPool.selector, bytes32("no")));
        vm.prank(alice);
        attention.enroll{value: STAKE}("no", 1, 2);
        _enroll(alice);
        vm.expectRevert(abi.encodeWithSelector(IAttention.AlreadyEnrolled.selector, pool, alice));
        vm.prank(alice);
        attention.enroll{value: STAKE}(pool, 1, 2);
        _enroll(bob);
        _enroll(carol);
        vm.expectRevert(abi.encodeWithSelector(IAttention.PoolFull.selector, pool, 3));
        vm.prank(anyone);
        attention.enroll{value: STAKE}(pool, 1, 2);
        vm.prank(carol);
        attention.pause(pool);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NotEnrolled.selector, pool, carol));
        vm.prank(carol);
        attention.pause(pool);
        _enroll(anyone);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NotPaused.selector, pool, alice));
        vm.prank(alice);
        attention.unstake(pool);
    }

    // Announcing.

    function testAnnouncingIsRefused() public {
        Round memory round = _round(_root(), R);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NobodyEnrolled.selector, pool));
        _send(round, submitter, PENALTY);
        _enroll(alice);
        uint256 deposit = REWARD + PENALTY;
        vm.expectRevert(abi.encodeWithSelector(IAttention.WrongDeposit.selector, deposit - 1, deposit));
        _send(round, submitter, deposit - 1);
        vm.expectRevert(abi.encodeWithSelector(IAttention.NotTheSubmitter.selector, alice, submitter));
        _send(round, alice, deposit);
        round.count = 0;
        vm.expectRevert(abi.encodeWithSelector(IAttention.BatchSizeOutOfRange.selector, 0, 64));
        _send(round, submitter, deposit);
        round.count = 65;
        vm.expectRevert(abi.encodeWithSelector(IAttention.BatchSizeOutOfRange.selector, 65, 64));
        _send(round, submitter, deposit);
        round.count = 2;
        round.first = 3;
        vm.expectRevert(abi.encodeWithSelector(IAttention.NoSuchRequest.selector, uint64(4)));
        _send(round, submitter, deposit);
        round.first = type(uint64).max;
        vm.expectRevert();
        _send(round, submitter, deposit);
        round.first = 0;
        _send(round, submitter, deposit);
        vm.expectRevert(abi.encodeWithSelector(IAttention.RoundExists.selector, _id(round)));
        _send(round, submitter, deposit);
    }

    function _send(Round memory round, address sender, uint256 deposit) private {
        vm.prank(sender);
        attention.announce{value: deposit}(pool, round.first, round.count, round.commitment, round.x, round.y);
    }

    /// @dev Under an open offer anyone could claim what is announced, and so be paid for answers that nobody can judge.
    function testAPoolIsOfANamedSubmitter() public {
        offer = _offer(address(0));
        _refusePool(_pool(1), "submitter", 0, 1, type(uint160).max);
    }

    // Answering.

    function testAnsweringIsRefused() public {
        _enroll(alice);
        Round memory round = _announce();
        bytes32 id = _id(round);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttention.WrongStatus.selector, id, RoundStatus.Announced, RoundStatus.Drawn
            )
        );
        _respond(round, alice, keccak256("early"));
        _draw(round);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttention.WrongStatus.selector, id, RoundStatus.Drawn, RoundStatus.Announced
            )
        );
        attention.draw(round);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(IAttention.ReservedAnswer.selector, bytes32(i)));
            _respond(round, alice, bytes32(i));
        }
        vm.expectRevert(abi.encodeWithSelector(IAttention.NotBound.selector, id, bob));
        _respond(round, bob, keccak256("stranger"));
        uint256 until = START + RESPONSE;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IAttention.TooLate.selector, until, until));
        _respond(round, alice, keccak256("late"));
        vm.expectRevert(abi.encodeWithSelector(IAttention.TooLate.selector, until, until));
        vm.prank(alice);
        attention.decline(round);
        vm.warp(until - 1);
        _respond(round, alice, keccak256("in time"));
        vm.expectRevert(abi.encodeWithSelector(IAttention.AlreadyAnswered.selector, id, alice));
        _respond(round, alice, keccak256("again"));
    }

    /// @dev Fields of another round, so another id that nothing is stored under.
    function testARoundIsItsFields() public {
        _enroll(alice);
        Round memory round = _announce();
        round.pool = keccak256("another pool");
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttention.WrongStatus.selector, _id(round), RoundStatus.None, RoundStatus.Announced
            )
        );
        attention.draw(round);
        vm.expectRevert(abi.encodeWithSelector(IAttention.RoundPending.selector, _id(round)));
        attention.close(round);
        vm.expectRevert(abi.encodeWithSelector(IAttention.RoundPending.selector, _id(round)));
        attention.judge(round, 0, 0, alice);
    }

    /// @dev An answer to one round is wrong in the next, of the same claim and with the same r.
    function testAnAnswerIsOfOneRound() public {
        _enroll(alice);
        Round memory first = _announce();
        _draw(first);
        bytes32 answer = _answer(first, _root(), alice);
        Round memory second = _announceWithSalt(keccak256("another salt"));
        _draw(second);
        _respond(second, alice, answer);
        vm.warp(attention.getRound(_id(second)).respondUntil);
        vm.expectRevert();
        attention.reveal(second, _root(), SALT, R);
        vm.prank(submitter);
        requests.claim{value: CLAIM_BOND}(offer, 0, 2, _root());
        attention.reveal(second, _root(), keccak256("another salt"), R);
        vm.warp(block.timestamp + WINDOW);
        pinpoint.finalize(_claimed());
        _judge(second, alice);
        assertEq(attention.getVerifier(pool, alice).stake, STAKE - PENALTY);
    }

    function _announceWithSalt(bytes32 salt) private returns (Round memory round) {
        round = _round(_root(), R);
        round.commitment = attention.commitmentOf(round, _root(), salt);
        _send(round, submitter, attention.depositOf(pool));
    }

    function _claimed() private view returns (Claim memory) {
        return Claim(offer, submitter, address(requests), 0, 2, _root());
    }

    // Revealing.

    function testRevealingIsRefused() public {
        _enroll(alice);
        Round memory round = _announce();
        _draw(round);
        uint256 until = START + RESPONSE;
        vm.expectRevert(abi.encodeWithSelector(IAttention.TooEarly.selector, until, START));
        attention.reveal(round, _root(), SALT, R);
        vm.warp(until);
        vm.expectPartialRevert(IAttention.CommitmentMismatch.selector);
        attention.reveal(round, keccak256("another root"), SALT, R);
        vm.expectPartialRevert(IAttention.WrongScalar.selector);
        attention.reveal(round, _root(), SALT, R + 1);
        bytes32 claimId = pinpoint.claimIdOf(_claimed());
        vm.expectRevert(abi.encodeWithSelector(IAttention.NoClaim.selector, claimId));
        attention.reveal(round, _root(), SALT, R);
        _claim(_root());
        vm.warp(until + REVEAL);
        vm.expectRevert(abi.encodeWithSelector(IAttention.TooLate.selector, until + REVEAL, until + REVEAL));
        attention.reveal(round, _root(), SALT, R);
        vm.warp(until + REVEAL - 1);
        attention.reveal(round, _root(), SALT, R);
        vm.expectPartialRevert(IAttention.WrongStatus.selector);
        attention.reveal(round, _root(), SALT, R);
    }

    /// @dev A root that was public while answers were accepted shows nobody's work.
    function testAClaimMadeBeforeAnswersCloseIsNotTheAnnouncedOne() public {
        _enroll(alice);
        Round memory round = _announce();
        _draw(round);
        uint256 until = START + RESPONSE;
        vm.warp(until - 1);
        _claim(_root());
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IAttention.ClaimTooEarly.selector, until - 1, until));
        attention.reveal(round, _root(), SALT, R);
    }

    function testAClaimOfOtherRunsIsNotTheAnnouncedOne() public {
        _enroll(alice);
        Round memory round = _announce();
        _draw(round);
        vm.warp(START + RESPONSE);
        vm.prank(submitter);
        requests.claim{value: CLAIM_BOND}(offer, 2, 2, _root());
        vm.prank(submitter);
        requests.claim{value: CLAIM_BOND}(offer, 0, 1, _root());
        vm.expectRevert(abi.encodeWithSelector(IAttention.NoClaim.selector, pinpoint.claimIdOf(_claimed())));
        attention.reveal(round, _root(), SALT, R);
    }

    function testJudgingNeedsWhatWasRevealed() public {
        _enroll(alice);
        Round memory round = _announce();
        _draw(round);
        _respond(round, alice);
        _finalize(_reveal(round));
        vm.expectPartialRevert(IAttention.SecretMismatch.selector);
        attention.judge(round, keccak256("another root"), R, alice);
        vm.expectPartialRevert(IAttention.SecretMismatch.selector);
        attention.judge(round, _root(), R + 1, alice);
        // The same point, but not what was revealed.
        vm.expectPartialRevert(IAttention.SecretMismatch.selector);
        attention.judge(round, _root(), R + ORDER, alice);
    }

    function testItNeedsPinpoint() public {
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.NoCode.selector, alice));
        new Attention(IPinpoint(alice));
    }
}

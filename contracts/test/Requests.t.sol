// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {IRequests, Order, RequestStatus} from "../src/IRequests.sol";
import {Claim, ClaimStatus, Request} from "../src/Types.sol";
import {Market} from "./utils/Market.sol";

/// @dev Requests, claims of them, settlement, refunds. Commitments: Commitments.t.sol; times, sums and bits over whole words: RequestRanges.t.sol.
contract RequestsTest is Market {
    function _expectRequest(bytes memory reason, Order memory order, bytes memory input) private {
        vm.prank(alice);
        vm.expectRevert(reason);
        requests.request{value: order.fee}(order, input, NOTHING);
    }

    function _expectSettle(bytes memory reason, Claim memory claim) private {
        vm.expectRevert(reason);
        requests.settle(claim);
    }

    function _expectRefund(bytes memory reason, uint64 number, Request memory request) private {
        vm.expectRevert(reason);
        requests.refund(offer, number, request);
    }

    function _paid(address account) private view returns (uint256) {
        return requests.withdrawable(address(0), account);
    }

    function _assertStatus(uint64 number, RequestStatus wanted) private view {
        assertEq(uint256(requests.statusOf(offer, number)), uint256(wanted), "status");
    }

    function testRequestsAreNumberedPerOfferAndHeldByTheirHash() public {
        bytes32 other = _offer(submitter, address(0), 0, 0);
        Request memory first = _ask();
        Request memory second = _ask(bob, _order());
        Order memory order = _order();
        order.offer = other;
        Request memory elsewhere = _ask(bob, order);
        assertEq(first.nonce, 0);
        assertEq(second.nonce, 1);
        assertEq(elsewhere.nonce, 0);
        assertEq(requests.requestHash(offer, 0), _hash(first));
        assertEq(requests.requestHash(offer, 1), _hash(second));
        assertEq(requests.requestHash(other, 0), _hash(elsewhere));
        assertEq(requests.requestHash(offer, 2), bytes32(0), "there is no third");
        assertEq(requests.countOf(offer), 2);
        _assertStatus(2, RequestStatus.None);
    }

    function testRequestPaysAtLeastTheOffersFee() public {
        Order memory order = _order();
        order.fee = FEE - 1;
        _expectRequest(
            abi.encodeWithSelector(IRequests.FeeOutOfRange.selector, FEE - 1, FEE, type(uint112).max),
            order,
            NOTHING
        );
        order.fee = FEE + 1;
        assertEq(requests.requestHash(offer, 0), bytes32(0), "a refused request does nothing");
        _ask(alice, order);
        assertEq(requests.feesOf(offer, 0, 1), FEE + 1);
    }

    function testRequestIsARunThatTheModelAllows() public {
        Order memory order = _order();
        order.iterations = 0;
        _expectRequest(
            abi.encodeWithSelector(IRequests.IterationsOutOfRange.selector, 0, MAX_ITERATIONS), order, NOTHING
        );
        order.iterations = MAX_ITERATIONS + 1;
        _expectRequest(
            abi.encodeWithSelector(
                IRequests.IterationsOutOfRange.selector, MAX_ITERATIONS + 1, MAX_ITERATIONS
            ),
            order,
            NOTHING
        );
        order.iterations = MAX_ITERATIONS;
        order.offer = keccak256("no offer");
        _expectRequest(abi.encodeWithSelector(IRegistry.UnknownOffer.selector, order.offer), order, NOTHING);
    }

    function testRequestHasTimeToBeClaimed() public {
        Order memory order = _order();
        order.deadline = uint32(time);
        _expectRequest(abi.encodeWithSelector(IRequests.DeadlinePassed.selector, time, time), order, NOTHING);
    }

    function testInputIsWhatTheInputsRootBinds() public {
        bytes memory input = hex"0102";
        bytes32 root = keccak256(abi.encodePacked(input, new bytes(126)));
        for (uint256 height = 0; height < 35; height++) {
            root = _node(root, _zero(height));
        }
        Order memory order = _order();
        _expectRequest(abi.encodeWithSelector(IRequests.InputsMismatch.selector, root, INPUTS), order, input);
        order.inputsRoot = 0;
        _expectRequest(abi.encodeWithSelector(IRequests.InputsMismatch.selector, 0, 0), order, NOTHING);
        vm.prank(alice);
        requests.request{value: FEE}(order, input, NOTHING);
        order.inputsRoot = root;
        assertEq(requests.requestHash(offer, 0), _hash(_requestOf(alice, 0, order)), "computed");
        vm.prank(alice);
        requests.request{value: FEE}(order, input, NOTHING);
        assertEq(requests.requestHash(offer, 1), _hash(_requestOf(alice, 1, order)), "given");
    }

    function testRangeIsClaimedOnce() public {
        _askMany(3);
        _claim(0, _ends(2));
        _assertStatus(1, RequestStatus.Claimed);
        _assertStatus(2, RequestStatus.Open);
        _expectClaim(
            abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, 1), 1, _one(keccak256("another"))
        );
        _expectClaim(abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, 0), 0, _ends(3));
        _claim(2, _ends(1));
    }

    function testNumbersBeyondTheLastCantBeClaimed() public {
        _askMany(2);
        _expectClaim(abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, 2), 0, _ends(3));
        _expectClaim(abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, 2), 2, _ends(1));
        uint64 last = type(uint64).max;
        _expectClaim(abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, last), last, _ends(1));
        _expectClaim(abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, last), last, _ends(2));
    }

    function testClaimIsOfOneEndAtLeastAndOf4096AtMost() public {
        _ask();
        _expectClaim(
            abi.encodeWithSelector(IPinpoint.BatchSizeOutOfRange.selector, 0, 4096), 0, new bytes32[](0)
        );
        _expectClaim(
            abi.encodeWithSelector(IPinpoint.BatchSizeOutOfRange.selector, 4097, 4096), 0, new bytes32[](4097)
        );
    }

    function testRequestsOfOneOfferCantBeClaimedUnderAnother() public {
        bytes32 other = _offer(submitter, address(0), 0, 0);
        _ask();
        vm.prank(submitter);
        vm.expectRevert(abi.encodeWithSelector(IRequests.NotClaimable.selector, other, 0));
        requests.claimBatch{value: CLAIM_BOND}(other, 0, _ends(1), SALT);
    }

    function testTheBondIsTheOffers() public {
        _ask();
        vm.prank(submitter);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.WrongBond.selector, CLAIM_BOND - 1, CLAIM_BOND));
        requests.claimBatch{value: CLAIM_BOND - 1}(offer, 0, _ends(1), SALT);
        _claim(0, _ends(1));
        assertEq(address(requests).balance, FEE, "bonds are the Pinpoint contract's");
        assertEq(address(pinpoint).balance, CLAIM_BOND);
    }

    function testOnlyTheNamedSubmitterClaims() public {
        _ask();
        vm.prank(rival);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.NotTheSubmitter.selector, rival, submitter));
        requests.claimBatch{value: CLAIM_BOND}(offer, 0, _ends(1), SALT);
    }

    function testLastSecondToClaim() public {
        Order memory order = _order();
        _ask();
        _ask();
        _pass(1 days);
        _expectClaim(
            abi.encodeWithSelector(IRequests.PastDeadline.selector, offer, 0, order.deadline, time),
            0,
            _ends(2)
        );
        vm.warp(order.deadline - 1);
        _claim(0, _ends(2));
    }

    function testOneRequestPastItsDeadlineRefusesTheRange() public {
        _ask();
        Order memory order = _order();
        order.deadline = uint32(time + 60);
        _ask(alice, order);
        _ask();
        _pass(60);
        _expectClaim(
            abi.encodeWithSelector(IRequests.PastDeadline.selector, offer, 1, time, time), 0, _ends(3)
        );
        _claim(0, _ends(1));
        _claim(2, _ends(1));
    }

    function testFinalClaimIsPaidItsFeesOnce() public {
        Order memory order = _order();
        for (uint128 i = 1; i <= 4; i++) {
            order.fee = FEE * i;
            _ask(alice, order);
        }
        Claim memory claim = _claim(1, _ends(2));
        bytes32 id = _idOf(claim);
        _expectSettle(abi.encodeWithSelector(IRequests.ClaimNotFinal.selector, id, ClaimStatus.Open), claim);
        _pass(WINDOW);
        _expectSettle(abi.encodeWithSelector(IRequests.ClaimNotFinal.selector, id, ClaimStatus.Open), claim);
        requests.finalizeAndSettle(claim);
        assertEq(_paid(submitter), 5 * FEE, "the second and the third request's");
        _expectSettle(abi.encodeWithSelector(IRequests.AlreadySettled.selector, id), claim);
        vm.expectRevert(abi.encodeWithSelector(IRequests.AlreadySettled.selector, id));
        requests.finalizeAndSettle(claim);
        assertEq(_paid(submitter), 5 * FEE);
    }

    function testWhoeverFinalizesTheSubmitterIsPaid() public {
        _ask();
        Claim memory claim = _claim(0, _ends(1));
        _pass(WINDOW);
        vm.prank(rival);
        pinpoint.finalize(claim);
        vm.prank(rival);
        requests.finalizeAndSettle(claim);
        assertEq(_paid(submitter), FEE);
        assertEq(_paid(rival), 0);
    }

    function testRunsThatFailedArePaid() public {
        _ask();
        requests.settle(_finalClaim(0, FAILED));
        assertEq(_paid(submitter), FEE);
    }

    function testFallenClaimIsPaidNothing() public {
        Request memory request = _ask();
        bytes32[] memory ends = _ends(1);
        Claim memory claim = _claim(0, ends);
        _fell(claim, request, _leaf(ends, 0));
        _expectSettle(
            abi.encodeWithSelector(IRequests.ClaimNotFinal.selector, _idOf(claim), ClaimStatus.Fallen), claim
        );
    }

    function testClaimsMadeElsewhereArePaidNothing() public {
        _ask();
        // This contract as a source: numbers of its own.
        vm.deal(address(this), CLAIM_BOND);
        pinpoint.claimFor{value: CLAIM_BOND}(offer, submitter, 0, 1, keccak256("end"));
        Claim memory claim = Claim(offer, submitter, address(this), 0, 1, keccak256("end"));
        _finalize(claim);
        _expectSettle(abi.encodeWithSelector(IRequests.UnknownClaim.selector, _idOf(claim)), claim);
        vm.expectRevert(abi.encodeWithSelector(IRequests.UnknownClaim.selector, _idOf(claim)));
        requests.reopen(claim, 0, 1);
    }

    function testUnclaimedRequestIsRefundedFromItsDeadlineOnOnce() public {
        Request memory request = _ask();
        _pass(1 days - 1);
        _assertStatus(0, RequestStatus.Open);
        _expectRefund(
            abi.encodeWithSelector(IRequests.DeadlineAhead.selector, request.deadline, time), 0, request
        );
        _pass(1);
        _assertStatus(0, RequestStatus.Overdue);
        vm.prank(anyone);
        requests.refund(offer, 0, request);
        assertEq(_paid(alice), FEE);
        _assertStatus(0, RequestStatus.Refunded);
        _expectRefund(abi.encodeWithSelector(IRequests.NotRefundable.selector, offer, 0), 0, request);
        assertEq(_paid(alice), FEE);
    }

    function testRefundIsOfTheRequestHeld() public {
        Request memory request = _ask();
        _ask();
        _pass(1 days);
        bytes32 held = requests.requestHash(offer, 1);
        _expectRefund(
            abi.encodeWithSelector(IRequests.NotTheRequest.selector, _hash(request), held), 1, request
        );
        request.fee = 2 * FEE;
        held = requests.requestHash(offer, 0);
        _expectRefund(
            abi.encodeWithSelector(IRequests.NotTheRequest.selector, _hash(request), held), 0, request
        );
        request.fee = FEE;
        request.requester = bob;
        _expectRefund(
            abi.encodeWithSelector(IRequests.NotTheRequest.selector, _hash(request), held), 0, request
        );
    }

    /// @dev Two offers of a model may hold requests of one hash; each has its own fee.
    function testRequestsOfOneHashAreRefundedEach() public {
        bytes32 other = _offer(rival, address(0), FEE, 0);
        Request memory request = _ask();
        Order memory order = _order();
        order.offer = other;
        assertEq(_hash(_ask(alice, order)), _hash(request), "one hash");
        assertNotEq(requests.idOf(offer, 0), requests.idOf(other, 0));
        _claim(0, _ends(1));
        _pass(1 days);
        requests.refund(other, 0, request);
        _expectRefund(abi.encodeWithSelector(IRequests.NotRefundable.selector, offer, 0), 0, request);
        assertEq(_paid(alice), FEE);
    }

    function testClaimedRequestIsNotRefundedWhileTheClaimStands() public {
        Request memory request = _ask();
        Claim memory claim = _claim(0, _ends(1));
        _pass(2 days);
        _expectRefund(abi.encodeWithSelector(IRequests.NotRefundable.selector, offer, 0), 0, request);
        requests.finalizeAndSettle(claim);
        _expectRefund(abi.encodeWithSelector(IRequests.NotRefundable.selector, offer, 0), 0, request);
        assertEq(_paid(alice), 0);
    }

    function testBatchGoesAroundARefundedHole() public {
        Order memory order = _order();
        Request[] memory made = new Request[](5);
        for (uint128 i = 0; i < 5; i++) {
            order.fee = FEE << i;
            order.deadline = uint32(time + (i == 2 ? 1 hours : 1 days));
            made[i] = _ask(alice, order);
        }
        _pass(1 hours);
        requests.refund(offer, 2, made[2]);
        _expectClaim(abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, 2), 0, _ends(5));
        _expectClaim(abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, 2), 2, _ends(1));
        Claim memory before = _claim(0, _ends(2));
        Claim memory after_ = _claim(3, _ends(2));
        _pass(WINDOW);
        requests.finalizeAndSettle(before);
        assertEq(_paid(submitter), 3 * FEE);
        requests.finalizeAndSettle(after_);
        assertEq(_paid(submitter), 27 * FEE);
        assertEq(_paid(alice), 4 * FEE);
    }

    function testReopenedRequestHasTheTimeThatWasLeft() public {
        Request memory request = _ask();
        bytes32[] memory ends = _ends(1);
        _pass(20 hours);
        Claim memory claim = _claim(0, ends);
        _pass(3 hours);
        _fell(claim, request, _leaf(ends, 0));
        // Far beyond the deadline, but all that time it couldn't be claimed.
        _pass(100 days);
        _expectRefund(abi.encodeWithSelector(IRequests.NotRefundable.selector, offer, 0), 0, request);
        vm.prank(anyone);
        requests.reopen(claim, 0, 1);
        assertEq(requests.deadlineOf(offer, 0), time + 4 hours);
        _assertStatus(0, RequestStatus.Open);
        _pass(4 hours - 1);
        _expectRefund(abi.encodeWithSelector(IRequests.DeadlineAhead.selector, time + 1, time), 0, request);
        _pass(1);
        requests.refund(offer, 0, request);
        assertEq(_paid(alice), FEE);
    }

    function testRequestsAreReopenedOnce() public {
        Request[] memory made = _askMany(3);
        bytes32[] memory ends = _ends(3);
        Claim memory claim = _claim(0, ends);
        bytes32 id = _idOf(claim);
        _fell(claim, made[1], _leaf(ends, 1));
        requests.reopen(claim, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IRequests.NothingToReopen.selector, id, 1, 1));
        requests.reopen(claim, 1, 1);
        assertTrue(requests.isReopened(id, 1));
        assertFalse(requests.isReopened(id, 0));
        uint32 deadline = requests.deadlineOf(offer, 1);
        // Another claim of it, and then all of the fallen claim: this one stays claimed.
        _claim(1, _one(keccak256("right")));
        _pass(1 hours);
        requests.reopen(claim, 0, 3);
        _assertStatus(0, RequestStatus.Open);
        _assertStatus(1, RequestStatus.Claimed);
        _assertStatus(2, RequestStatus.Open);
        assertEq(requests.deadlineOf(offer, 1), deadline, "not moved again");
        vm.expectRevert(abi.encodeWithSelector(IRequests.NothingToReopen.selector, id, 0, 3));
        requests.reopen(claim, 0, 3);
    }

    function testReopenedRequestIsPaidToItsSecondClaimAlone() public {
        Request memory request = _ask();
        bytes32[] memory ends = _one(keccak256("wrong"));
        Claim memory wrong = _claim(0, ends);
        _fell(wrong, request, _leaf(ends, 0));
        requests.reopen(wrong, 0, 1);
        Claim memory right = _claim(0, _one(keccak256("right")));
        _pass(WINDOW);
        requests.finalizeAndSettle(right);
        assertEq(_paid(submitter), FEE);
        _expectSettle(
            abi.encodeWithSelector(IRequests.ClaimNotFinal.selector, _idOf(wrong), ClaimStatus.Fallen), wrong
        );
        vm.expectRevert(abi.encodeWithSelector(IRequests.NothingToReopen.selector, _idOf(wrong), 0, 1));
        requests.reopen(wrong, 0, 1);
    }

    function testOnlyAFallenClaimsRequestsAreReopened() public {
        Request[] memory made = _askMany(2);
        bytes32[] memory ends = _ends(1);
        Claim memory claim = _claim(0, ends);
        bytes32 id = _idOf(claim);
        vm.expectRevert(abi.encodeWithSelector(IRequests.ClaimNotFallen.selector, id, ClaimStatus.Open));
        requests.reopen(claim, 0, 1);
        _finalize(claim);
        vm.expectRevert(abi.encodeWithSelector(IRequests.ClaimNotFallen.selector, id, ClaimStatus.Finalized));
        requests.reopen(claim, 0, 1);

        vm.warp(START);
        time = START;
        claim = _claim(1, ends);
        id = _idOf(claim);
        _fell(claim, made[1], _leaf(ends, 0));
        vm.expectRevert(abi.encodeWithSelector(IRequests.NothingToReopen.selector, id, 0, 2));
        requests.reopen(claim, 0, 2);
        vm.expectRevert(abi.encodeWithSelector(IRequests.NothingToReopen.selector, id, 0, 0));
        requests.reopen(claim, 0, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IRequests.NothingToReopen.selector, id, type(uint32).max, type(uint32).max)
        );
        requests.reopen(claim, type(uint32).max, type(uint32).max);
    }

    function testRecordedEndsAreAClaimsThatIsFinal() public {
        _askMany(3);
        bytes32[] memory ends = _ends(3);
        Claim memory claim = _claim(0, ends);
        vm.expectRevert(
            abi.encodeWithSelector(IRequests.ClaimNotFinal.selector, _idOf(claim), ClaimStatus.Open)
        );
        requests.record(claim, _leaf(ends, 2));
        _finalize(claim);
        assertEq(requests.resultIn(claim, _leaf(ends, 2)), 2);
        assertFalse(requests.isFinal(offer, 2));
        requests.record(claim, _leaf(ends, 2));
        assertTrue(requests.isFinal(offer, 2));
        assertEq(requests.resultOf(offer, 2), ends[2]);
        _assertStatus(2, RequestStatus.Final);
        assertEq(requests.resultOf(offer, 1), bytes32(0));

        bytes32[] memory others = _ends(3);
        others[1] = keccak256("another");
        vm.expectRevert(abi.encodeWithSelector(IRequests.NotInClaim.selector, _root(others), _root(ends)));
        requests.record(claim, _leaf(others, 1));
    }

    /// @dev A shorter path would prove inner nodes as ends, an index beyond the last a leaf that is missing.
    function testEndsAreProvenFromTheClaimsLeaves() public {
        _askMany(3);
        bytes32[] memory ends = _ends(3);
        Claim memory claim = _claim(0, ends);
        _finalize(claim);
        bytes32[] memory upper = new bytes32[](2);
        upper[0] = _node(ends[0], ends[1]);
        upper[1] = _node(ends[2], bytes32(0));
        assertEq(_root(upper), _root(ends), "two levels up");
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.WrongSiblingCount.selector, 1, 2));
        requests.record(claim, _leaf(upper, 0));
        bytes32[] memory four = new bytes32[](4);
        for (uint256 i = 0; i < 3; i++) {
            four[i] = ends[i];
        }
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.PartOutOfRange.selector, 3, 3));
        requests.record(claim, _leaf(four, 3));
    }

    function testQuoteIsTheOffersFee() public view {
        (address token, uint128 fee) = requests.quote(offer);
        assertEq(token, address(0));
        assertEq(fee, FEE);
        assertEq(requests.estimateFee(offer, 0), FEE);
    }

    function testEstimateAddsTheGasOfADelivery() public {
        vm.fee(10 gwei);
        assertEq(requests.estimateFee(offer, 100_000), FEE + 300_000 * 2 * 10 gwei);
        assertEq(requests.estimateFee(offer, 0), FEE);
    }
}

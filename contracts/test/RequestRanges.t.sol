// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRequests, Order} from "../src/IRequests.sol";
import {Claim, ClaimStatus, Request} from "../src/Types.sol";
import {Market} from "./utils/Market.sol";

/// @dev Ranges over words of bits, deadlines and sums; and every coin, in random sequences of all that can be done.
contract RequestRangesTest is Market {
    /// @dev Seeds give numbers, each another.
    uint256 private _seed;

    function _random(uint256 below) private returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % below;
    }

    /// @dev A range can be claimed if and only if all its deadlines are ahead, wherever it lies among the words.
    function testFuzzRangeIsClaimableIfAllDeadlinesAreAhead(uint256 seed, uint8 first, uint8 count) public {
        uint256 total = 24;
        uint256 from = first % total;
        uint256 length = 1 + count % (total - from);
        _seed = seed;
        Order memory order = _order();
        bool allAhead = true;
        uint256 late = 1000;
        for (uint256 i = 0; i < total; i++) {
            order.deadline = _random(12) == 0 ? uint32(time + 100) : uint32(time + 101 + _random(1 << 31));
            if (_random(20) == 0) order.deadline = type(uint32).max;
            _ask(alice, order);
            bool ahead = order.deadline > time + 100;
            if (!ahead && i >= from && i < from + length) {
                if (allAhead) late = i;
                allAhead = false;
            }
        }
        _pass(100);
        if (!allAhead) {
            _expectClaim(
                abi.encodeWithSelector(IRequests.PastDeadline.selector, offer, late, time, time),
                uint64(from),
                _ends(length)
            );
        } else {
            _claim(uint64(from), _ends(length));
        }
    }

    function testRangeOverWordsOfBitsTakesItAndNoMore() public {
        _askMany(600);
        _claim(250, _ends(270));
        for (uint64 i = 0; i < 600; i++) {
            bool taken = i >= 250 && i < 520;
            assertEq(uint256(requests.statusOf(offer, i)), taken ? 3 : 1, "status");
        }
        _expectClaim(abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, 250), 249, _ends(2));
        _expectClaim(abi.encodeWithSelector(IRequests.NotClaimable.selector, offer, 519), 519, _ends(2));
        _claim(0, _ends(250));
        _claim(520, _ends(80));
    }

    function testFuzzFeesOfARangeAreTheirSum(uint128[9] memory fees, uint8 first, uint8 count) public {
        Order memory order = _order();
        uint256 from = first % 9;
        uint256 length = 1 + count % (9 - from);
        uint256 sum;
        vm.deal(alice, type(uint128).max);
        for (uint256 i = 0; i < 9; i++) {
            order.fee = uint128(bound(fees[i], FEE, type(uint112).max));
            _ask(alice, order);
            if (i >= from && i < from + length) sum += order.fee;
        }
        assertEq(requests.feesOf(offer, uint64(from), uint32(length)), sum);
    }

    /// @dev Fees that come and go may sum to more than a half word holds; differences stay right.
    function testSumsMayWrap() public {
        bytes32 sums = bytes32(uint256(type(uint128).max - FEE / 2));
        _ask();
        // Number 0's sum is in the low half of its word.
        bytes32 slot = _sumSlot(0);
        assertEq(vm.load(address(requests), slot), bytes32(uint256(FEE)), "the slot");
        vm.store(address(requests), slot, sums);
        _ask();
        _ask();
        assertEq(requests.feesOf(offer, 1, 2), 2 * FEE);
    }

    function _sumSlot(uint256 pair) private view returns (bytes32) {
        for (uint256 base = 0; base < 16; base++) {
            bytes32 slot = keccak256(abi.encode(pair, keccak256(abi.encode(offer, base))));
            if (vm.load(address(requests), slot) == bytes32(uint256(FEE))) return slot;
        }
        revert("no slot");
    }

    function testReopenedDeadlineEndsWithTime() public {
        Order memory order = _order();
        order.deadline = type(uint32).max - 1;
        Request memory request = _ask(alice, order);
        bytes32[] memory ends = _ends(1);
        Claim memory claim = _claim(0, ends);
        _fell(claim, request, _leaf(ends, 0));
        requests.reopen(claim, 0, 1);
        assertEq(requests.deadlineOf(offer, 0), type(uint32).max);
    }

    // Conservation.

    struct Made {
        Request request;
        bytes32 offer;
        bool refunded;
        bool taken;
    }

    struct Batch {
        Claim claim;
        bytes32[] ends;
        /// Of the requests that want no delivery.
        uint256 fees;
        bool decided;
    }

    bytes32[2] private _offers;
    Made[] private _made;
    mapping(bytes32 offer => uint256[]) private _numbers;
    Batch[] private _batches;
    /// @dev Fees that nobody has been credited with.
    uint256 private _locked;

    function _assertConserved() private view {
        uint256 owed = _owed();
        assertEq(address(requests).balance, _locked + owed, "coins");
    }

    function _owed() private view returns (uint256 sum) {
        address[3] memory accounts = [alice, bob, submitter];
        for (uint256 i = 0; i < 3; i++) {
            sum += requests.withdrawable(address(0), accounts[i]);
        }
    }

    /// @dev Random requests, claims, falls, deliveries, reopenings, refunds, settlements and withdrawals: after each the contract has what is locked
    /// and what it owes, to the wei.
    function testFuzzCoinsAreConserved(uint256 seed) public {
        _seed = seed;
        _offers = [offer, _offer(submitter, address(0), 7, 0)];
        for (uint256 i = 0; i < 60; i++) {
            uint256 what = _random(8);
            if (what < 3) _randomRequest();
            else if (what == 3) _randomClaim();
            else if (what == 4) _randomRefund();
            else if (what == 5) _randomDecision();
            else if (what == 6) _pass(_random(8 hours));
            else _withdrawAll();
            _assertConserved();
        }
        for (uint256 i = 0; i < _batches.length; i++) {
            _decide(_batches[i], false);
        }
        // All claims are decided: what isn't paid can be refunded once it is reopened and overdue.
        _pass(400 days);
        for (uint256 i = 0; i < _made.length; i++) {
            if (!_made[i].refunded && !_made[i].taken) _refund(_made[i]);
        }
        _withdrawAll();
        assertEq(_locked, 0, "locked");
        assertEq(address(requests).balance, 0, "nothing is left");
    }

    function _randomRequest() private {
        Order memory order = _order();
        order.offer = _offers[_random(2)];
        order.fee = uint128(FEE + _random(1 ether));
        order.deadline = uint32(time + 1 + _random(2 days));
        order.outputBytes = uint16(_random(2));
        Request memory request = _ask(_random(2) == 0 ? alice : bob, order);
        _numbers[order.offer].push(_made.length);
        _made.push(Made(request, order.offer, false, false));
        _locked += order.fee;
    }

    function _randomClaim() private {
        bytes32 under = _offers[_random(2)];
        uint256 total = _numbers[under].length;
        if (total == 0) return;
        uint64 first = uint64(_random(total));
        bytes32[] memory ends = new bytes32[](1 + _random(total - first));
        for (uint256 i = 0; i < ends.length; i++) {
            ends[i] = keccak256(abi.encode(_seed, i));
        }
        bool claimable = true;
        uint256 fees;
        for (uint256 i = 0; i < ends.length; i++) {
            Made storage made = _made[_numbers[under][first + i]];
            claimable = claimable && !made.refunded && !made.taken
                && requests.deadlineOf(under, first + uint64(i)) > time;
            // What can be delivered without an output.
            if (_wantsDelivery(under, first + i)) ends[i] = FAILED;
            else fees += made.request.fee;
        }
        // A claim that fell can't be made again as it was.
        Claim memory claim = _claimOf(submitter, under, first, ends);
        claimable = claimable && pinpoint.getClaim(_idOf(claim)).status == ClaimStatus.None;
        vm.deal(submitter, 1000 ether);
        vm.prank(submitter);
        (bool done,) = address(requests).call{value: CLAIM_BOND}(
            abi.encodeCall(IRequests.claimBatch, (under, first, ends, SALT))
        );
        assertEq(done, claimable, "claimable");
        if (!done) return;
        for (uint256 i = 0; i < ends.length; i++) {
            _made[_numbers[under][first + i]].taken = true;
        }
        _batches.push(Batch(claim, ends, fees, false));
        if (_random(2) == 0) _fellAndReopen(_batches[_batches.length - 1], ends);
    }

    function _wantsDelivery(bytes32 under, uint256 number) private view returns (bool) {
        return requests.deliveryOf(under, uint64(number)).outputBytes != 0;
    }

    function _fellAndReopen(Batch storage batch, bytes32[] memory ends) private {
        Claim memory claim = batch.claim;
        uint256 index = _random(claim.count);
        vm.deal(challenger, 1 ether);
        _fell(claim, _made[_numbers[claim.offer][claim.first + index]].request, _leaf(ends, index));
        batch.decided = true;
        requests.reopen(claim, 0, claim.count);
        for (uint256 i = 0; i < claim.count; i++) {
            _made[_numbers[claim.offer][claim.first + i]].taken = false;
        }
    }

    function _randomRefund() private {
        if (_made.length > 0) _refund(_made[_random(_made.length)]);
    }

    function _refund(Made storage made) private {
        bytes32 under = made.offer;
        uint64 number = made.request.nonce;
        uint256 deadline = requests.deadlineOf(under, number);
        (bool done,) = address(requests).call(abi.encodeCall(IRequests.refund, (under, number, made.request)));
        assertEq(done, !made.refunded && !made.taken && time >= deadline, "refundable");
        if (!done) return;
        made.refunded = true;
        _locked -= made.request.fee;
    }

    function _randomDecision() private {
        if (_batches.length > 0) _decide(_batches[_random(_batches.length)], _random(2) == 0);
    }

    function _decide(Batch storage batch, bool early) private {
        if (!early) _pass(WINDOW);
        bool ready = pinpoint.getClaim(_idOf(batch.claim)).windowEnds <= time;
        (bool done,) = address(requests).call(abi.encodeCall(IRequests.finalizeAndSettle, (batch.claim)));
        assertEq(done, ready && !batch.decided, "settled once");
        if (!done) return;
        batch.decided = true;
        _locked -= batch.fees;
        assertTrue(pinpoint.getClaim(_idOf(batch.claim)).status == ClaimStatus.Finalized);
        _assertConserved();
        _deliverAll(batch.claim, batch.ends);
    }

    function _deliverAll(Claim memory claim, bytes32[] memory ends) private {
        bytes32[] memory none;
        for (uint256 i = 0; i < ends.length; i++) {
            if (!_wantsDelivery(claim.offer, claim.first + i)) continue;
            Request memory request = _made[_numbers[claim.offer][claim.first + i]].request;
            requests.deliver(claim, _leaf(ends, i), request, NOTHING, none, NOTHING);
            _locked -= request.fee;
            _assertConserved();
        }
    }

    function _withdrawAll() private {
        address[3] memory accounts = [alice, bob, submitter];
        for (uint256 i = 0; i < 3; i++) {
            uint256 owed = requests.withdrawable(address(0), accounts[i]);
            uint256 before = accounts[i].balance;
            if (owed == 0) continue;
            vm.prank(accounts[i]);
            requests.withdraw(address(0));
            assertEq(accounts[i].balance, before + owed, "withdrawn");
        }
    }
}

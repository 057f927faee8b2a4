// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DeliveryStatus, IRequests, Order, RequestStatus} from "../src/IRequests.sol";
import {Output} from "../src/requests/Output.sol";
import {Claim, ClaimStatus, Leaf, Request} from "../src/Types.sol";
import {Market} from "./utils/Market.sol";
import {Behaviour, RawConsumer} from "./utils/RawConsumer.sol";

/// @dev Deliveries and callbacks. The base of consumers and the example: DigitBounty.t.sol.
contract ConsumerTest is Market {
    uint32 private constant CALLBACK_GAS = 1_000_000;
    bytes private constant OUTPUT = hex"0102030405060708";
    bytes private constant DATA = hex"aabbcc";
    bytes32[] private none;

    RawConsumer private consumer;

    function setUp() public override {
        super.setUp();
        consumer = new RawConsumer(requests);
        vm.deal(address(this), 1000 ether);
    }

    function _wanted() private view returns (Order memory order) {
        order = _order();
        order.outputBytes = 8;
        order.callbackGas = CALLBACK_GAS;
    }

    function _asked(Order memory order) private returns (Request memory) {
        uint64 number = consumer.ask{value: order.fee}(order, DATA);
        return _requestOf(address(consumer), number, order);
    }

    /// @dev A request of the consumer's and a final claim of its end.
    function _answered(bytes32 end) private returns (Request memory request, Claim memory claim) {
        request = _asked(_wanted());
        claim = _finalClaim(request.nonce, end);
    }

    function _answered() private returns (Request memory request, Claim memory claim) {
        return _answered(_done(OUTPUT));
    }

    function _call(Claim memory claim, Request memory request, bytes32 end, bytes memory content)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeCall(IRequests.deliver, (claim, _leaf(_one(end), 0), request, content, none, DATA));
    }

    function _deliver(Claim memory claim, Request memory request) private {
        requests.deliver(claim, _leaf(_one(_done(OUTPUT)), 0), request, OUTPUT, none, DATA);
    }

    function _expectDeliver(
        bytes memory reason,
        Claim memory claim,
        Request memory request,
        bytes memory content
    ) private {
        Leaf memory leaf = _leaf(_one(_done(OUTPUT)), 0);
        vm.expectRevert(reason);
        requests.deliver(claim, leaf, request, content, none, DATA);
    }

    function _status() private view returns (DeliveryStatus) {
        return requests.deliveryOf(offer, 0).status;
    }

    function _paid(address account) private view returns (uint256) {
        return requests.withdrawable(address(0), account);
    }

    function testConsumerIsCalledWithTheOutputAndTheSubmitterPaid() public {
        (Request memory request, Claim memory claim) = _answered();
        vm.prank(anyone);
        _deliver(claim, request);
        assertEq(consumer.calls(), 1);
        assertEq(consumer.id(), requests.idOf(offer, 0));
        assertEq(consumer.output(), OUTPUT);
        assertEq(consumer.data(), DATA);
        assertFalse(consumer.failed());
        assertEq(_paid(submitter), FEE);
        assertTrue(requests.isFinal(offer, 0));
        assertEq(requests.resultOf(offer, 0), _done(OUTPUT));
        assertTrue(requests.statusOf(offer, 0) == RequestStatus.Final);
    }

    function testNothingIsDeliveredBeforeTheClaimIsFinal() public {
        Request memory request = _asked(_wanted());
        Claim memory claim = _claim(0, _one(_done(OUTPUT)));
        bytes memory reason =
            abi.encodeWithSelector(IRequests.ClaimNotFinal.selector, _idOf(claim), ClaimStatus.Open);
        _expectDeliver(reason, claim, request, OUTPUT);
        _pass(WINDOW);
        _expectDeliver(reason, claim, request, OUTPUT);
        assertEq(consumer.calls(), 0);
    }

    function testNothingIsDeliveredOfAFallenClaim() public {
        Request memory request = _asked(_wanted());
        bytes32[] memory ends = _one(_done(OUTPUT));
        Claim memory claim = _claim(0, ends);
        _fell(claim, request, _leaf(ends, 0));
        _expectDeliver(
            abi.encodeWithSelector(IRequests.ClaimNotFinal.selector, _idOf(claim), ClaimStatus.Fallen),
            claim,
            request,
            OUTPUT
        );
    }

    function testNothingIsDeliveredTwice() public {
        (Request memory request, Claim memory claim) = _answered();
        _deliver(claim, request);
        _expectDeliver(
            abi.encodeWithSelector(IRequests.NotDeliverable.selector, offer, 0, DeliveryStatus.Done),
            claim,
            request,
            OUTPUT
        );
        assertEq(_paid(submitter), FEE);
    }

    function testRequestWithoutDeliveryIsPaidBySettlementAlone() public {
        Request memory request = _ask();
        Claim memory claim = _finalClaim(0, _done(OUTPUT));
        _expectDeliver(
            abi.encodeWithSelector(IRequests.NotDeliverable.selector, offer, 0, DeliveryStatus.None),
            claim,
            request,
            OUTPUT
        );
        requests.settle(claim);
        assertEq(_paid(submitter), FEE);
    }

    function testRequestWithDeliveryIsPaidByDeliveryAlone() public {
        (Request memory request, Claim memory claim) = _answered();
        requests.settle(claim);
        assertEq(_paid(submitter), 0);
        _deliver(claim, request);
        assertEq(_paid(submitter), FEE);
        assertEq(address(requests).balance, FEE);
    }

    function testOnlyTheTrueOutputIsDelivered() public {
        (Request memory request, Claim memory claim) = _answered();
        bytes memory another = hex"0102030405060709";
        _expectDeliver(
            abi.encodeWithSelector(IRequests.OutputMismatch.selector, _done(another), _done(OUTPUT)),
            claim,
            request,
            another
        );
        _expectDeliver(
            abi.encodeWithSelector(IRequests.OutputMismatch.selector, _done(NOTHING), _done(OUTPUT)),
            claim,
            request,
            new bytes(8)
        );
    }

    /// @dev Roots don't say where a tensor ends.
    function testOutputIsAsLongAsItWasAskedFor() public {
        bytes memory content = hex"0100000000000000";
        (Request memory request, Claim memory claim) = _answered(_done(content));
        vm.expectRevert(abi.encodeWithSelector(IRequests.OutputTooShort.selector, 1, 8));
        requests.deliver(claim, _leaf(_one(_done(content)), 0), request, hex"01", none, DATA);
        requests.deliver(
            claim, _leaf(_one(_done(content)), 0), request, hex"01000000000000000000", none, DATA
        );
        assertEq(consumer.output(), content);
    }

    function testDataIsTheRequests() public {
        (Request memory request, Claim memory claim) = _answered();
        vm.expectRevert(abi.encodeWithSelector(IRequests.DataMismatch.selector, offer, 0));
        requests.deliver(claim, _leaf(_one(_done(OUTPUT)), 0), request, OUTPUT, none, hex"aabb");
    }

    function testRequestDeliveredIsTheOneHeld() public {
        (Request memory request, Claim memory claim) = _answered();
        bytes32 held = _hash(request);
        request.requester = address(this);
        _expectDeliver(
            abi.encodeWithSelector(IRequests.NotTheRequest.selector, _hash(request), held),
            claim,
            request,
            OUTPUT
        );
        request.requester = address(consumer);
        request.fee = 2 * FEE;
        _expectDeliver(
            abi.encodeWithSelector(IRequests.NotTheRequest.selector, _hash(request), held),
            claim,
            request,
            OUTPUT
        );
    }

    function testConsumerIsToldThatTheRunFailed() public {
        (Request memory request, Claim memory claim) = _answered(FAILED);
        Leaf memory leaf = _leaf(_one(FAILED), 0);
        vm.expectRevert(abi.encodeWithSelector(IRequests.OutputMismatch.selector, keccak256(OUTPUT), FAILED));
        requests.deliver(claim, leaf, request, OUTPUT, none, DATA);
        requests.deliver(claim, leaf, request, NOTHING, none, DATA);
        assertEq(consumer.calls(), 1);
        assertTrue(consumer.failed());
        assertEq(consumer.data(), DATA);
        assertEq(_paid(submitter), FEE);
    }

    function testRunThatDidNotFailIsNotDeliveredAsFailed() public {
        (Request memory request, Claim memory claim) = _answered();
        _expectDeliver(
            abi.encodeWithSelector(IRequests.OutputTooShort.selector, 0, 8), claim, request, NOTHING
        );
    }

    /// @dev Whatever gas the caller sends: the consumer has what it asked for, or nothing has happened.
    function testConsumerIsNotStarved() public {
        (Request memory request, Claim memory claim) = _answered();
        bytes memory call = _call(claim, request, _done(OUTPUT), OUTPUT);
        uint256 refused;
        uint256 done;
        for (uint256 gas_ = CALLBACK_GAS - 20_000; gas_ < CALLBACK_GAS + 300_000; gas_ += 997) {
            uint256 state = vm.snapshotState();
            (bool succeeded,) = address(requests).call{gas: gas_}(call);
            if (succeeded) {
                done++;
                assertTrue(_status() == DeliveryStatus.Done, "the consumer failed");
                assertGe(consumer.gasSeen(), CALLBACK_GAS - 1000);
                assertLe(consumer.gasSeen(), CALLBACK_GAS);
            } else {
                refused++;
                assertTrue(_status() == DeliveryStatus.None, "something has happened");
                assertEq(done, 0, "less was enough");
            }
            vm.revertToState(state);
        }
        assertGt(refused, 0);
        assertGt(done, 0);
    }

    function testConsumerThatRevertsIsPaidForAndCanBeCalledAgain() public {
        (Request memory request, Claim memory claim) = _answered();
        consumer.behave(Behaviour.Reverts);
        _deliver(claim, request);
        assertTrue(_status() == DeliveryStatus.CallbackFailed);
        assertEq(_paid(submitter), FEE, "its own fault");
        assertTrue(requests.isFinal(offer, 0));
        _deliver(claim, request);
        assertTrue(_status() == DeliveryStatus.CallbackFailed);
        consumer.behave(Behaviour.Notes);
        vm.prank(anyone);
        _deliver(claim, request);
        assertEq(consumer.calls(), 1);
        assertEq(consumer.output(), OUTPUT);
        assertEq(_paid(submitter), FEE, "paid once");
        _expectDeliver(
            abi.encodeWithSelector(IRequests.NotDeliverable.selector, offer, 0, DeliveryStatus.Done),
            claim,
            request,
            OUTPUT
        );
    }

    /// @dev A consumer that asked for too little can be helped by who sends more.
    function testLaterCallsGetAllTheGas() public {
        Order memory order = _wanted();
        order.callbackGas = 30_000;
        Request memory request = _asked(order);
        Claim memory claim = _finalClaim(0, _done(OUTPUT));
        _deliver(claim, request);
        assertTrue(_status() == DeliveryStatus.CallbackFailed);
        _deliver(claim, request);
        assertTrue(_status() == DeliveryStatus.Done);
        assertEq(consumer.calls(), 1);
    }

    function testConsumerThatBurnsItsGasBurnsNoMore() public {
        (Request memory request, Claim memory claim) = _answered();
        consumer.behave(Behaviour.BurnsAllGas);
        bytes memory call = _call(claim, request, _done(OUTPUT), OUTPUT);
        uint256 before = gasleft();
        (bool delivered,) = address(requests).call(call);
        assertLt(before - gasleft(), CALLBACK_GAS + 200_000);
        assertTrue(delivered);
        assertTrue(_status() == DeliveryStatus.CallbackFailed);
        assertEq(_paid(submitter), FEE);
    }

    function testWhatConsumersReturnIsNotCopied() public {
        Order memory order = _wanted();
        order.callbackGas = 3_000_000;
        consumer.behave(Behaviour.RevertsWithMuch);
        Request memory request = _asked(order);
        Claim memory claim = _finalClaim(0, _done(OUTPUT));
        uint256 before = gasleft();
        _deliver(claim, request);
        // The consumer takes 2.2 million for its memory; a copy of it would take the deliverer as much.
        assertLt(before - gasleft(), 2_800_000);
        assertTrue(_status() == DeliveryStatus.CallbackFailed);
        consumer.behave(Behaviour.ReturnsMuch);
        before = gasleft();
        _deliver(claim, request);
        assertLt(before - gasleft(), 2_800_000);
        assertTrue(_status() == DeliveryStatus.Done);
    }

    /// @dev In a first call it hasn't the gas for it; in a later one, after it has failed, it has.
    function testConsumerThatCallsBackIsNotCalledTwice() public {
        (Request memory request, Claim memory claim) = _answered();
        consumer.behave(Behaviour.Reverts);
        _deliver(claim, request);
        consumer.setAgain(_call(claim, request, _done(OUTPUT), OUTPUT));
        consumer.behave(Behaviour.CallsAgain);
        _deliver(claim, request);
        assertEq(consumer.calls(), 1);
        assertFalse(consumer.againSucceeded());
        assertEq(_paid(submitter), FEE);
    }

    function testConsumerMayAskAgainWhenItIsCalled() public {
        (Request memory request, Claim memory claim) = _answered();
        Order memory order = _order();
        order.offer = _offer(submitter, address(0), 0, 0);
        consumer.setAgain(abi.encodeCall(IRequests.request, (order, NOTHING, NOTHING)));
        consumer.behave(Behaviour.CallsAgain);
        _deliver(claim, request);
        assertTrue(consumer.againSucceeded());
    }

    function testConsumerWithoutCodeHasNotBeenCalled() public {
        Request memory request = _ask(alice, _wanted());
        Claim memory claim = _finalClaim(0, _done(OUTPUT));
        requests.deliver(claim, _leaf(_one(_done(OUTPUT)), 0), request, OUTPUT, none, NOTHING);
        assertTrue(_status() == DeliveryStatus.CallbackFailed);
        assertEq(_paid(submitter), FEE);
    }

    function testOutputCanBeDeliveredByAnEventAlone() public {
        Order memory order = _wanted();
        order.callbackGas = 0;
        Request memory request = _asked(order);
        Claim memory claim = _finalClaim(0, _done(OUTPUT));
        vm.expectEmit(address(requests));
        emit IRequests.Delivered(offer, 0, _idOf(claim), false, OUTPUT, submitter, FEE);
        _deliver(claim, request);
        assertEq(consumer.calls(), 0);
        assertTrue(_status() == DeliveryStatus.Done);
    }

    function testUnclaimedRequestWithDeliveryIsRefunded() public {
        Request memory request = _asked(_wanted());
        _pass(1 days);
        requests.refund(offer, 0, request);
        assertEq(_paid(address(consumer)), FEE);
        assertEq(consumer.calls(), 0);
    }

    function testWhoDeliversADayAfterSettlementIsPaid() public {
        (Request memory request, Claim memory claim) = _answered();
        requests.settle(claim);
        _pass(1 days);
        vm.prank(bob);
        _deliver(claim, request);
        assertEq(_paid(bob), FEE);
        assertEq(_paid(submitter), 0);
    }

    function testUntilADayAfterSettlementTheSubmitterIsPaid() public {
        (Request memory request, Claim memory claim) = _answered();
        requests.settle(claim);
        _pass(1 days - 1);
        vm.prank(bob);
        _deliver(claim, request);
        assertEq(_paid(submitter), FEE);
    }

    function testWithoutSettlementTheSubmitterIsPaid() public {
        (Request memory request, Claim memory claim) = _answered();
        _pass(100 days);
        vm.prank(bob);
        _deliver(claim, request);
        assertEq(_paid(submitter), FEE);
    }

    /// @dev Path of slot 1 in an outputs group with `first` in slot 0, and the end.
    function _second(bytes32 first, bytes memory content)
        private
        pure
        returns (bytes32[] memory siblings, bytes32 end)
    {
        bytes32 root = keccak256(abi.encodePacked(content, new bytes(128 - content.length)));
        for (uint256 height = 0; height < 21; height++) {
            root = _node(root, _zero(height));
        }
        siblings = new bytes32[](14);
        siblings[0] = first;
        root = _node(first, root);
        for (uint256 level = 1; level < 14; level++) {
            siblings[level] = _zero(21 + level);
            root = _node(root, siblings[level]);
        }
        end = keccak256(abi.encodePacked(uint8(0x12), root));
    }

    function testOutputIsOfTheSlotAskedFor() public {
        (bytes32[] memory siblings, bytes32 end) = _second(keccak256("another output"), OUTPUT);
        Order memory order = _wanted();
        order.outputSlot = 1;
        Request memory request = _asked(order);
        order.outputSlot = 0;
        Request memory first = _asked(order);
        bytes32[] memory ends = new bytes32[](2);
        (ends[0], ends[1]) = (end, end);
        Claim memory claim = _claim(0, ends);
        _finalize(claim);
        vm.expectPartialRevert(IRequests.OutputMismatch.selector);
        requests.deliver(claim, _leaf(ends, 1), first, OUTPUT, siblings, DATA);
        vm.expectRevert(abi.encodeWithSelector(Output.WrongOutputProof.selector, 0));
        requests.deliver(claim, _leaf(ends, 0), request, OUTPUT, none, DATA);
        requests.deliver(claim, _leaf(ends, 0), request, OUTPUT, siblings, DATA);
        assertEq(consumer.output(), OUTPUT);
        assertEq(requests.outputIn(claim, _leaf(ends, 1), 1, OUTPUT, siblings), 1);
        vm.expectPartialRevert(IRequests.OutputMismatch.selector);
        requests.outputIn(claim, _leaf(ends, 1), 0, OUTPUT, siblings);
    }

    function testBeginningOfALongOutputIsDelivered() public {
        bytes32 root = keccak256(abi.encodePacked(OUTPUT, new bytes(120)));
        for (uint256 height = 0; height < 7; height++) {
            root = _node(root, _zero(height));
        }
        bytes32[] memory siblings = new bytes32[](28);
        // What follows the first 16 KiB isn't empty.
        siblings[0] = keccak256("more");
        for (uint256 level = 0; level < 28; level++) {
            if (level > 0) siblings[level] = _zero(7 + level);
            root = _node(root, siblings[level]);
        }
        bytes32 end = keccak256(abi.encodePacked(uint8(0x12), root));
        (Request memory request, Claim memory claim) = _answered(end);
        Leaf memory leaf = _leaf(_one(end), 0);
        vm.expectPartialRevert(IRequests.OutputMismatch.selector);
        requests.deliver(claim, leaf, request, OUTPUT, none, DATA);
        requests.deliver(claim, leaf, request, OUTPUT, siblings, DATA);
        assertEq(consumer.output(), OUTPUT);
    }

    function testDeliveryIsWithinBounds() public {
        Order memory order = _wanted();
        order.outputBytes = 16385;
        _expectAsk("outputBytes", 16385, 16384, order, NOTHING);
        order = _wanted();
        order.outputSlot = 16384;
        _expectAsk("outputSlot", 16384, 16383, order, NOTHING);
        order = _wanted();
        order.callbackGas = 5_000_001;
        _expectAsk("callbackGas", 5_000_001, 5_000_000, order, NOTHING);
        order = _order();
        order.callbackGas = 1;
        _expectAsk("callbackGas", 1, 0, order, NOTHING);
        _expectAsk("data", 4097, 4096, _wanted(), new bytes(4097));
    }

    function _expectAsk(
        string memory name,
        uint256 value,
        uint256 most,
        Order memory order,
        bytes memory data
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IRequests.DeliveryOutOfRange.selector, name, value, most));
        consumer.ask{value: FEE}(order, data);
    }
}

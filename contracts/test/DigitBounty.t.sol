// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {InferenceConsumer} from "../src/consumer/InferenceConsumer.sol";
import {DigitBounty} from "../src/examples/DigitBounty.sol";
import {DeliveryStatus, Order, RequestStatus} from "../src/IRequests.sol";
import {Claim, Request} from "../src/Types.sol";
import {Market} from "./utils/Market.sol";

/// @dev The base and the example.
contract DigitBountyTest is Market {
    DigitBounty private game;
    bytes private picture = new bytes(784);

    function setUp() public override {
        super.setUp();
        vm.deal(address(this), 10 ether);
        game = new DigitBounty{value: 5 ether}(requests, offer, 7);
    }

    function _entered(address player) private returns (bytes32 id, Request memory request) {
        Order memory order = _order();
        // A picture of nothing.
        order.inputsRoot = _zero(35);
        uint64 number;
        vm.prank(player);
        (id, number) = game.enter{value: FEE}(picture);
        request = _requestOf(address(game), number, order);
        assertEq(requests.requestHash(offer, number), _hash(request), "request");
    }

    function _class(uint32 class)
        private
        pure
        returns (bytes memory content, bytes32[] memory siblings, bytes32 end)
    {
        content = abi.encodePacked(uint8(class), uint8(class >> 8), uint8(class >> 16), uint8(class >> 24));
        bytes32 root = keccak256(abi.encodePacked(content, new bytes(124)));
        for (uint256 height = 0; height < 21; height++) {
            root = _node(root, _zero(height));
        }
        siblings = new bytes32[](14);
        siblings[0] = keccak256("probabilities");
        root = _node(siblings[0], root);
        for (uint256 level = 1; level < 14; level++) {
            siblings[level] = _zero(21 + level);
            root = _node(root, siblings[level]);
        }
        end = keccak256(abi.encodePacked(uint8(0x12), root));
    }

    function _claimClass(Request memory request, uint32 class) private returns (Claim memory) {
        (,, bytes32 end) = _class(class);
        return _claim(request.nonce, _one(end));
    }

    function _judge(Claim memory claim, Request memory request, uint32 class) private {
        (bytes memory content, bytes32[] memory siblings, bytes32 end) = _class(class);
        if (time < START + WINDOW) _pass(WINDOW);
        requests.finalizeAndSettle(claim);
        requests.deliver(claim, _leaf(_one(end), 0), request, content, siblings, NOTHING);
        assertTrue(requests.deliveryOf(offer, request.nonce).status == DeliveryStatus.Done, "callback");
    }

    function testFirstPictureOfTheDigitWinsTheBounty() public {
        (, Request memory threes) = _entered(alice);
        (bytes32 id, Request memory sevens) = _entered(bob);
        (, Request memory late) = _entered(alice);
        Claim memory first = _claimClass(threes, 3);
        Claim memory second = _claimClass(sevens, 7);
        Claim memory third = _claimClass(late, 7);
        _judge(first, threes, 3);
        assertEq(game.collectable(alice), 0);
        assertFalse(game.isFinal(id));
        _judge(second, sevens, 7);
        assertTrue(game.isFinal(id));
        _judge(third, late, 7);
        assertEq(game.collectable(alice), 0, "too late");
        uint256 before = bob.balance;
        vm.prank(bob);
        game.collect();
        assertEq(bob.balance, before + 5 ether);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(DigitBounty.NothingToCollect.selector, bob));
        game.collect();
    }

    function testClassIsAllFourBytes() public {
        (, Request memory request) = _entered(bob);
        _judge(_claimClass(request, 0x107), request, 0x107);
        assertEq(game.collectable(bob), 0);
    }

    function testPictureThatFailsWinsNothing() public {
        (bytes32 id, Request memory request) = _entered(bob);
        Claim memory claim = _finalClaim(0, FAILED);
        bytes32[] memory none;
        requests.deliver(claim, _leaf(_one(FAILED), 0), request, NOTHING, none, NOTHING);
        assertTrue(game.inferenceOf(id) == InferenceConsumer.Inference.Failed);
        assertTrue(game.isFinal(id));
        assertEq(game.collectable(bob), 0);
    }

    function testOnlyRequestsMaySayWhatARunCameTo() public {
        (bytes32 id,) = _entered(bob);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.OnlyRequests.selector, bob));
        game.inferenceResult(id, hex"07000000", NOTHING);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.OnlyRequests.selector, bob));
        game.inferenceFailed(id, NOTHING);
    }

    function testResultsComeOnceAndOnlyIfAskedFor() public {
        (bytes32 id,) = _entered(bob);
        vm.prank(address(requests));
        game.inferenceResult(id, hex"03000000", NOTHING);
        vm.prank(address(requests));
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotPending.selector, id));
        game.inferenceResult(id, hex"07000000", NOTHING);
        vm.prank(address(requests));
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotPending.selector, bytes32(0)));
        game.inferenceFailed(0, NOTHING);
    }

    function testPlayerHasTheFeeBackThatNobodyEarned() public {
        (bytes32 id, Request memory request) = _entered(bob);
        _entered(alice);
        vm.expectRevert(
            abi.encodeWithSelector(InferenceConsumer.NotRefunded.selector, id, RequestStatus.Open)
        );
        game.giveBack(0);
        _pass(1 days);
        requests.refund(offer, 0, request);
        game.giveBack(0);
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotPending.selector, id));
        game.giveBack(0);
        assertEq(address(game).balance, 5 ether + FEE);
        uint256 before = bob.balance;
        vm.prank(bob);
        game.collect();
        assertEq(bob.balance, before + FEE);
        assertEq(game.bounty(), 5 ether);
    }

    function testPictureHas784Bytes() public {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(DigitBounty.WrongPicture.selector, 783, 784));
        game.enter{value: FEE}(new bytes(783));
    }
}

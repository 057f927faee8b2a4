// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRequests, Order} from "../src/IRequests.sol";
import {ITokenMoney} from "../src/requests/ITokenMoney.sol";
import {Tokens} from "../src/requests/Tokens.sol";
import {Claim, Request} from "../src/Types.sol";
import {FeeToken, Manner} from "./utils/FeeToken.sol";
import {Market} from "./utils/Market.sol";

/// @dev Takes nothing.
contract Closed {
    function ask(IRequests requests, Order calldata order) external payable {
        requests.request{value: msg.value}(order, "", "");
    }

    function fetch(IRequests requests, address to) external {
        if (to == address(this)) requests.withdraw(address(0));
        else requests.withdrawTo(address(0), to);
    }
}

/// @dev Withdraws again when it is paid.
contract Greedy {
    IRequests private immutable _requests;
    uint256 public tries;

    constructor(IRequests requests) {
        _requests = requests;
    }

    function ask(Order calldata order) external payable {
        _requests.request{value: msg.value}(order, "", "");
    }

    function fetch() external {
        _requests.withdraw(address(0));
    }

    receive() external payable {
        tries++;
        (bool again,) = address(_requests).call(abi.encodeCall(ITokenMoney.withdraw, (address(0))));
        require(!again);
    }
}

/// @dev What fees are paid in, and who is paid.
contract RequestTokensTest is Market {
    FeeToken private token;
    bytes32 private priced;

    function setUp() public override {
        super.setUp();
        token = new FeeToken();
        token.mint(alice, 1000 ether);
        priced = _offer(submitter, address(token), FEE, 0);
        _approve(alice, 1000 ether);
    }

    function _approve(address account, uint256 amount) private {
        vm.prank(account);
        token.approve(address(requests), amount);
    }

    function _pricedOrder() private view returns (Order memory order) {
        order = _order();
        order.offer = priced;
    }

    function _buy(Order memory order) private {
        vm.prank(alice);
        requests.request(order, NOTHING, NOTHING);
    }

    function _expectBuy(bytes memory reason, Order memory order) private {
        vm.prank(alice);
        vm.expectRevert(reason);
        requests.request(order, NOTHING, NOTHING);
        assertEq(requests.countOf(priced), 0, "a refused request does nothing");
        assertEq(token.balanceOf(address(requests)), 0);
    }

    function testFeesInATokenArePaidAndRefundedInIt() public {
        Order memory order = _pricedOrder();
        _buy(order);
        _buy(order);
        assertEq(token.balanceOf(address(requests)), 2 * FEE);
        requests.settle(_finalizedFirst());
        assertEq(requests.withdrawable(address(token), submitter), FEE);
        assertEq(requests.withdrawable(address(0), submitter), 0, "not in coins");
        requests.refund(priced, 1, _requestOf(alice, 1, order));
        assertEq(requests.withdrawable(address(token), alice), FEE);
        vm.prank(submitter);
        requests.withdraw(address(token));
        vm.prank(alice);
        requests.withdraw(address(token));
        assertEq(token.balanceOf(submitter), FEE);
        assertEq(token.balanceOf(address(requests)), 0);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ITokenMoney.NothingToWithdraw.selector, address(token), alice));
        requests.withdraw(address(token));
    }

    function _finalizedFirst() private returns (Claim memory claim) {
        claim = _claim(submitter, priced, 0, _ends(1));
        _finalize(claim);
    }

    function testCoinsSentForATokensOfferAreRefused() public {
        Order memory order = _pricedOrder();
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRequests.CoinsNotWanted.selector, 1));
        requests.request{value: 1}(order, NOTHING, NOTHING);
    }

    function testTokenThatReturnsNothingIsTaken() public {
        token.set(Manner.Silent);
        _buy(_pricedOrder());
        requests.settle(_finalizedFirst());
        vm.prank(submitter);
        requests.withdraw(address(token));
        assertEq(token.balanceOf(submitter), FEE);
    }

    function testTokenThatReturnsFalseIsRefused() public {
        token.set(Manner.False);
        _expectBuy(abi.encodeWithSelector(Tokens.TokenRefused.selector, token), _pricedOrder());
        token.set(Manner.Odd);
        _expectBuy(abi.encodeWithSelector(Tokens.TokenRefused.selector, token), _pricedOrder());
    }

    function testTokenThatMovesNothingIsRefused() public {
        token.set(Manner.Idle);
        _expectBuy(
            abi.encodeWithSelector(IRequests.FeeOutOfRange.selector, 0, FEE, type(uint112).max),
            _pricedOrder()
        );
    }

    function testTokenWithoutCodeIsRefused() public {
        address nothing = makeAddr("no token");
        priced = _offer(submitter, nothing, FEE, 0);
        _expectBuy(abi.encodeWithSelector(Tokens.TokenRefused.selector, nothing), _pricedOrder());
    }

    function testRequesterWithoutTheTokenIsRefused() public {
        _approve(alice, FEE - 1);
        _expectBuy(abi.encodeWithSelector(Tokens.TokenRefused.selector, token), _pricedOrder());
    }

    function testFeeIsWhatArrives() public {
        token.set(Manner.Cut);
        Order memory order = _pricedOrder();
        _expectBuy(
            abi.encodeWithSelector(IRequests.FeeOutOfRange.selector, FEE - FEE / 10, FEE, type(uint112).max),
            order
        );
        order.fee = 2 * FEE;
        _buy(order);
        order.fee = 2 * FEE - 2 * FEE / 10;
        assertEq(requests.requestHash(priced, 0), _hash(_requestOf(alice, 0, order)));
        assertEq(requests.feesOf(priced, 0, 1), order.fee);
        assertEq(token.balanceOf(address(requests)), order.fee);
    }

    /// @dev Else what the inner request pays would arrive for the outer one too.
    function testTokenThatCallsBackIsRefused() public {
        Order memory order = _pricedOrder();
        token.mint(address(token), 10 * FEE);
        _approve(address(token), FEE);
        token.setHook(address(requests), abi.encodeCall(IRequests.request, (order, NOTHING, NOTHING)));
        _expectBuy(abi.encodeWithSelector(Tokens.TokenRefused.selector, token), order);
    }

    function testRequestsFollowOneAnotherInOneTransaction() public {
        token.mint(address(this), 2 * FEE);
        token.approve(address(requests), 2 * FEE);
        requests.request(_pricedOrder(), NOTHING, NOTHING);
        requests.request(_pricedOrder(), NOTHING, NOTHING);
        assertEq(requests.countOf(priced), 2);
    }

    function testTokenThatFailsLaterKeepsWhatIsOwed() public {
        _buy(_pricedOrder());
        requests.settle(_finalizedFirst());
        token.set(Manner.False);
        vm.prank(submitter);
        vm.expectRevert(
            abi.encodeWithSelector(ITokenMoney.WithdrawalFailed.selector, address(token), submitter, FEE)
        );
        requests.withdraw(address(token));
        assertEq(requests.withdrawable(address(token), submitter), FEE);
        token.set(Manner.Proper);
        vm.prank(submitter);
        requests.withdraw(address(token));
        assertEq(token.balanceOf(submitter), FEE);
    }

    function testWhoCantReceiveHoldsUpNobodyAndHasItSentElsewhere() public {
        Closed closed = new Closed();
        vm.deal(address(this), FEE);
        closed.ask{value: FEE}(requests, _order());
        Request memory request = _requestOf(address(closed), 0, _order());
        _ask();
        _pass(1 days);
        requests.refund(offer, 0, request);
        vm.expectRevert(
            abi.encodeWithSelector(ITokenMoney.WithdrawalFailed.selector, address(0), address(closed), FEE)
        );
        closed.fetch(requests, address(closed));
        assertEq(requests.withdrawable(address(0), address(closed)), FEE);
        uint256 before = bob.balance;
        closed.fetch(requests, bob);
        assertEq(bob.balance, before + FEE);
    }

    function testWithdrawalIsPaidOnce() public {
        Greedy greedy = new Greedy(requests);
        Order memory order = _order();
        vm.deal(address(this), FEE);
        greedy.ask{value: FEE}(order);
        _ask();
        _pass(1 days);
        requests.refund(offer, 0, _requestOf(address(greedy), 0, order));
        greedy.fetch();
        assertEq(greedy.tries(), 1, "it tried");
        assertEq(address(greedy).balance, FEE);
        assertEq(address(requests).balance, FEE, "the other request's fee");
    }
}

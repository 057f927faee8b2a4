// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRegistry} from "../src/IRegistry.sol";
import {Rules, Terms} from "../src/Types.sol";
import {Play} from "./utils/Play.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Terms under which runs of a model are claimed.
contract OffersTest is Play {
    uint256 private constant MOST_SECONDS = 180 days;
    uint256 private constant MOST_INCREMENT = 30 days;
    uint256 private constant MOST_BOND = uint256(type(uint64).max) * 1 gwei;
    uint256 private constant MOST_REPAYMENT = uint256(type(uint32).max) * 1 gwei;

    /// @dev Terms in which no two values are alike and each fills its type as far as it may.
    function _other() private view returns (Terms memory) {
        return Terms({
            submitter: alice,
            token: bob,
            fee: type(uint128).max - 5,
            window: 180 days,
            clock: 179 days,
            increment: 30 days,
            descentIncrement: 29 days,
            commitDelay: 178 days,
            claimBond: uint96(MOST_BOND),
            challengeBond: uint96(MOST_BOND - 1 gwei),
            repayment: uint96(MOST_REPAYMENT)
        });
    }

    function _offerId(bytes32 model_, Terms memory t) private view returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encodePacked(uint8(0x27), block.chainid, address(registry), model_, t.submitter, t.token),
                abi.encodePacked(t.fee, t.window, t.clock, t.increment, t.descentIncrement, t.commitDelay),
                abi.encodePacked(t.claimBond, t.challengeBond, t.repayment)
            )
        );
    }

    function testAnOfferIsMadeByAnyone() public {
        Terms memory terms = _other();
        vm.recordLogs();
        vm.prank(anyone);
        bytes32 id = registry.offer(model, terms);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], IRegistry.Offered.selector);
        assertEq(logs[0].topics[1], id);
        assertEq(logs[0].topics[2], model);
        assertEq(logs[0].topics[3], bytes32(uint256(uint160(anyone))));
        assertEq(logs[0].data, abi.encode(terms));
    }

    function testAnOfferIsReadAsItWasMade() public {
        Terms memory terms = _other();
        bytes32 id = registry.offer(model, terms);
        (bytes32 of_, Terms memory read) = registry.getOffer(id);
        assertEq(of_, model);
        assertEq(abi.encode(read), abi.encode(terms));
        assertEq(registry.submitterOf(id), alice);
        (bytes32 ruled, uint32 maxIterations, Rules memory rules) = registry.rulesOf(id);
        assertEq(ruled, model);
        assertEq(maxIterations, ITERATIONS);
        assertEq(abi.encode(rules), abi.encode(registry.getRules(id)));
        assertEq(rules.claimBond, type(uint64).max);
        assertEq(rules.challengeBond, type(uint64).max - 1);
        assertEq(rules.repayment, type(uint32).max);
        assertEq(rules.window, terms.window);
        assertEq(rules.clock, terms.clock);
        assertEq(rules.increment, terms.increment);
        assertEq(rules.descentIncrement, terms.descentIncrement);
    }

    function testTheIdIsTheDocumentedPreimage() public {
        Terms memory terms = _other();
        assertEq(registry.offer(model, terms), _offerId(model, terms));
    }

    function testEveryTermAndTheModelAreBound() public {
        registration.slotTableRoot = keccak256("another table");
        bytes32 otherModel = registry.register(registration);
        bytes32[] memory ids = new bytes32[](13);
        for (uint256 i = 0; i < ids.length; i++) {
            Terms memory t = _terms();
            if (i == 1) t.submitter = alice;
            if (i == 2) t.token = alice;
            if (i == 3) t.fee++;
            if (i == 4) t.window++;
            if (i == 5) t.clock++;
            if (i == 6) t.increment++;
            if (i == 7) t.descentIncrement++;
            if (i == 8) t.commitDelay++;
            if (i == 9) t.claimBond += 1 gwei;
            if (i == 10) t.challengeBond += 1 gwei;
            if (i == 11) t.repayment += 1 gwei;
            ids[i] = i == 0 ? offer : registry.offer(i == 12 ? otherModel : model, t);
            for (uint256 j = 0; j < i; j++) {
                assertNotEq(ids[i], ids[j]);
            }
        }
    }

    function testAnotherChainsOffersHaveOtherIds() public {
        vm.chainId(4711);
        assertNotEq(registry.offer(model, _terms()), offer);
    }

    function testTheSameOfferIsMadeOnce() public {
        vm.expectRevert(abi.encodeWithSelector(IRegistry.OfferExists.selector, offer));
        vm.prank(alice);
        registry.offer(model, _terms());
    }

    function testAnOfferIsAboutAModel() public {
        bytes32 none = keccak256("no model");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.UnknownModel.selector, none));
        registry.offer(none, _terms());
    }

    function testAnUnknownOfferIsNotRead() public {
        bytes32 none = keccak256("no offer");
        bytes memory unknown = abi.encodeWithSelector(IRegistry.UnknownOffer.selector, none);
        vm.expectRevert(unknown);
        registry.getOffer(none);
        vm.expectRevert(unknown);
        registry.rulesOf(none);
        vm.expectRevert(unknown);
        registry.getRules(none);
        assertEq(registry.submitterOf(none), address(0));
    }

    // Bounds: the least and the most are taken, one less and one more are not.

    function _taken(Terms memory terms) private {
        uint256 snapshot = vm.snapshotState();
        registry.offer(model, terms);
        vm.revertToState(snapshot);
    }

    function _outOfRange(Terms memory terms, string memory name, uint256 value, uint256 least, uint256 most)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(IRegistry.InvalidTerm.selector, name, value, least, most));
        registry.offer(model, terms);
    }

    function testTheWindowsBounds() public {
        Terms memory t = _terms();
        t.window = uint24(LEAST_WINDOW);
        _taken(t);
        t.window = uint24(LEAST_WINDOW - 1);
        _outOfRange(t, "window", LEAST_WINDOW - 1, LEAST_WINDOW, MOST_SECONDS);
        t.window = uint24(MOST_SECONDS);
        _taken(t);
        t.window = uint24(MOST_SECONDS + 1);
        _outOfRange(t, "window", MOST_SECONDS + 1, LEAST_WINDOW, MOST_SECONDS);
    }

    function testTheClocksBounds() public {
        Terms memory t = _terms();
        t.clock = uint24(LEAST_CLOCK);
        _taken(t);
        t.clock = uint24(LEAST_CLOCK - 1);
        _outOfRange(t, "clock", LEAST_CLOCK - 1, LEAST_CLOCK, MOST_SECONDS);
        t.clock = uint24(MOST_SECONDS);
        _taken(t);
        t.clock = uint24(MOST_SECONDS + 1);
        _outOfRange(t, "clock", MOST_SECONDS + 1, LEAST_CLOCK, MOST_SECONDS);
    }

    function testTheIncrementsBounds() public {
        Terms memory t = _terms();
        (t.increment, t.descentIncrement) = (0, 0);
        _taken(t);
        (t.increment, t.descentIncrement) = (uint24(MOST_INCREMENT), uint24(MOST_INCREMENT));
        _taken(t);
        t.increment++;
        _outOfRange(t, "increment", MOST_INCREMENT + 1, 0, MOST_INCREMENT);
        t.increment--;
        t.descentIncrement++;
        _outOfRange(t, "descentIncrement", MOST_INCREMENT + 1, 0, MOST_INCREMENT);
    }

    function testTheCommitDelaysBounds() public {
        Terms memory t = _terms();
        t.commitDelay = uint24(MOST_SECONDS);
        _taken(t);
        t.commitDelay++;
        _outOfRange(t, "commitDelay", MOST_SECONDS + 1, 0, MOST_SECONDS);
    }

    function testTheRepaymentsBounds() public {
        Terms memory t = _terms();
        t.claimBond = uint96(MOST_BOND);
        t.challengeBond = uint96(MOST_BOND);
        t.repayment = uint96(REPAYMENT);
        _taken(t);
        t.repayment = uint96(REPAYMENT - 1 gwei);
        _outOfRange(t, "repayment", REPAYMENT - 1 gwei, REPAYMENT, MOST_REPAYMENT);
        t.repayment = uint96(MOST_REPAYMENT);
        _taken(t);
        t.repayment = uint96(MOST_REPAYMENT + 1 gwei);
        _outOfRange(t, "repayment", MOST_REPAYMENT + 1 gwei, REPAYMENT, MOST_REPAYMENT);
    }

    /// @dev It pays the winner's 30 moves, and the submitter's at twice the price.
    function testTheChallengeBondsBounds() public {
        Terms memory t = _terms();
        uint256 least = 60 * REPAYMENT;
        t.challengeBond = uint96(least);
        _taken(t);
        t.challengeBond = uint96(least - 1 gwei);
        _outOfRange(t, "challengeBond", least - 1 gwei, least, MOST_BOND);
        t.challengeBond = uint96(MOST_BOND);
        _taken(t);
        t.challengeBond = uint96(MOST_BOND + 1 gwei);
        _outOfRange(t, "challengeBond", MOST_BOND + 1 gwei, least, MOST_BOND);
    }

    /// @dev An eighth of it repays at least one challenger's 30 moves.
    function testTheClaimBondsBounds() public {
        Terms memory t = _terms();
        uint256 least = 240 * REPAYMENT;
        t.claimBond = uint96(least);
        _taken(t);
        t.claimBond = uint96(least - 1 gwei);
        _outOfRange(t, "claimBond", least - 1 gwei, least, MOST_BOND);
        t.claimBond = uint96(MOST_BOND);
        _taken(t);
        t.claimBond = uint96(MOST_BOND + 1 gwei);
        _outOfRange(t, "claimBond", MOST_BOND + 1 gwei, least, MOST_BOND);
    }

    function testAmountsAreMultiplesOfAGwei() public {
        Terms memory t = _terms();
        t.repayment++;
        _notInGwei(t, "repayment", t.repayment);
        t = _terms();
        t.challengeBond += 999_999_999;
        _notInGwei(t, "challengeBond", t.challengeBond);
        t = _terms();
        t.claimBond += 500_000_000;
        _notInGwei(t, "claimBond", t.claimBond);
    }

    function _notInGwei(Terms memory terms, string memory name, uint256 value) private {
        vm.expectRevert(abi.encodeWithSelector(IRegistry.NotInGwei.selector, name, value));
        registry.offer(model, terms);
    }
}

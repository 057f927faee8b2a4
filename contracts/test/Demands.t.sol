// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDemands} from "../src/IDemands.sol";
import {IMoney} from "../src/IMoney.sol";
import {IPinpoint} from "../src/IPinpoint.sol";
import {ClaimStatus, DemandState, DemandStatus, Game, Rules} from "../src/Types.sol";
import {DemandPlay} from "./utils/DemandPlay.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Who demands what of which claim until when, and what becomes of a demand that nobody answers.
contract DemandsTest is DemandPlay {
    // Demands.

    function testARequestIsDemanded() public {
        bytes32 claimId = _claim();
        skip(1000);
        vm.recordLogs();
        bytes32 id = _demandRequest(alice);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint32 deadline = uint32(START + 1000 + ANSWER);
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IDemands.Demanded.selector);
        assertEq(logs[0].topics[1], id);
        assertEq(logs[0].topics[2], claimId);
        assertEq(logs[0].topics[3], bytes32(uint256(uint160(alice))));
        assertEq(logs[0].data, abi.encode(REQUEST, 0, _requestHash(request), 0, deadline));
        DemandState memory state = demands.getDemand(id);
        assertEq(state.claimId, claimId);
        assertEq(state.demander, alice);
        assertEq(state.deadline, deadline);
        assertTrue(state.status == DemandStatus.Open);
        assertEq(pinpoint.getClaim(claimId).open, 1);
        _checkMoney();
    }

    function testAPartOfTheInputsIsDemanded() public {
        _put(SLOT_1, _content(100, 1));
        _claimWithInputs();
        vm.recordLogs();
        bytes32 id = _demandInput(alice, SLOT_1);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[1], id);
        assertEq(logs[0].data, abi.encode(INPUT_PART, 0, request.inputsRoot, SLOT_1, uint32(START + ANSWER)));
        _checkMoney();
    }

    function testDemandsAreMadeInTheFirstHalfOfTheWindow() public {
        _claim();
        vm.warp(DEMANDED_UNTIL);
        bytes memory late =
            abi.encodeWithSelector(IDemands.TooLateToDemand.selector, DEMANDED_UNTIL, DEMANDED_UNTIL);
        _refusedHere(alice, CHALLENGE_BOND, _requestCall(), late);
        _refusedHere(alice, CHALLENGE_BOND, _inputCall(0), late);
        vm.warp(DEMANDED_UNTIL - 1);
        _demandRequest(alice);
        _demandInput(alice, 0);
    }

    function testTheBondIsExact() public {
        _claim();
        uint256[3] memory wrong = [uint256(0), CHALLENGE_BOND - 1, CHALLENGE_BOND + 1];
        for (uint256 i = 0; i < 3; i++) {
            bytes memory reason =
                abi.encodeWithSelector(IDemands.WrongDemandBond.selector, wrong[i], CHALLENGE_BOND);
            _refusedHere(alice, wrong[i], _requestCall(), reason);
            _refusedHere(alice, wrong[i], _inputCall(0), reason);
        }
    }

    function testTheSubmitterDemandsNothingOfItself() public {
        _claim();
        bytes memory own = abi.encodeWithSelector(IDemands.OwnClaim.selector, submitter);
        _refusedHere(submitter, CHALLENGE_BOND, _requestCall(), own);
        _refusedHere(submitter, CHALLENGE_BOND, _inputCall(0), own);
    }

    function testTheSameIsDemandedOnce() public {
        _claim();
        bytes32 id = _demandRequest(alice);
        bytes memory exists = abi.encodeWithSelector(IDemands.DemandExists.selector, id);
        _refusedHere(bob, CHALLENGE_BOND, _requestCall(), exists);
        _showRequest(submitter);
        _refusedHere(bob, CHALLENGE_BOND, _requestCall(), exists);
    }

    function testDifferentPartsAreDifferentDemands() public {
        bytes32 claimId = _claimWithInputs();
        _demandInput(alice, 0);
        _demandInput(bob, 1);
        _demandInput(alice, LAST);
        _demandRequest(alice);
        assertEq(pinpoint.getClaim(claimId).open, 4);
        _checkMoney();
    }

    function testNodesEndWithTheInputsGroup() public {
        _claim();
        uint32[2] memory beyond = [LAST + 1, type(uint32).max];
        for (uint256 i = 0; i < 2; i++) {
            _refusedHere(
                alice,
                CHALLENGE_BOND,
                _inputCall(beyond[i]),
                abi.encodeWithSelector(IDemands.NodeOutOfRange.selector, beyond[i], LAST)
            );
        }
    }

    function testADemandIsAboutTheClaimsOwnRequest() public {
        bytes32 root = _leafHash(request, _end());
        _claim();
        request.nonce++;
        bytes memory reason =
            abi.encodeWithSelector(IPinpoint.NotInClaim.selector, _leafHash(request, leaf.end), root);
        _refusedHere(alice, CHALLENGE_BOND, _requestCall(), reason);
        _refusedHere(alice, CHALLENGE_BOND, _inputCall(0), reason);
    }

    function testADemandIsAboutAnUndecidedClaim() public {
        bytes32 claimId = _claim();
        _concede(submitter, _challenge(alice));
        bytes memory fallen =
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Fallen);
        _refusedHere(alice, CHALLENGE_BOND, _requestCall(), fallen);
        _refusedHere(alice, CHALLENGE_BOND, _inputCall(0), fallen);
    }

    function testAHeldRequestIsKnown() public {
        _claim();
        claimed.source = bob;
        _refusedHere(
            alice,
            CHALLENGE_BOND,
            _requestCall(),
            abi.encodeWithSelector(IDemands.RequestIsKnown.selector, bob)
        );
    }

    function testEveryRunOfABatchIsDemanded() public {
        _prepare(3);
        bytes32 claimId = _claimBatch();
        for (uint256 i = 0; i < 3; i++) {
            _turnTo(i);
            _demandRequest(alice);
        }
        for (uint256 i = 0; i < 3; i++) {
            _turnTo(i);
            _showRequest(anyone);
        }
        assertEq(pinpoint.getClaim(claimId).open, 0);
        _checkMoney();
    }

    // Deadlines.

    function testAnAnswerIsInTimeUntilTheDeadline() public {
        _put(0, _content(500, 1));
        _claimWithInputs();
        skip(333);
        _demandRequest(alice);
        _demandInput(alice, 0);
        uint256 deadline = START + 333 + ANSWER;
        vm.warp(deadline - 1);
        uint256 snapshot = vm.snapshotState();
        _showRequest(bob);
        _showInput(bob, 0);
        vm.revertToState(snapshot);
        vm.warp(deadline);
        bytes memory overdue = abi.encodeWithSelector(IDemands.DemandOverdue.selector, deadline, deadline);
        _refusedHere(bob, 0, abi.encodeCall(IDemands.showRequest, (claimed, 0, request)), overdue);
        _refusedHere(bob, 0, _showCall(0, contents[0]), overdue);
    }

    function testAClaimFallsFromTheDeadlineOn() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        bytes memory fell = abi.encodeCall(IDemands.fell, (claimed, id));
        vm.warp(START + ANSWER - 1);
        _refusedHere(
            anyone,
            0,
            fell,
            abi.encodeWithSelector(IDemands.DemandPending.selector, START + ANSWER, START + ANSWER - 1)
        );
        vm.warp(START + ANSWER);
        vm.recordLogs();
        vm.prank(anyone);
        demands.fell(claimed, id);
        assertEq(_last(IDemands.DemandSettled.selector), abi.encode(true, CHALLENGE_BOND));
        assertTrue(pinpoint.getClaim(claimId).status == ClaimStatus.Fallen);
        assertTrue(_demandStatus(id) == DemandStatus.Unanswered);
        assertEq(pinpoint.getClaim(claimId).open, 0);
        assertEq(demands.withdrawable(alice), CHALLENGE_BOND);
        assertEq(_owed(alice), HALF - CLAIM_BOND / 20);
        assertEq(_owed(anyone), CLAIM_BOND / 20);
        assertEq(_owed(submitter), 0);
        assertEq(pinpoint.burned(), HALF);
        _checkMoney();
        _refusedHere(anyone, 0, fell, _notOpen(id, DemandStatus.Unanswered));
    }

    function testAnUnansweredDemandFellsLongAfterItsDeadline() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        skip(100 days);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.GamesOpen.selector, claimId, 1));
        pinpoint.finalize(claimed);
        demands.fell(claimed, id);
        assertTrue(pinpoint.getClaim(claimId).status == ClaimStatus.Fallen);
    }

    function testADemandSetsAsideWhatOpenGamesAreRepaid() public {
        _claim();
        Game memory game = _challenge(bob);
        bytes32 id = _demandRequest(alice);
        skip(ANSWER);
        vm.prank(anyone);
        demands.fell(claimed, id);
        assertEq(_owed(alice), HALF - CLAIM_BOND / 20 - RESERVE);
        _checkMoney();
        _settle(game);
        assertEq(_owed(bob), CHALLENGE_BOND + CHALLENGED);
        _checkMoney();
    }

    /// @dev Demanded in the last second, answered in the last second: a quarter of the window is left.
    function testAnAnsweredDemandDelaysNothing() public {
        bytes32 claimId = _claim();
        vm.warp(DEMANDED_UNTIL - 1);
        _demandRequest(alice);
        vm.warp(DEMANDED_UNTIL - 1 + ANSWER - 1);
        _showRequest(submitter);
        vm.warp(START + WINDOW - 1);
        uint256 snapshot = vm.snapshotState();
        _challenge(bob);
        vm.revertToState(snapshot);
        vm.warp(START + WINDOW);
        pinpoint.finalize(claimed);
        assertTrue(pinpoint.getClaim(claimId).status == ClaimStatus.Finalized);
        _checkMoney();
    }

    function testADemandStopsNoGame() public {
        _lie(7, 99);
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(bob);
        Game memory game = _toInstruction(alice, _challenge(alice));
        _prove(anyone, game);
        _expectWon(game, claimId, false);
        demands.settleDemand(claimed, id);
        _checkMoney();
    }

    // Claims that fall otherwise.

    function testADemandAboutAFallenClaimIsReturned() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        _concede(submitter, _challenge(bob));
        vm.recordLogs();
        vm.prank(anyone);
        demands.settleDemand(claimed, id);
        assertEq(_last(IDemands.DemandSettled.selector), abi.encode(false, CHALLENGE_BOND));
        assertTrue(_demandStatus(id) == DemandStatus.Settled);
        assertEq(demands.withdrawable(alice), CHALLENGE_BOND);
        assertEq(pinpoint.getClaim(claimId).open, 0);
        _checkMoney();
        _refusedHere(
            anyone,
            0,
            abi.encodeCall(IDemands.settleDemand, (claimed, id)),
            _notOpen(id, DemandStatus.Settled)
        );
    }

    function testTheBondOfADemandAboutAFallenClaimIsNoAnswers() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        _concede(submitter, _challenge(bob));
        bytes memory fallen =
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Fallen);
        _refusedHere(submitter, 0, abi.encodeCall(IDemands.showRequest, (claimed, 0, request)), fallen);
        skip(ANSWER);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.fell, (claimed, id)), fallen);
    }

    function testOneOfTwoDemandsFells() public {
        bytes32 claimId = _claim();
        bytes32 first = _demandRequest(alice);
        bytes32 second = _demandInput(bob, 0);
        skip(ANSWER);
        vm.prank(anyone);
        demands.fell(claimed, second);
        demands.settleDemand(claimed, first);
        assertEq(pinpoint.getClaim(claimId).open, 0);
        assertEq(demands.withdrawable(alice), CHALLENGE_BOND);
        assertEq(demands.withdrawable(bob), CHALLENGE_BOND);
        assertEq(_owed(bob), HALF - CLAIM_BOND / 20);
        assertEq(_owed(alice), 0);
        _checkMoney();
    }

    function testOnlyDemandsAboutFallenClaimsAreSettled() public {
        _claim();
        bytes32 id = _demandRequest(alice);
        _refusedHere(
            anyone,
            0,
            abi.encodeCall(IDemands.settleDemand, (claimed, id)),
            abi.encodeWithSelector(IDemands.NotMoot.selector, id, DemandStatus.Open, ClaimStatus.Open)
        );
    }

    function testADemandIsDecidedWithItsOwnClaim() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        request.nonce++;
        bytes32 other = _claim();
        bytes memory mismatch = abi.encodeWithSelector(IDemands.ClaimMismatch.selector, other, claimId);
        skip(ANSWER);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.fell, (claimed, id)), mismatch);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.settleDemand, (claimed, id)), mismatch);
    }

    function testThereIsNothingToDecideWithoutADemand() public {
        _claim();
        bytes32 id = keccak256("no demand");
        bytes memory none = _notOpen(id, DemandStatus.None);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.fell, (claimed, id)), none);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.settleDemand, (claimed, id)), none);
    }

    // Doors of Pinpoint.

    function testOnlyDemandsHoldsReleasesAndFells() public {
        bytes32 claimId = _claim();
        address[3] memory senders = [submitter, alice, address(pinpoint)];
        for (uint256 i = 0; i < 3; i++) {
            bytes memory only = abi.encodeWithSelector(IPinpoint.OnlyDemands.selector, senders[i]);
            _refused(senders[i], abi.encodeCall(IPinpoint.hold, (claimed, _requestHash(request), leaf)), only);
            _refused(senders[i], abi.encodeCall(IPinpoint.release, (claimId)), only);
            _refused(
                senders[i], abi.encodeCall(IPinpoint.fell, (claimed, keccak256("demand"), alice, alice)), only
            );
        }
    }

    function testAHeldClaimIsHandedOver() public {
        bytes32 claimId = _claim();
        bytes32 hash = _requestHash(request);
        Rules memory rules = registry.getRules(offer);
        vm.prank(address(demands));
        (bytes32 id,, Rules memory read) = pinpoint.hold(claimed, hash, leaf);
        assertEq(id, claimId);
        assertEq(abi.encode(read), abi.encode(rules));
    }

    function testNothingIsWithdrawnTwice() public {
        _claim();
        _demandRequest(alice);
        _showRequest(bob);
        vm.prank(submitter);
        demands.withdraw();
        vm.expectRevert(abi.encodeWithSelector(IMoney.NothingToWithdraw.selector, submitter));
        vm.prank(submitter);
        demands.withdraw();
        _checkMoney();
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "../src/Commit.sol";
import {IPinpoint} from "../src/IPinpoint.sol";
import {ClaimStatus, Descent, Game, Registration, Terms} from "../src/Types.sol";
import {Money} from "../src/Money.sol";
import {Batches} from "./utils/Batches.sol";
import {Test} from "./utils/Test.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Statements about claims and games that only mutants showed to be untested.
contract KillGameTest is Batches {
    bytes32 private constant END = keccak256("end");

    function testAnInputOfOneByteIsCheckedToo() public {
        bytes32 root = keccak256(abi.encodePacked(hex"07", new bytes(127)));
        for (uint256 height = 0; height < 35; height++) {
            root = keccak256(abi.encodePacked(root, _zero(height)));
        }
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.InputMismatch.selector, root, request.inputsRoot));
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(offer, request, END, hex"07");
    }

    function testABatchHasARun() public {
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.BatchSizeOutOfRange.selector, 0, 4096));
        vm.prank(submitter);
        pinpoint.claimBatch{value: CLAIM_BOND}(offer, new bytes32[](0), new bytes32[](0));
    }

    function testAContractClaimsForSomebody() public {
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.NotTheSubmitter.selector, address(0), address(0)));
        pinpoint.claimFor{value: CLAIM_BOND}(offer, address(0), 0, 1, END);
    }

    function testAFeeThatNothingHoldsConvicts() public {
        _prepare(2);
        requests[1].fee = 1;
        bytes32 id = _claimBatch();
        _turnTo(1);
        _convict(alice);
        assertTrue(pinpoint.getClaim(id).status == ClaimStatus.Fallen);
    }

    function testADeadlineThatNothingHoldsConvicts() public {
        _prepare(2);
        requests[1].deadline = 1;
        bytes32 id = _claimBatch();
        _turnTo(1);
        _convict(alice);
        assertTrue(pinpoint.getClaim(id).status == ClaimStatus.Fallen);
    }

    function testACommitmentIsTheDocumentedPreimage() public view {
        bytes32 computed = Commit.commitment(alice, offer, submitter, 7, 3, END, keccak256("salt"));
        bytes memory preimage = abi.encodePacked(
            uint8(0x2b), block.chainid, alice, offer, submitter, uint64(7), uint32(3), END, keccak256("salt")
        );
        assertEq(computed, keccak256(preimage));
    }

    function testABondShortOfTwoPlacesHasOne() public {
        Terms memory terms = _terms();
        terms.claimBond = uint96(8 * 2 * RESERVE - 1 gwei);
        offer = registry.offer(model, terms);
        vm.prank(submitter);
        pinpoint.claim{value: terms.claimBond}(offer, request, END, "");
        _record(_singleClaim(END));
        leaf.end = END;
        assertTrue(pinpoint.getGame(_gameId(_challenge(alice))).repaid);
        assertFalse(pinpoint.getGame(_gameId(_challenge(bob))).repaid);
    }

    function testARefusedDescentSaysWhichModelTheGameIsAbout() public {
        _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        Descent memory descent = _descent(game);
        Registration memory other = registration;
        other.programRoot = END;
        bytes32 computed = registry.register(other);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.NotTheModel.selector, computed, model));
        vm.prank(submitter);
        pinpoint.descend(game, other, descent, new bytes32[](0), false);
    }

    function testARunOfTwoStepsIsDissected() public {
        _deploy(16, 2);
        _lie(7, 1);
        _claim();
        Game memory game = _narrow(alice, _challenge(alice));
        (Game memory next, bytes32[] memory ends) = _descend(game);
        assertEq(ends.length, 2);
        assertEq(pinpoint.getGame(_gameId(game)).turn, 1);
        assertEq(next.hi, 2);
    }

    /// @dev Else a game could be written over, and its bond with it.
    function testAChallengersGamesAboutAClaimHaveTheirOwnNumbers() public {
        _claim();
        Game memory game = _challenge(alice);
        for (uint256 i = 0; i < 2; i++) {
            vm.expectRevert(abi.encodeWithSelector(IPinpoint.GameExists.selector, _gameId(game)));
            vm.prank(alice);
            pinpoint.challenge{value: CHALLENGE_BOND}(claimed, registration, request, leaf, game.number);
            // Nor when it is decided.
            if (i == 0) _concede(alice, game);
        }
        vm.prank(bob);
        pinpoint.challenge{value: CHALLENGE_BOND}(claimed, registration, request, leaf, game.number);
    }

    function testNoGameIsAboutAFeeThatNothingHolds() public {
        _prepare(2);
        requests[1].fee = 1;
        _claimBatch();
        _turnTo(1);
        _notChallenged(
            alice, abi.encodeWithSelector(IPinpoint.IllFormedRequest.selector, _requestHash(request))
        );
    }

    function testARefusedSelectionSaysWhatTheDissectionIs() public {
        _claim();
        (Game memory game, bytes32[] memory ends) = _dissect(_challenge(alice));
        bytes32[] memory siblings = _siblings(ends, 0);
        ends[0] = END;
        bytes32 computed = _dissectionRoot(ends);
        vm.expectRevert(
            abi.encodeWithSelector(IPinpoint.DissectionMismatch.selector, computed, game.dissection)
        );
        vm.prank(alice);
        pinpoint.select(game, 0, game.loHash, END, siblings);
    }

    function _clockOf(Game memory game) private view returns (uint256) {
        return pinpoint.getGame(_gameId(game)).submitterClock;
    }

    /// @dev Once: where a single graph step is left, and at no step of the machine.
    function testTheSubmitterGainsTimeWhereItComesToRunTheMachine() public {
        _lie(7, 99);
        _claim();
        Game memory game = _challenge(alice);
        uint256 before = _clockOf(game);
        while (game.hi - game.lo > 1) {
            game = _round(alice, game);
            before += INCREMENT;
            if (game.hi - game.lo == 1) before += DESCENT_INCREMENT;
            assertEq(_clockOf(game), before);
        }
        bytes32[] memory ends;
        (game, ends) = _descend(game);
        game = _select(alice, game, ends, _disputed(game, ends));
        before += INCREMENT;
        while (game.hi - game.lo > 1) {
            game = _round(alice, game);
            before += INCREMENT;
            assertEq(_clockOf(game), before);
        }
    }

    function testADecidedGameForgetsItsState() public {
        bytes32 id = _claim();
        Game memory lost = _challenge(alice);
        _concede(alice, lost);
        assertEq(pinpoint.getGame(_gameId(lost)).state, bytes32(0));
        Game memory moot = _challenge(alice);
        Game memory won = _challenge(bob);
        vm.recordLogs();
        _concede(submitter, won);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].topics[0] == IPinpoint.Fallen.selector) assertEq(logs[i].topics[1], id);
        }
        assertEq(pinpoint.getGame(_gameId(won)).state, bytes32(0));
        _settle(moot);
        assertEq(pinpoint.getGame(_gameId(moot)).state, bytes32(0));
    }
}

/// @dev The accounts by themselves.
contract Accounts is Money {
    function credit(address account, uint256 amount) external {
        _credit(account, amount);
    }
}

contract KillMoneyTest is Test {
    function testTheLeastIsOwedAndNothingIsNotSaid() public {
        Accounts accounts = new Accounts();
        accounts.credit(address(1), 1);
        assertEq(accounts.withdrawable(address(1)), 1);
        vm.recordLogs();
        accounts.credit(address(1), 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(accounts.withdrawable(address(1)), 1);
    }
}

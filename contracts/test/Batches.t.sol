// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {Claim, ClaimStatus, Game, Request, Terms} from "../src/Types.sol";
import {Batches} from "./utils/Batches.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Claims of several runs, and of runs that nobody could be asked for.
contract BatchesTest is Batches {
    function _refusedBatch(address sender, uint256 bond, bytes memory reason) private {
        bytes memory call = _batchCall();
        vm.prank(sender);
        (bool done, bytes memory result) = address(pinpoint).call{value: bond}(call);
        assertFalse(done, "was not refused");
        assertEq(result, reason);
    }

    // Claims.

    function testABatchIsOneClaim() public {
        uint8[5] memory counts = [1, 2, 3, 5, 8];
        for (uint256 i = 0; i < counts.length; i++) {
            _prepare(counts[i]);
            uint256 balance = submitter.balance;
            vm.recordLogs();
            bytes32 claimId = _claimBatch();
            Vm.Log[] memory logs = vm.getRecordedLogs();
            assertEq(logs[0].topics[0], IPinpoint.Claimed.selector);
            assertEq(logs[0].data, abi.encode(claimed, uint32(START + WINDOW)));
            assertEq(logs[1].topics[0], IPinpoint.ClaimedRuns.selector);
            assertEq(logs[1].topics[1], claimId);
            assertEq(logs[1].data, abi.encode(_hashes(), runEnds));
            assertEq(balance - submitter.balance, CLAIM_BOND);
        }
        _checkMoney();
    }

    function testABatchOfOneIsTheClaimOfItsRun() public {
        bytes32 id = _claim();
        requests.push(request);
        runEnds.push(leaf.end);
        _refusedBatch(submitter, CLAIM_BOND, abi.encodeWithSelector(IPinpoint.ClaimExists.selector, id));
    }

    function testABatchHasOneToFourThousandRuns() public {
        uint256[2] memory wrong = [uint256(0), 4097];
        for (uint256 i = 0; i < 2; i++) {
            _prepare(wrong[i]);
            _refusedBatch(
                submitter,
                CLAIM_BOND,
                abi.encodeWithSelector(IPinpoint.BatchSizeOutOfRange.selector, wrong[i], 4096)
            );
        }
    }

    function testEveryRequestHasAnEnd() public {
        _prepare(3);
        runEnds.pop();
        _refusedBatch(submitter, CLAIM_BOND, abi.encodeWithSelector(IPinpoint.LengthMismatch.selector, 3, 2));
    }

    function testTheBondIsExact() public {
        _prepare(3);
        uint256[3] memory wrong = [uint256(0), CLAIM_BOND - 1, CLAIM_BOND + 1];
        for (uint256 i = 0; i < 3; i++) {
            _refusedBatch(
                submitter,
                wrong[i],
                abi.encodeWithSelector(IPinpoint.WrongBond.selector, wrong[i], CLAIM_BOND)
            );
        }
    }

    function testABatchIsUnderAnOffer() public {
        _prepare(3);
        offer = keccak256("no offer");
        _refusedBatch(submitter, CLAIM_BOND, abi.encodeWithSelector(IRegistry.UnknownOffer.selector, offer));
    }

    function testOnlyTheNamedSubmitterClaims() public {
        Terms memory terms = _terms();
        terms.submitter = submitter;
        offer = registry.offer(model, terms);
        _prepare(3);
        _refusedBatch(
            alice, CLAIM_BOND, abi.encodeWithSelector(IPinpoint.NotTheSubmitter.selector, alice, submitter)
        );
        _claimBatch();
    }

    /// @dev A missing leaf is 0, and so is a leaf of which nobody knows a preimage: the count is what tells them apart.
    function testTheCountIsBound() public view {
        Claim memory c = Claim(offer, submitter, address(0), 0, 3, keccak256("root"));
        bytes32 three = pinpoint.claimIdOf(c);
        c.count = 4;
        assertNotEq(three, pinpoint.claimIdOf(c));
    }

    function testABatchBecomesFinal() public {
        _prepare(5);
        bytes32 claimId = _claimBatch();
        skip(WINDOW);
        pinpoint.finalize(claimed);
        assertTrue(pinpoint.getClaim(claimId).status == ClaimStatus.Finalized);
        assertEq(_owed(submitter), CLAIM_BOND);
        _checkMoney();
    }

    // Challenges.

    function testEveryRunCanBeChallenged() public {
        uint8[4] memory counts = [1, 2, 3, 5];
        for (uint256 i = 0; i < counts.length; i++) {
            _prepare(counts[i]);
            _claimBatch();
            for (uint256 index = 0; index < counts[i]; index++) {
                _turnTo(index);
                _dissect(_challenge(alice));
            }
        }
        _checkMoney();
    }

    function testTheLargestBatchIsChallengedAnywhere() public {
        _prepare(4096);
        _claimBatch();
        uint16[3] memory places = [0, 2047, 4095];
        for (uint256 i = 0; i < 3; i++) {
            _turnTo(places[i]);
            assertEq(leaf.siblings.length, 12);
            _dissect(_challenge(alice));
        }
    }

    function testOneFalseRunFellsTheBatch() public {
        _prepare(5);
        _lie(7, 99);
        runEnds[3] = _end();
        bytes32 claimId = _claimBatch();
        _turnTo(3);
        Game memory game = _toInstruction(alice, _challenge(alice));
        _prove(bob, game);
        _expectWon(game, claimId, false);
        assertEq(_owed(alice), CHALLENGE_BOND + CLAIM_BOND / 2);
        _turnTo(0);
        _notChallenged(
            bob, abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Fallen)
        );
        _checkMoney();
    }

    function testATrueRunOfABatchIsDefended() public {
        _prepare(5);
        bytes32 claimId = _claimBatch();
        _turnTo(2);
        Game memory game = _narrow(alice, _challenge(alice));
        vm.startPrank(submitter);
        pinpoint.descend(game, registration, _descent(game), new bytes32[](0), false);
        vm.stopPrank();
        _expectWon(game, claimId, true);
        _checkMoney();
    }

    function testThereAreNoRunsBeyondTheCount() public {
        uint8[3] memory counts = [1, 3, 4];
        for (uint256 i = 0; i < counts.length; i++) {
            uint32 count = counts[i];
            _prepare(count);
            _claimBatch();
            _turnTo(0);
            uint32[3] memory beyond = [count, count + 1, type(uint32).max];
            for (uint256 j = 0; j < 3; j++) {
                leaf.index = beyond[j];
                _notChallenged(
                    alice, abi.encodeWithSelector(IPinpoint.PartOutOfRange.selector, beyond[j], count)
                );
            }
        }
    }

    function testAPathIsAsLongAsTheTreeIsDeep() public {
        _prepare(5);
        _claimBatch();
        _turnTo(4);
        leaf.siblings.push(keccak256("more"));
        _notChallenged(alice, abi.encodeWithSelector(IPinpoint.WrongSiblingCount.selector, 4, 3));
        leaf.siblings.pop();
        leaf.siblings.pop();
        _notChallenged(alice, abi.encodeWithSelector(IPinpoint.WrongSiblingCount.selector, 2, 3));
    }

    function testAPathLeadsToTheRoot() public {
        _prepare(5);
        _claimBatch();
        for (uint256 index = 0; index < 5; index++) {
            _turnTo(index);
            for (uint256 i = 0; i < 3; i++) {
                bytes32 kept = leaf.siblings[i];
                leaf.siblings[i] = keccak256("other");
                _notInClaim();
                leaf.siblings[i] = kept;
            }
        }
    }

    function testAPathSaysItsPlace() public {
        _prepare(5);
        _claimBatch();
        for (uint32 index = 0; index < 5; index++) {
            _turnTo(index);
            leaf.index = index == 4 ? 0 : index + 1;
            _notInClaim();
        }
    }

    function testAnInnerNodeIsNoRun() public {
        _prepare(4);
        bytes32[] memory leaves = _leaves();
        _claimBatch();
        _turnTo(0);
        // The preimage of a node is 64 bytes, that of a leaf 65: two leaves are no request and end.
        leaf.end = leaves[1];
        _notInClaim();
    }

    function _notInClaim() private {
        bytes memory call = _challengeCall();
        vm.prank(alice);
        (bool done, bytes memory result) = address(pinpoint).call{value: CHALLENGE_BOND}(call);
        assertFalse(done, "was not refused");
        assertEq(bytes32(bytes4(result)), bytes32(IPinpoint.NotInClaim.selector));
    }

    // Runs that nobody could be asked for.

    function _illFormed(uint256 way) private view returns (Request memory r) {
        r = requests[2];
        if (way == 0) r.model = keccak256("another model");
        if (way == 1) r.iterations = 0;
        if (way == 2) r.iterations = ITERATIONS + 1;
        if (way == 3) r.fee = 1;
        if (way == 4) r.deadline = 1;
    }

    function testAnIllFormedRequestConvictsTheBatchAtOnce() public {
        for (uint256 way = 0; way < 5; way++) {
            _prepare(5);
            requests[2] = _illFormed(way);
            bytes32 claimId = _claimBatch();
            _turnTo(2);
            vm.recordLogs();
            _convict(alice);
            Vm.Log[] memory logs = vm.getRecordedLogs();
            assertEq(logs[0].topics[0], IPinpoint.Fallen.selector);
            assertEq(logs[0].topics[1], claimId);
            assertEq(logs[0].topics[2], bytes32(0));
            assertEq(logs[0].topics[3], bytes32(uint256(uint160(alice))));
            assertEq(logs[0].data, abi.encode(CLAIM_BOND / 2, CLAIM_BOND / 2, 0));
            assertTrue(pinpoint.getClaim(claimId).status == ClaimStatus.Fallen);
            assertEq(_owed(alice), (way + 1) * CLAIM_BOND / 2);
            _checkMoney();
        }
    }

    function testNoGameIsAboutAnIllFormedRequest() public {
        for (uint256 way = 0; way < 5; way++) {
            _prepare(5);
            requests[2] = _illFormed(way);
            _claimBatch();
            _turnTo(2);
            _notChallenged(
                alice, abi.encodeWithSelector(IPinpoint.IllFormedRequest.selector, _requestHash(request))
            );
        }
    }

    function testAWellFormedRequestConvictsNobody() public {
        _prepare(3);
        requests[1].iterations = 1;
        _claimBatch();
        for (uint256 index = 0; index < 3; index++) {
            _turnTo(index);
            _refused(
                alice,
                _convictCall(),
                abi.encodeWithSelector(IPinpoint.WellFormedRequest.selector, _requestHash(request))
            );
        }
    }

    function testOnlyTheClaimsOwnRequestConvicts() public {
        _prepare(3);
        _claimBatch();
        _turnTo(1);
        request.fee = 1;
        vm.prank(alice);
        vm.expectPartialRevert(IPinpoint.NotInClaim.selector);
        pinpoint.convict(claimed, request, leaf);
    }

    function testNobodyConvictsItself() public {
        _prepare(3);
        requests[2] = _illFormed(1);
        _claimBatch();
        _turnTo(2);
        _refused(
            submitter, _convictCall(), abi.encodeWithSelector(IPinpoint.SelfChallenge.selector, submitter)
        );
    }

    function testAClaimIsConvictedUntilItIsFinal() public {
        _prepare(3);
        requests[2] = _illFormed(1);
        bytes32 claimId = _claimBatch();
        _turnTo(2);
        skip(WINDOW);
        uint256 snapshot = vm.snapshotState();
        _convict(alice);
        bytes memory fallen =
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Fallen);
        _refused(bob, _convictCall(), fallen);
        vm.revertToState(snapshot);
        pinpoint.finalize(claimed);
        bytes memory isFinal =
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Finalized);
        _refused(alice, _convictCall(), isFinal);
    }

    function testAConvictionSetsAsideWhatOpenGamesAreRepaid() public {
        _prepare(3);
        requests[2] = _illFormed(1);
        _claimBatch();
        _turnTo(0);
        Game memory game = _round(bob, _challenge(bob));
        _turnTo(2);
        _convict(alice);
        assertEq(_owed(alice), CLAIM_BOND / 2 - RESERVE);
        _checkMoney();
        _settle(game);
        assertEq(_owed(bob), CHALLENGE_BOND + CHALLENGED + REPAYMENT);
        assertEq(pinpoint.burned(), CLAIM_BOND / 2 + RESERVE - CHALLENGED - REPAYMENT);
        _checkMoney();
    }
}

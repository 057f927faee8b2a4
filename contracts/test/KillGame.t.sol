// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "../src/Commit.sol";
import {IPinpoint} from "../src/IPinpoint.sol";
import {ClaimStatus, Descent, Game, Registration, Terms} from "../src/Types.sol";
import {Batches} from "./utils/Batches.sol";

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
}

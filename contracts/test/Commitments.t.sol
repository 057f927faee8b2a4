// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRequests, Order} from "../src/IRequests.sol";
import {Market} from "./utils/Market.sol";

/// @dev What is published before a claim, so that nobody can copy its ends.
contract CommitmentsTest is Market {
    function _open(uint24 delay) private returns (bytes32 open) {
        open = _offer(address(0), address(0), FEE, delay);
        Order memory order = _order();
        order.offer = open;
        _ask(alice, order);
        _ask(alice, order);
    }

    function _commitment(address by, bytes32 under, bytes32[] memory ends) private view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x2b),
                block.chainid,
                address(requests),
                under,
                by,
                uint64(0),
                uint32(ends.length),
                _root(ends),
                SALT
            )
        );
    }

    function _expectNotCommitted(address by, bytes32 under, bytes32[] memory ends) private {
        vm.prank(by);
        vm.expectRevert(abi.encodeWithSelector(IRequests.NotCommitted.selector, _commitment(by, under, ends)));
        requests.claimBatch{value: CLAIM_BOND}(under, 0, ends, SALT);
    }

    function testClaimThatAnyoneMayMakeIsCommittedToABlockBefore() public {
        bytes32 open = _open(0);
        bytes32[] memory ends = _ends(2);
        _expectNotCommitted(submitter, open, ends);
        _commit(submitter, open, 0, ends);
        vm.prank(submitter);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRequests.CommittedTooLate.selector, _commitment(submitter, open, ends), time, 1000
            )
        );
        requests.claimBatch{value: CLAIM_BOND}(open, 0, ends, SALT);
        vm.roll(1001);
        _claim(submitter, open, 0, ends);
    }

    /// @dev Who sees a claim in the mempool has no commitment of its own, and is a block late to make one.
    function testCopiedEndsCantBeClaimed() public {
        bytes32 open = _open(0);
        bytes32[] memory ends = _ends(2);
        _commit(submitter, open, 0, ends);
        // The commitment itself says nothing that helps.
        bytes32 copied = _commitment(submitter, open, ends);
        vm.prank(rival);
        requests.commit(copied);
        vm.roll(1001);
        _expectNotCommitted(rival, open, ends);
        _commit(rival, open, 0, ends);
        vm.prank(rival);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRequests.CommittedTooLate.selector, _commitment(rival, open, ends), time, 1001
            )
        );
        requests.claimBatch{value: CLAIM_BOND}(open, 0, ends, SALT);
        _claim(submitter, open, 0, ends);
    }

    function testCommitmentIsToTheseEndsAlone() public {
        bytes32 open = _open(0);
        _commit(submitter, open, 0, _ends(2));
        vm.roll(1001);
        _expectNotCommitted(submitter, open, _ends(1));
        bytes32[] memory others = _ends(2);
        others[1] = keccak256("changed");
        _expectNotCommitted(submitter, open, others);
    }

    function testCommitmentIsAsOldAsTheOfferWants() public {
        bytes32 open = _open(300);
        bytes32[] memory ends = _ends(2);
        _commit(submitter, open, 0, ends);
        vm.roll(1001);
        _pass(299);
        vm.prank(submitter);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRequests.CommittedTooLate.selector, _commitment(submitter, open, ends), START + 300, 1000
            )
        );
        requests.claimBatch{value: CLAIM_BOND}(open, 0, ends, SALT);
        _pass(1);
        _claim(submitter, open, 0, ends);
    }

    function testNamedSubmittersCommitWhereTheOfferWantsIt() public {
        bytes32 delayed = _offer(submitter, address(0), FEE, 300);
        Order memory order = _order();
        order.offer = delayed;
        _ask(alice, order);
        _expectNotCommitted(submitter, delayed, _ends(1));
    }

    /// @dev Else whoever repeats it could hold up the claim.
    function testCommitmentsFirstTimeCounts() public {
        bytes32 open = _open(300);
        bytes32[] memory ends = _ends(2);
        _commit(submitter, open, 0, ends);
        vm.roll(1001);
        _pass(299);
        bytes32 copied = _commitment(submitter, open, ends);
        vm.prank(rival);
        requests.commit(copied);
        assertEq(requests.committed(copied).time, START);
        assertEq(requests.committed(copied).blockNumber, 1000);
        _pass(1);
        _claim(submitter, open, 0, ends);
    }
}

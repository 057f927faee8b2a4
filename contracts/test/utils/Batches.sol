// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../../src/IPinpoint.sol";
import {Claim, Leaf, Request} from "../../src/Types.sol";
import {Ledger} from "./Ledger.sol";

/// @dev Claims of several runs: the same run for requests of different nonces.
abstract contract Batches is Ledger {
    Request[] internal requests;
    bytes32[] internal runEnds;

    Request private asked;
    bool private turned;

    /// @dev Runs to be claimed, all with the submitter's end.
    function _prepare(uint256 count) internal {
        // Runs are made of the request that the test began with, not of the one that it turned to last.
        if (turned) request = asked;
        turned = false;
        delete requests;
        delete runEnds;
        bytes32 end = _end();
        Request memory r = request;
        for (uint256 i = 0; i < count; i++) {
            r.nonce = uint64(1000 + i);
            requests.push(r);
            runEnds.push(end);
        }
    }

    function _hashes() internal view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](requests.length);
        for (uint256 i = 0; i < hashes.length; i++) {
            hashes[i] = _requestHash(requests[i]);
        }
    }

    function _leaves() internal view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](requests.length);
        for (uint256 i = 0; i < leaves.length; i++) {
            leaves[i] = _leafHash(requests[i], runEnds[i]);
        }
    }

    /// @dev Levels of the tree over the leaves, filled up with zeros to a power of two.
    function _tree(bytes32[] memory leaves) internal pure returns (bytes32[][] memory levels) {
        uint256 depth;
        while (2 ** depth < leaves.length) depth++;
        levels = new bytes32[][](depth + 1);
        levels[0] = new bytes32[](2 ** depth);
        for (uint256 i = 0; i < leaves.length; i++) {
            levels[0][i] = leaves[i];
        }
        for (uint256 height = 1; height <= depth; height++) {
            levels[height] = new bytes32[](2 ** (depth - height));
            for (uint256 i = 0; i < levels[height].length; i++) {
                levels[height][i] =
                    keccak256(abi.encodePacked(levels[height - 1][2 * i], levels[height - 1][2 * i + 1]));
            }
        }
    }

    function _root(bytes32[] memory leaves) internal pure returns (bytes32) {
        bytes32[][] memory levels = _tree(leaves);
        return levels[levels.length - 1][0];
    }

    function _path(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory siblings) {
        bytes32[][] memory levels = _tree(leaves);
        siblings = new bytes32[](levels.length - 1);
        for (uint256 height = 0; height < siblings.length; height++) {
            siblings[height] = levels[height][index ^ 1];
            index /= 2;
        }
    }

    function _batchCall() internal view returns (bytes memory) {
        return abi.encodeCall(IPinpoint.claimBatch, (offer, _hashes(), runEnds));
    }

    /// @dev Claims what is prepared.
    function _claimBatch() internal returns (bytes32 claimId) {
        bytes memory call = _batchCall();
        vm.prank(submitter);
        (bool done, bytes memory result) = address(pinpoint).call{value: CLAIM_BOND}(call);
        assertTrue(done, "the batch is refused");
        claimId = _record(Claim(offer, submitter, address(0), 0, uint32(requests.length), _root(_leaves())));
        assertEq(abi.decode(result, (bytes32)), claimId);
    }

    /// @dev Makes one run of the batch the request that the next one is about.
    function _turnToRequest(uint256 index) internal {
        if (!turned) asked = request;
        turned = true;
        request = requests[index];
    }

    /// @dev Turns to one run of the batch.
    function _turnTo(uint256 index) internal {
        _turnToRequest(index);
        leaf = Leaf(uint32(index), runEnds[index], _path(_leaves(), index));
    }

    function _challengeCall() internal view returns (bytes memory) {
        return
            abi.encodeCall(IPinpoint.challenge, (claimed, registration, request, leaf, uint32(opened.length)));
    }

    function _notChallenged(address sender, bytes memory reason) internal {
        bytes memory call = _challengeCall();
        vm.prank(sender);
        (bool done, bytes memory result) = address(pinpoint).call{value: CHALLENGE_BOND}(call);
        assertFalse(done, "was not refused");
        assertEq(result, reason);
    }

    function _convictCall() internal view returns (bytes memory) {
        return abi.encodeCall(IPinpoint.convict, (claimed, request, leaf));
    }

    function _convict(address sender) internal {
        vm.prank(sender);
        pinpoint.convict(claimed, request, leaf);
    }
}

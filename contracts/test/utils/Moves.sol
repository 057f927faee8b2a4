// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../../src/IPinpoint.sol";
import {ClaimStatus, Descent, Game, GameStatus} from "../../src/Types.sol";
import {Play} from "./Play.sol";

/// @dev Moves as calls, and what becomes of them.
abstract contract Moves is Play {
    function _status(Game memory game) internal view returns (GameStatus) {
        return pinpoint.getGame(_gameId(game)).status;
    }

    function _expectWon(Game memory game, bytes32 claimId, bool submitterWon) internal view {
        assertTrue(_status(game) == (submitterWon ? GameStatus.SubmitterWon : GameStatus.ChallengerWon));
        ClaimStatus wanted = submitterWon ? ClaimStatus.Open : ClaimStatus.Fallen;
        assertTrue(pinpoint.getClaim(claimId).status == wanted);
    }

    function _notTheirs(bytes memory call, address player) internal {
        address[4] memory others = [alice, bob, anyone, submitter];
        for (uint256 i = 0; i < 4; i++) {
            if (others[i] == player) continue;
            vm.expectRevert(abi.encodeWithSelector(IPinpoint.NotThePlayer.selector, others[i], player));
            vm.prank(others[i]);
            _forward(call);
        }
    }

    function _forward(bytes memory call) internal {
        (bool done, bytes memory result) = address(pinpoint).call(call);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
    }

    /// @dev Sends `call` as `sender` and checks that it is refused.
    function _refused(address sender, bytes memory call, bytes memory reason) internal {
        vm.prank(sender);
        (bool done, bytes memory result) = address(pinpoint).call(call);
        assertFalse(done, "was not refused");
        assertEq(result, reason);
    }

    function _dissectCall(Game memory game) internal view returns (bytes memory) {
        return _dissectCall(game, _inner(_ends(game)));
    }

    function _dissectCall(Game memory game, bytes32[] memory hashes) internal pure returns (bytes memory) {
        return abi.encodeCall(IPinpoint.dissect, (game, hashes, false));
    }

    function _descendCall(Game memory game, Descent memory descent, bytes32[] memory hashes)
        internal
        view
        returns (bytes memory)
    {
        return abi.encodeCall(IPinpoint.descend, (game, registration, descent, hashes, false));
    }

    function _selectCall(Game memory game, bytes32[] memory ends, uint64 part)
        internal
        view
        returns (bytes memory)
    {
        Game memory next = _afterSelect(game, ends, part);
        return abi.encodeCall(
            IPinpoint.select, (game, uint8(part), next.loHash, next.hiHash, _siblings(ends, part))
        );
    }

    function _concedeCall(Game memory game) internal view returns (bytes memory) {
        return abi.encodeCall(IPinpoint.concede, (claimOf[game.claimId], game));
    }

    function _timeoutCall(Game memory game) internal view returns (bytes memory) {
        return abi.encodeCall(IPinpoint.timeout, (claimOf[game.claimId], game));
    }

    function _settleCall(Game memory game) internal view returns (bytes memory) {
        return abi.encodeCall(IPinpoint.settle, (claimOf[game.claimId], game));
    }

    function _proveCall(Game memory game, bytes memory witness) internal view returns (bytes memory) {
        return abi.encodeCall(IPinpoint.prove, (claimOf[game.claimId], game, witness));
    }

    function _finalizeCall(bytes32 claimId) internal view returns (bytes memory) {
        return abi.encodeCall(IPinpoint.finalize, (claimOf[claimId]));
    }

    function _concede(address player, Game memory game) internal {
        vm.prank(player);
        pinpoint.concede(claimOf[game.claimId], game);
    }

    function _timeout(Game memory game) internal {
        vm.prank(anyone);
        pinpoint.timeout(claimOf[game.claimId], game);
    }

    function _settle(Game memory game) internal {
        vm.prank(anyone);
        pinpoint.settle(claimOf[game.claimId], game);
    }

    function _prove(address prover, Game memory game) internal {
        bytes memory witness = _witness();
        vm.prank(prover);
        pinpoint.prove(claimOf[game.claimId], game, witness);
    }
}

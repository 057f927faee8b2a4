// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ClaimStatus, Game, GameStatus, IPinpoint} from "../../src/IPinpoint.sol";
import {Play} from "./Play.sol";

/// @dev Moves as calls, and what becomes of them.
abstract contract Moves is Play {
    function _status(Game memory game) internal view returns (GameStatus) {
        return pinpoint.getGame(game.id).status;
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
        return abi.encodeCall(IPinpoint.dissect, (game, _inner(_ends(game))));
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

    function _asPlayer(address player, bytes32 gameId) internal {
        vm.prank(player);
        pinpoint.concede(gameId);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ClaimStatus, DemandStatus, Game, GameState, GameStatus} from "../../src/Types.sol";
import {Moves} from "./Moves.sol";
import {Vm} from "./Vm.sol";

/// @dev Accounts for every wei that the contracts hold.
abstract contract Ledger is Moves {
    bytes32[] internal demandIds;
    /// @dev Accounts that may be owed something, besides the players.
    address[] internal others;

    function _owed(address account) internal view returns (uint256) {
        return pinpoint.withdrawable(account);
    }

    /// @dev What the contracts hold is what they owe, what is locked, and what is burned.
    function _checkMoney() internal view {
        uint256 sum = pinpoint.burned();
        uint256 demanded;
        address[5] memory players = [submitter, alice, bob, carol, anyone];
        for (uint256 i = 0; i < 5 + others.length; i++) {
            address account = i < 5 ? players[i] : others[i - 5];
            sum += _owed(account);
            demanded += demands.withdrawable(account);
        }
        for (uint256 i = 0; i < claimIds.length; i++) {
            if (pinpoint.getClaim(claimIds[i]).status == ClaimStatus.Open) sum += CLAIM_BOND;
        }
        for (uint256 i = 0; i < opened.length; i++) {
            Game memory game = opened[i];
            GameState memory state = pinpoint.getGame(_gameId(game));
            if (state.status != GameStatus.Open) continue;
            sum += CHALLENGE_BOND;
            if (state.repaid && pinpoint.getClaim(game.claimId).status == ClaimStatus.Fallen) sum += RESERVE;
        }
        for (uint256 i = 0; i < demandIds.length; i++) {
            if (demands.getDemand(demandIds[i]).status == DemandStatus.Open) demanded += CHALLENGE_BOND;
        }
        assertEq(address(pinpoint).balance, sum, "balance");
        assertEq(address(demands).balance, demanded, "balance of demands");
    }

    /// @dev Data of the last such event recorded.
    function _last(bytes32 topic) internal returns (bytes memory data) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].topics[0] == topic) data = logs[i].data;
        }
        assertGt(data.length, 0, "no such event");
    }
}

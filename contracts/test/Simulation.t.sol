// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "./utils/Test.sol";
import {Table} from "./invariants/Table.sol";
import {Trace} from "./invariants/Trace.sol";

/// @dev Scenarios of simulation/, whose rules share nothing with the contracts: every move that was tried is tried here, and accepted or
/// refused alike, and in the end every claim, game and account stands as it does there.
contract SimulationTest is Test, Table {
    uint256 private constant STRIDE = 6;
    uint256 private constant LIE_STRIDE = 5;

    constructor() Trace(8, 300) Table(8) {}

    function testTheContractsDoAsTheSimulationSays() public {
        string memory json = vm.readFile("build/vectors/simulation.json");
        uint256 count = vm.parseJsonUint(json, ".count");
        uint256 replayed;
        for (uint256 i = 0; i < count; i++) {
            uint256 snapshot = vm.snapshotState();
            replayed += _replay(json, string.concat(".scenarios[", vm.toString(i), "]"));
            vm.revertToState(snapshot);
        }
        emit log_named_uint("scenarios", count);
        emit log_named_uint("moves replayed", replayed);
        assertGt(replayed, 10 * count);
    }

    function _replay(string memory json, string memory path) private returns (uint256 moves) {
        uint256[] memory lies = vm.parseJsonUintArray(json, string.concat(path, ".lies"));
        uint256[] memory actions = vm.parseJsonUintArray(json, string.concat(path, ".actions"));
        for (uint256 i = 0; i < actions.length; i += STRIDE) {
            _warp(START + actions[i]);
            bool accepted =
                _act(actions[i + 1], accounts[actions[i + 2]], actions[i + 3], actions[i + 4], lies);
            if (accepted != (actions[i + 5] == 1)) {
                fail(
                    string.concat(
                        path,
                        ", action ",
                        vm.toString(i / STRIDE),
                        accepted ? " was accepted" : " was refused"
                    )
                );
            }
            moves++;
        }
        _compare(json, path);
    }

    /// @dev The numbers are those of ACTIONS in simulation/scenario.ts.
    function _act(uint256 kind, address by, uint256 index, uint256 argument, uint256[] memory lies)
        private
        returns (bool)
    {
        if (kind == 0) {
            uint256 from = index * LIE_STRIDE;
            bool isTrue = lies[from] == 0;
            Lie memory lie = isTrue
                ? _honest()
                : Lie(
                    uint64(lies[from + 1]), uint64(lies[from + 2]), uint8(lies[from + 3]), lies[from + 4] == 1
                );
            _claim(by, lie, isTrue);
            return true;
        }
        if (kind == 1) return _challenge(index, by);
        if (kind == 2) return _dissect(index, argument == 1);
        if (kind == 3) return _select(index, uint64(argument));
        if (kind == 4) return _descend(index, argument == 1);
        if (kind == 5) return _repeat(index, by);
        if (kind == 6) return _prove(index, by);
        if (kind == 7) return _concede(index, by);
        if (kind == 8) return _timeout(index, by);
        if (kind == 9) return _settle(index);
        return _finalize(index);
    }

    function _compare(string memory json, string memory path) private view {
        uint256[] memory statuses = vm.parseJsonUintArray(json, string.concat(path, ".statuses"));
        uint256[] memory games = vm.parseJsonUintArray(json, string.concat(path, ".games"));
        uint256[] memory owed = vm.parseJsonUintArray(json, string.concat(path, ".owed"));
        assertEq(_claims.length, statuses.length, "claims");
        for (uint256 c = 0; c < statuses.length; c++) {
            assertEq(uint8(pinpoint.getClaim(claimId(c)).status), statuses[c], path);
        }
        assertEq(_games.length, games.length, "games");
        for (uint256 i = 0; i < games.length; i++) {
            assertEq(uint8(pinpoint.getGame(gameId(i)).status), games[i], path);
        }
        for (uint256 i = 0; i < owed.length; i++) {
            assertEq(pinpoint.withdrawable(accounts[i]), owed[i], path);
        }
        uint256 burned = vm.parseJsonUint(json, string.concat(path, ".burned"));
        assertEq(pinpoint.burned(), burned, path);
    }
}

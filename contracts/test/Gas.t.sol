// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Descent, Game, IPinpoint} from "../src/IPinpoint.sol";
import {Play} from "./utils/Play.sol";
import {VM} from "./utils/Vm.sol";

/// @dev forge's measure of the last call.
interface Meter {
    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    function lastCallGas() external view returns (Gas memory gas);
}

/// @dev What moves cost at several k, as transactions (isolated calls): intrinsic gas, calldata and its floor (EIP-7623) included.
/// Run with -vv to see the figures. The operator has 10^9 steps.
contract GasTest is Play {
    uint64 private constant STEPS = 1_000_000_000;
    Meter private constant METER = Meter(address(VM));

    /// forge-config: default.isolate = true
    function testGasAtK16() public {
        _measure(16);
    }

    /// forge-config: default.isolate = true
    function testGasAtK24() public {
        _measure(24);
    }

    /// forge-config: default.isolate = true
    function testGasAtK32() public {
        _measure(32);
    }

    /// @dev Sends a call as a transaction of its own and says what it took.
    function _send(address sender, uint256 value, bytes memory call)
        private
        returns (uint256 used, bytes memory result)
    {
        uint256 tokens;
        for (uint256 i = 0; i < call.length; i++) {
            tokens += call[i] == 0 ? 1 : 4;
        }
        bool done;
        vm.prank(sender);
        (done, result) = address(pinpoint).call{value: value}(call);
        used = METER.lastCallGas().gasTotalUsed;
        assertTrue(done, "reverted");
        uint256 least = 21_000 + 10 * tokens;
        if (used < least) used = least;
    }

    function _measure(uint256 k) private {
        _deploy(k, STEPS);
        _lie(40, 123_456_789);
        emit log_named_uint("k", k);
        bytes32 end = _end();
        (uint256 used,) =
            _send(submitter, CLAIM_BOND, abi.encodeCall(IPinpoint.claim, (request, end, new bytes(0))));
        emit log_named_uint("  claim", used);
        bytes memory id;
        (used, id) =
            _send(alice, CHALLENGE_BOND, abi.encodeCall(IPinpoint.challenge, (request, submitter, end)));
        emit log_named_uint("  challenge", used);
        uint256 total = used;
        Game memory game =
            Game(abi.decode(id, (bytes32)), 0, 0, 0, _length(), graphHashes[0], end, bytes32(0), bytes32(0));
        uint256 rounds;
        while (game.level == 0 || game.hi - game.lo > 1) {
            bytes32[] memory ends;
            Game memory next;
            if (game.hi - game.lo > 1) {
                ends = _ends(game);
                next = _afterDissect(game, ends);
                (used,) = _send(submitter, 0, abi.encodeCall(IPinpoint.dissect, (game, _inner(ends))));
                if (game.hi - game.lo >= k) emit log_named_uint("  dissect", used);
            } else {
                Descent memory descent = _descent(game);
                (next, ends) = _afterDescend(game, descent);
                (used,) =
                    _send(submitter, 0, abi.encodeCall(IPinpoint.descend, (game, descent, _inner(ends))));
                emit log_named_uint("  descend", used);
            }
            total += used;
            uint64 part = _disputed(next, ends);
            game = _afterSelect(next, ends, part);
            (used,) = _send(
                alice,
                0,
                abi.encodeCall(
                    IPinpoint.select, (next, uint8(part), game.loHash, game.hiHash, _siblings(ends, part))
                )
            );
            if (next.hi - next.lo >= k) emit log_named_uint("  select", used);
            total += used;
            rounds++;
        }
        assertEq(game.lo, 123_456_789);
        vm.warp(block.timestamp + 10 * CLOCK);
        (used,) = _send(alice, 0, abi.encodeCall(IPinpoint.timeout, (game.id)));
        emit log_named_uint("  timeout", used);
        emit log_named_uint("  rounds", rounds);
        emit log_named_uint("  whole game", total + used);
        assertLt(total + used, 2_000_000, "a challenger's bond must pay for a whole game");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAttention, Round} from "../src/IAttention.sol";
import {Claim} from "../src/Types.sol";
import {AttentionPlay} from "./utils/AttentionPlay.sol";
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

/// @dev What a round costs each side, as transactions of their own (isolated calls), calldata's floor included. -vv shows the figures,
/// which economics/ reads.
contract AttentionGasTest is AttentionPlay {
    Meter private constant METER = Meter(address(VM));

    /// forge-config: default.isolate = true
    function testGasOfARound() public {
        _send("openPool", anyone, 0, abi.encodeCall(IAttention.openPool, (_pool(2))));
        (uint256 x, uint256 y) = _times(1, 2, keys[alice]);
        _send("enroll", alice, STAKE, abi.encodeCall(IAttention.enroll, (pool, x, y)));
        _enroll(bob);
        _enroll(carol);
        // A pool, as an account of the submitter's, is new only once.
        _announce(keccak256("an earlier round"), R + 1);
        Round memory round = _round(_root(), R);
        _send(
            "announce",
            submitter,
            attention.depositOf(pool),
            abi.encodeCall(
                IAttention.announce, (pool, round.first, round.count, round.commitment, round.x, round.y)
            )
        );
        vm.roll(block.number + SEED_DELAY + 1);
        _send("draw", anyone, 0, abi.encodeCall(IAttention.draw, (round)));
        bytes32 answer = _answer(round, _root(), alice);
        uint256 least = _send("respond", alice, 0, abi.encodeCall(IAttention.respond, (round, answer)));
        _send("decline", bob, 0, abi.encodeCall(IAttention.decline, (round)));
        vm.warp(attention.getRound(_id(round)).respondUntil);
        Claim memory claim = _claim(_root());
        _send("reveal", submitter, 0, abi.encodeCall(IAttention.reveal, (round, _root(), SALT, R)));
        _finalize(claim);
        _send("judgeRight", alice, 0, abi.encodeCall(IAttention.judge, (round, _root(), R, alice)));
        uint256 shown =
            _send("judgeSilent", alice, 0, abi.encodeCall(IAttention.judge, (round, _root(), R, carol)));
        _send("close", submitter, 0, abi.encodeCall(IAttention.close, (round)));
        vm.prank(carol);
        attention.pause(pool);
        vm.warp(block.timestamp + HOLD);
        _send("unstake", carol, 0, abi.encodeCall(IAttention.unstake, (pool)));
        // An answer, and showing that one is missing, must stay cheap: rewards and penalties are made of them.
        assertLt(least, 80_000);
        assertLt(shown, 120_000);
    }

    /// @dev Sends a call as a transaction of its own and says what it took.
    function _send(string memory name, address sender, uint256 value, bytes memory call)
        private
        returns (uint256 used)
    {
        uint256 tokens;
        for (uint256 i = 0; i < call.length; i++) {
            tokens += call[i] == 0 ? 1 : 4;
        }
        vm.prank(sender);
        (bool done,) = address(attention).call{value: value}(call);
        used = METER.lastCallGas().gasTotalUsed;
        assertTrue(done, name);
        uint256 floor = 21_000 + 10 * tokens;
        if (used < floor) used = floor;
        emit log_named_uint(string.concat("  ", name), used);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAttention, Round} from "../src/IAttention.sol";
import {Claim} from "../src/Types.sol";
import {AttentionPlay} from "./utils/AttentionPlay.sol";
import {Cost, Transactions} from "./utils/Transactions.sol";

/// @dev What a round costs each side, as transactions of their own (isolated calls), calldata's floor included. -vv shows the figures,
/// which economics/ reads.
contract AttentionGasTest is AttentionPlay, Transactions {
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

    function _send(string memory name, address sender, uint256 value, bytes memory call)
        private
        returns (uint256 used)
    {
        (Cost memory cost,) = _transact(address(attention), sender, value, call);
        _print(name, cost);
        used = cost.used;
    }
}

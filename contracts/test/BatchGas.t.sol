// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {IRequests, Order} from "../src/IRequests.sol";
import {Claim, Request} from "../src/Types.sol";
import {Market} from "./utils/Market.sol";
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

/// @dev What a result costs in claims of 1,000, as transactions (isolated calls): intrinsic gas, calldata and its floor (EIP-7623)
/// included. Run with -vv to see the figures.
contract BatchGasTest is Market {
    Meter private constant METER = Meter(address(VM));
    uint256 private constant COUNT = 1000;

    /// @dev Sends a call as a transaction of its own and says what it took.
    function _send(address to, uint256 value, bytes memory call) private returns (uint256 used) {
        uint256 tokens;
        for (uint256 i = 0; i < call.length; i++) {
            tokens += call[i] == 0 ? 1 : 4;
        }
        vm.prank(submitter);
        (bool done,) = to.call{value: value}(call);
        used = METER.lastCallGas().gasTotalUsed;
        assertTrue(done, "reverted");
        uint256 least = 21_000 + 10 * tokens;
        if (used < least) used = least;
    }

    function _log(string memory what, uint256 used) private {
        emit log_named_uint(what, used);
    }

    /// forge-config: default.isolate = true
    function testRequestsOnTheChainCostAtMost1500GasAResult() public {
        _askMany(COUNT + 10);
        // Neither at the beginning nor at the end of a word.
        uint64 first = 5;
        bytes32[] memory ends = _ends(COUNT);
        uint256 claimed = _send(
            address(requests), CLAIM_BOND, abi.encodeCall(IRequests.claimBatch, (offer, first, ends, SALT))
        );
        Claim memory claim = _claimOf(submitter, offer, first, ends);
        _pass(WINDOW);
        uint256 settled = _send(address(requests), 0, abi.encodeCall(IRequests.finalizeAndSettle, (claim)));
        assertEq(requests.withdrawable(address(0), submitter), COUNT * FEE, "paid");
        _log("claim of 1,000 requests", claimed);
        _log("finalizing and settling it", settled);
        _log("gas for each result", (claimed + settled) / COUNT);
        assertLe((claimed + settled) / COUNT, 1500);
    }

    /// forge-config: default.isolate = true
    function testRequestsOffTheChainCostAtMost3000GasAResult() public {
        bytes32[] memory hashes = new bytes32[](COUNT);
        for (uint256 i = 0; i < COUNT; i++) {
            hashes[i] = keccak256(abi.encode("request", i));
        }
        bytes32[] memory ends = _ends(COUNT);
        uint256 claimed =
            _send(address(pinpoint), CLAIM_BOND, abi.encodeCall(IPinpoint.claimBatch, (offer, hashes, ends)));
        bytes32[] memory leaves = new bytes32[](COUNT);
        for (uint256 i = 0; i < COUNT; i++) {
            leaves[i] = keccak256(abi.encodePacked(uint8(0x28), hashes[i], ends[i]));
        }
        Claim memory claim = Claim(offer, submitter, address(0), 0, uint32(COUNT), _root(leaves));
        _pass(WINDOW);
        uint256 finalized = _send(address(pinpoint), 0, abi.encodeCall(IPinpoint.finalize, (claim)));
        _log("claim of 1,000 pairs", claimed);
        _log("finalizing it", finalized);
        _log("gas for each result", (claimed + finalized) / COUNT);
        assertLe((claimed + finalized) / COUNT, 3000);
    }

    /// forge-config: default.isolate = true
    function testWhatARequestCosts() public {
        _ask();
        vm.prank(alice);
        requests.request{value: FEE}(_order(), NOTHING, NOTHING);
        _log("a request without input", METER.lastCallGas().gasTotalUsed);
        vm.prank(alice);
        requests.request{value: FEE}(_order(), NOTHING, NOTHING);
        _log("the next", METER.lastCallGas().gasTotalUsed);
        assertLt(METER.lastCallGas().gasTotalUsed, 150_000);
    }

    /// @dev IRequests.estimateFee reckons with 200,000.
    /// forge-config: default.isolate = true
    function testADeliveryCostsAtMost200000GasBesideItsCallback() public {
        Order memory order = _order();
        order.outputBytes = 40;
        Request memory request = _ask(alice, order);
        bytes memory output = new bytes(40);
        for (uint256 i = 0; i < 40; i++) {
            output[i] = 0xff;
        }
        // With a path through other outputs, whose hashes have no zeros either.
        bytes32[] memory siblings = new bytes32[](14);
        bytes32 root = keccak256(abi.encodePacked(output, new bytes(88)));
        for (uint256 height = 0; height < 21; height++) {
            root = _node(root, _zero(height));
        }
        for (uint256 level = 0; level < 14; level++) {
            siblings[level] = keccak256(abi.encode("output", level));
            root = _node(root, siblings[level]);
        }
        bytes32[] memory ends = _ends(1);
        ends[0] = keccak256(abi.encodePacked(uint8(0x12), root));
        Claim memory claim = _claim(0, ends);
        _finalize(claim);
        uint256 used = _send(
            address(requests),
            0,
            abi.encodeCall(IRequests.deliver, (claim, _leaf(ends, 0), request, output, siblings, NOTHING))
        );
        _log("a delivery of 40 bytes", used);
        assertLt(used, 200_000);
    }
}

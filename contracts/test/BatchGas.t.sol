// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {IRequests, Order} from "../src/IRequests.sol";
import {Claim, Request} from "../src/Types.sol";
import {Market} from "./utils/Market.sol";
import {Cost, Transactions} from "./utils/Transactions.sol";

/// @dev What a result costs in claims of 1,000, as transactions (isolated calls): intrinsic gas, calldata and its floor (EIP-7623)
/// included. Run with -vv to see the figures.
contract BatchGasTest is Market, Transactions {
    uint256 private constant COUNT = 1000;
    /// @dev Neither at the beginning nor at the end of a word.
    uint64 private constant FIRST = 5;

    function _send(string memory name, address to, address sender, uint256 value, bytes memory call)
        private
        returns (uint256 used)
    {
        (Cost memory cost,) = _transact(to, sender, value, call);
        _print(name, cost);
        used = cost.used;
    }

    /// forge-config: default.isolate = true
    function testRequestsOnTheChainCostAtMost1500GasAResult() public {
        _askMany(COUNT + 10);
        assertLe(_claimAThousand(), 1500);
    }

    /// @dev An offer under which anyone may claim: whoever does commits to it first.
    /// forge-config: default.isolate = true
    function testTheCommitmentOfAClaimCostsLittle() public {
        offer = _offer(address(0), address(0), FEE, 0);
        _askMany(COUNT + 10);
        bytes32 commitment =
            requests.commitmentOf(offer, submitter, FIRST, uint32(COUNT), _root(_ends(COUNT)), SALT);
        uint256 committed = _send(
            "commitment", address(requests), submitter, 0, abi.encodeCall(IRequests.commit, (commitment))
        );
        vm.roll(block.number + 1);
        assertLe(_claimAThousand() + committed / COUNT, 1500);
    }

    /// @dev Claims a range of requests, has it final and is paid. What that costs for each.
    function _claimAThousand() private returns (uint256) {
        bytes32[] memory ends = _ends(COUNT);
        uint256 claimed = _send(
            "claim",
            address(requests),
            submitter,
            CLAIM_BOND,
            abi.encodeCall(IRequests.claimBatch, (offer, FIRST, ends, SALT))
        );
        Claim memory claim = _claimOf(submitter, offer, FIRST, ends);
        _pass(WINDOW);
        uint256 settled = _send(
            "finalizeAndSettle",
            address(requests),
            submitter,
            0,
            abi.encodeCall(IRequests.finalizeAndSettle, (claim))
        );
        assertEq(requests.withdrawable(address(0), submitter), COUNT * FEE, "paid");
        return (claimed + settled) / COUNT;
    }

    /// forge-config: default.isolate = true
    function testRequestsOffTheChainCostAtMost3000GasAResult() public {
        bytes32[] memory hashes = new bytes32[](COUNT);
        for (uint256 i = 0; i < COUNT; i++) {
            hashes[i] = keccak256(abi.encode("request", i));
        }
        bytes32[] memory ends = _ends(COUNT);
        uint256 claimed = _send(
            "claim",
            address(pinpoint),
            submitter,
            CLAIM_BOND,
            abi.encodeCall(IPinpoint.claimBatch, (offer, hashes, ends))
        );
        bytes32[] memory leaves = new bytes32[](COUNT);
        for (uint256 i = 0; i < COUNT; i++) {
            leaves[i] = keccak256(abi.encodePacked(uint8(0x28), hashes[i], ends[i]));
        }
        Claim memory claim = Claim(offer, submitter, address(0), 0, uint32(COUNT), _root(leaves));
        _pass(WINDOW);
        uint256 finalized =
            _send("finalize", address(pinpoint), submitter, 0, abi.encodeCall(IPinpoint.finalize, (claim)));
        assertLe((claimed + finalized) / COUNT, 3000);
    }

    /// forge-config: default.isolate = true
    function testWhatARequestCosts() public {
        _ask();
        bytes memory call = abi.encodeCall(IRequests.request, (_order(), NOTHING, NOTHING));
        assertLt(_send("request", address(requests), alice, FEE, call), 150_000);
    }

    /// @dev IRequests.estimateFee reckons with 200,000.
    /// forge-config: default.isolate = true
    function testADeliveryCostsAtMost200000GasBesideItsCallback() public {
        bytes memory output = new bytes(40);
        for (uint256 i = 0; i < 40; i++) {
            output[i] = 0xff;
        }
        assertLt(_send("deliver", address(requests), submitter, 0, _delivery(output)), 200_000);
    }

    /// @dev The call that delivers the output of a request whose claim is final.
    function _delivery(bytes memory output) private returns (bytes memory) {
        Order memory order = _order();
        order.outputBytes = uint16(output.length);
        Request memory request = _ask(alice, order);
        (bytes32[] memory siblings, bytes32 root) = _pathOf(output);
        bytes32[] memory ends = _one(keccak256(abi.encodePacked(uint8(0x12), root)));
        Claim memory claim = _claim(0, ends);
        _finalize(claim);
        return abi.encodeCall(IRequests.deliver, (claim, _leaf(ends, 0), request, output, siblings, NOTHING));
    }

    /// @dev A path through other outputs, whose hashes have no zeros either, and its root.
    function _pathOf(bytes memory output) private pure returns (bytes32[] memory siblings, bytes32 root) {
        siblings = new bytes32[](14);
        root = keccak256(abi.encodePacked(output, new bytes(128 - output.length)));
        for (uint256 height = 0; height < 21; height++) {
            root = _node(root, _zero(height));
        }
        for (uint256 level = 0; level < 14; level++) {
            siblings[level] = keccak256(abi.encode("output", level));
            root = _node(root, siblings[level]);
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {VM, Vm} from "./Vm.sol";

/// @dev Base of the tests: assertions that revert with both values, and a few conveniences. forge counts a
/// test whose call reverts as failed, so nothing else is needed to report a failure.
abstract contract Test {
    // forge looks for this to know that the contract holds tests.
    // solhint-disable-next-line const-name-snakecase
    bool public constant IS_TEST = true;

    Vm internal constant vm = VM;

    error AssertionFailed(string reason);
    error AssertionFailedUint(string reason, uint256 actual, uint256 expected);
    error AssertionFailedInt(string reason, int256 actual, int256 expected);
    error AssertionFailedBytes32(string reason, bytes32 actual, bytes32 expected);
    error AssertionFailedAddress(string reason, address actual, address expected);
    error AssertionFailedBytes(string reason, bytes actual, bytes expected);
    error AssertionFailedString(string reason, string actual, string expected);

    event log(string text);
    event log_named_uint(string name, uint256 value);
    event log_named_bytes32(string name, bytes32 value);
    event log_named_bytes(string name, bytes value);
    event log_named_string(string name, string value);

    function fail(string memory reason) internal pure {
        revert AssertionFailed(reason);
    }

    function assertTrue(bool condition) internal pure {
        assertTrue(condition, "expected true");
    }

    function assertTrue(bool condition, string memory reason) internal pure {
        if (!condition) revert AssertionFailed(reason);
    }

    function assertFalse(bool condition) internal pure {
        assertTrue(!condition, "expected false");
    }

    function assertFalse(bool condition, string memory reason) internal pure {
        assertTrue(!condition, reason);
    }

    function assertEq(uint256 actual, uint256 expected) internal pure {
        assertEq(actual, expected, "not equal");
    }

    function assertEq(uint256 actual, uint256 expected, string memory reason) internal pure {
        if (actual != expected) revert AssertionFailedUint(reason, actual, expected);
    }

    function assertEq(int256 actual, int256 expected) internal pure {
        assertEq(actual, expected, "not equal");
    }

    function assertEq(int256 actual, int256 expected, string memory reason) internal pure {
        if (actual != expected) revert AssertionFailedInt(reason, actual, expected);
    }

    function assertEq(bool actual, bool expected) internal pure {
        assertEq(actual, expected, "not equal");
    }

    function assertEq(bool actual, bool expected, string memory reason) internal pure {
        if (actual != expected) revert AssertionFailed(reason);
    }

    function assertEq(bytes32 actual, bytes32 expected) internal pure {
        assertEq(actual, expected, "not equal");
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory reason) internal pure {
        if (actual != expected) revert AssertionFailedBytes32(reason, actual, expected);
    }

    function assertEq(address actual, address expected) internal pure {
        assertEq(actual, expected, "not equal");
    }

    function assertEq(address actual, address expected, string memory reason) internal pure {
        if (actual != expected) revert AssertionFailedAddress(reason, actual, expected);
    }

    function assertEq(bytes memory actual, bytes memory expected) internal pure {
        assertEq(actual, expected, "not equal");
    }

    function assertEq(bytes memory actual, bytes memory expected, string memory reason) internal pure {
        if (keccak256(actual) != keccak256(expected)) revert AssertionFailedBytes(reason, actual, expected);
    }

    function assertEq(string memory actual, string memory expected) internal pure {
        assertEq(actual, expected, "not equal");
    }

    function assertEq(string memory actual, string memory expected, string memory reason) internal pure {
        if (keccak256(bytes(actual)) != keccak256(bytes(expected))) {
            revert AssertionFailedString(reason, actual, expected);
        }
    }

    function assertNotEq(uint256 actual, uint256 unexpected) internal pure {
        if (actual == unexpected) revert AssertionFailedUint("equal", actual, unexpected);
    }

    function assertNotEq(bytes32 actual, bytes32 unexpected) internal pure {
        if (actual == unexpected) revert AssertionFailedBytes32("equal", actual, unexpected);
    }

    function assertLt(uint256 actual, uint256 limit) internal pure {
        assertLt(actual, limit, "not below the bound");
    }

    function assertLt(uint256 actual, uint256 limit, string memory reason) internal pure {
        if (actual >= limit) revert AssertionFailedUint(reason, actual, limit);
    }

    function assertLe(uint256 actual, uint256 limit) internal pure {
        if (actual > limit) revert AssertionFailedUint("above the bound", actual, limit);
    }

    function assertGt(uint256 actual, uint256 limit) internal pure {
        assertGt(actual, limit, "not above the bound");
    }

    function assertGt(uint256 actual, uint256 limit, string memory reason) internal pure {
        if (actual <= limit) revert AssertionFailedUint(reason, actual, limit);
    }

    function assertGe(uint256 actual, uint256 limit) internal pure {
        if (actual < limit) revert AssertionFailedUint("below the bound", actual, limit);
    }

    /// @dev `value` folded into [low, high], both included.
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        if (low > high) revert AssertionFailedUint("bound: low above high", low, high);
        if (value >= low && value <= high) return value;
        uint256 span = high - low;
        return span == type(uint256).max ? value : low + value % (span + 1);
    }

    /// @dev An address without code that carries a label in traces.
    function makeAddr(string memory name) internal returns (address account) {
        account = vm.addr(uint256(keccak256(bytes(name))));
        vm.label(account, name);
    }

    function skip(uint256 seconds_) internal {
        vm.warp(block.timestamp + seconds_);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "./Test.sol";
import {VM} from "./Vm.sol";

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

/// @dev A transaction's gas, and its calldata: bytes, and the tokens of EIP-7623 (four for a byte, one for a zero byte).
struct Cost {
    uint256 used;
    uint256 size;
    uint256 tokens;
}

/// @dev Sends calls as transactions of their own and says what they cost: intrinsic gas, calldata and its floor included. Only for tests
/// with `isolate`. What is printed with -vv, "name: gas", scripts/lib/gas-tests.ts reads.
abstract contract Transactions is Test {
    Meter private constant METER = Meter(address(VM));

    function _transact(address to, address sender, uint256 value, bytes memory call)
        internal
        returns (Cost memory cost, bytes memory result)
    {
        cost.size = call.length;
        for (uint256 i = 0; i < call.length; i++) {
            cost.tokens += call[i] == 0 ? 1 : 4;
        }
        bool done;
        vm.prank(sender);
        (done, result) = to.call{value: value}(call);
        cost.used = METER.lastCallGas().gasTotalUsed;
        if (!done) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
        uint256 floor = 21_000 + 10 * cost.tokens;
        if (cost.used < floor) cost.used = floor;
    }

    function _print(string memory name, Cost memory cost) internal {
        emit log_named_uint(string.concat("  ", name), cost.used);
        emit log_named_uint(string.concat("  ", name, ", bytes"), cost.size);
        emit log_named_uint(string.concat("  ", name, ", tokens"), cost.tokens);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Harness, VM, created} from "./Harness.sol";

interface Bank {
    function deal(address account, uint256 balance) external;
}

/// @dev Runs the tests of contracts/test under every mutant. A case of the plan is a call of a test contract.
contract TestRun is Harness {
    uint256 private constant CALL_GAS = 1_000_000_000;
    /// @dev A test that takes more isn't run on every mutant.
    uint256 private constant SLOW_GAS = 250_000_000;

    address[] private contracts;
    /// @dev What forge's own state is when a contract's tests begin. It doesn't go back when a call reverts.
    mapping(address target => uint256) private times;
    mapping(address target => uint256) private chains;

    struct Case {
        address target;
        bytes call;
    }

    error Answer(bool passed, uint256 gas);

    /// @dev Makes the contracts and returns the cases. The file of contracts is names, each behind its length (1); that of
    /// calls has the contract's number (2), the length (2) and the call.
    function _cases() private returns (Case[] memory cases) {
        uint256 chain = block.chainid;
        bytes memory names = VM.readFileBinary("run/contracts.bin");
        for (uint256 at = 0; at < names.length;) {
            uint256 length = _number(names, at, 1);
            address made = created(string(_slice(names, at + 1, length)), "");
            Bank(address(VM)).deal(made, type(uint96).max);
            (bool done,) = made.call(abi.encodeWithSignature("setUp()"));
            require(done || made.code.length > 0, "setUp failed");
            contracts.push(made);
            times[made] = VM.getBlockTimestamp();
            chains[made] = _chain();
            VM.chainId(chain);
            at += 1 + length;
        }
        bytes memory calls = VM.readFileBinary("run/calls.bin");
        uint256 count;
        for (uint256 at = 0; at < calls.length; at += 4 + _number(calls, at + 2, 2)) count++;
        cases = new Case[](count);
        uint256 i;
        for (uint256 at = 0; at < calls.length;) {
            uint256 length = _number(calls, at + 2, 2);
            cases[i++] = Case(contracts[_number(calls, at, 2)], _slice(calls, at + 4, length));
            at += 4 + length;
        }
    }

    /// @dev For each case: its gas without a mutant; 0 if it is slow, or fails because the code is instrumented.
    function testOriginal() public {
        Case[] memory cases = _cases();
        uint256 free = _free();
        for (uint256 i = 0; i < cases.length; i++) {
            (bool passed, uint256 used) = _try(cases[i], ORIGINAL, SLOW_GAS);
            _say(i, passed ? used : 0);
            _release(free);
        }
    }

    /// @dev The places that each case of the plan passes, in its contract and in those that this one made.
    function testCoverage() public {
        Case[] memory cases = _cases();
        bytes memory plan = _plan();
        uint256 count = _number(plan, 8, 4);
        uint256 free = _free();
        for (uint256 k = 0; k < count; k++) {
            uint256 i = _number(plan, 12 + 4 * k, 4);
            address(this).call(abi.encodeCall(this.recorded, (cases[i].target, cases[i].call, i)));
            VM.roll(ORIGINAL);
            _release(free);
        }
    }

    /// @dev Always reverts, as `attempt` does.
    function recorded(address target, bytes calldata call, uint256 number) external {
        _begin(target);
        bool[] memory seen = new bool[](SITES);
        VM.roll(COVER);
        VM.record();
        target.call{gas: CALL_GAS}(call);
        VM.roll(ORIGINAL);
        _sayPlacesOf(number, target, seen);
        uint64 nonce = VM.getNonce(target);
        for (uint256 n = 1; n < nonce; n++) {
            _sayPlacesOf(number, VM.computeCreateAddress(target, n), seen);
        }
        revert Answer(true, 0);
    }

    /// @dev As `_sayPlaces`, of a contract that has storage of its own below the places' slots.
    function _sayPlacesOf(uint256 number, address target, bool[] memory seen) private {
        (bytes32[] memory reads,) = VM.accesses(target);
        for (uint256 i = 0; i < reads.length; i++) {
            uint256 slot = uint256(reads[i]);
            if (slot < COVER_SLOT || slot - COVER_SLOT >= SITES || seen[slot - COVER_SLOT]) continue;
            seen[slot - COVER_SLOT] = true;
            _say(number, slot - COVER_SLOT);
        }
    }

    function testMutants() public {
        Case[] memory cases = _cases();
        bytes memory plan = _plan();
        uint256 free = _free();
        for (uint256 at = 4; at < plan.length;) {
            uint256 id = _number(plan, at, 4);
            uint256 count = _number(plan, at + 4, 4);
            uint256 found = 0;
            for (uint256 k = 0; k < count && found == 0; k++) {
                uint256 i = _number(plan, at + 8 + 4 * k, 4);
                (bool passed,) = _try(cases[i], id, CALL_GAS);
                if (!passed) {
                    found = i + 1;
                    _say(id, found);
                    // An expectation that a failed test left behind must not reach the next one.
                    (passed,) = _try(cases[i], ORIGINAL, CALL_GAS);
                    if (!passed) (passed,) = _try(cases[i], ORIGINAL, CALL_GAS);
                    require(passed, "a test fails without a mutant");
                }
                _release(free);
            }
            if (found == 0) _say(id, found);
            at += 8 + 4 * count;
        }
    }

    function _try(Case memory one, uint256 id, uint256 gas_) private returns (bool passed, uint256 used) {
        VM.roll(id);
        (, bytes memory answer) = address(this).call(abi.encodeCall(this.attempt, (one.target, one.call, gas_)));
        VM.roll(ORIGINAL);
        if (answer.length < 68) return (false, 0);
        return (_number(answer, 4, 32) == 1, _number(answer, 36, 32));
    }

    /// @dev Always reverts, so that nothing of what the test did stays.
    function attempt(address target, bytes calldata call, uint256 gas_) external {
        _begin(target);
        uint256 before = gasleft();
        (bool passed,) = target.call{gas: gas_}(call);
        revert Answer(passed, before - gasleft());
    }

    /// @dev Time and chain as they were when the contract had been set up, and no prank, which a failed test may leave behind.
    function _begin(address target) private {
        VM.warp(times[target]);
        VM.chainId(chains[target]);
        this.stopPrank();
    }

    /// @dev Read anew: the compiler may keep what doesn't change in a transaction.
    function _chain() private view returns (uint256) {
        return this.chainId();
    }

    function chainId() external view returns (uint256) {
        return block.chainid;
    }

    /// @dev Of a test's depth, which is its callee's.
    function stopPrank() external {
        VM.stopPrank();
    }

    function _slice(bytes memory content, uint256 place, uint256 length)
        private
        pure
        returns (bytes memory slice)
    {
        slice = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(slice, 32), add(add(content, 32), place), length)
        }
    }
}

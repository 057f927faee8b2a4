// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

enum Manner {
    Proper,
    /// Returns nothing, as some old tokens do.
    Silent,
    /// Returns false and moves nothing.
    False,
    /// Returns true and moves nothing.
    Idle,
    /// Keeps a tenth.
    Cut,
    /// Says 2.
    Odd
}

/// @dev A token of any manner. `hook`, if there is one, is called by every transferFrom before it moves anything.
contract FeeToken {
    Manner public manner;
    mapping(address account => uint256) public balanceOf;
    mapping(address account => mapping(address spender => uint256)) public allowance;
    address private _hook;
    bytes private _call;

    error Refused();

    function set(Manner manner_) external {
        manner = manner_;
    }

    function setHook(address hook, bytes calldata call_) external {
        _hook = hook;
        _call = call_;
    }

    function mint(address account, uint256 amount) external {
        balanceOf[account] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        if (_hook != address(0)) {
            address hook = _hook;
            _hook = address(0);
            (bool done, bytes memory reason) = hook.call(_call);
            if (!done) {
                assembly {
                    revert(add(reason, 32), mload(reason))
                }
            }
        }
        if (allowance[from][msg.sender] < amount) revert Refused();
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (manner != Manner.False && manner != Manner.Idle) {
            balanceOf[from] -= amount;
            balanceOf[to] += manner == Manner.Cut ? amount - amount / 10 : amount;
        }
        if (manner == Manner.Silent) return;
        uint256 word = manner == Manner.False ? 0 : manner == Manner.Odd ? 2 : 1;
        assembly {
            mstore(0, word)
            return(0, 32)
        }
    }
}

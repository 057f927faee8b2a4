// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "./IPinpoint.sol";

/// @title What accounts are owed
/// @dev Nothing is ever sent but by `withdraw`: no account's code can stop a game.
abstract contract Money is IPinpoint {
    mapping(address account => uint256) public override withdrawable;
    uint256 public override burned;

    function _credit(address account, uint256 amount) internal {
        if (amount == 0) return;
        withdrawable[account] += amount;
        emit Credited(account, amount);
    }

    function _burn(uint256 amount) internal {
        burned += amount;
    }

    /// @inheritdoc IPinpoint
    function withdraw() external {
        uint256 amount = withdrawable[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        withdrawable[msg.sender] = 0;
        emit Withdrawn(msg.sender, amount);
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert WithdrawalFailed(msg.sender, amount);
    }
}

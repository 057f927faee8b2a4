// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMoney} from "./IMoney.sol";

/// @title What accounts are owed
/// @dev Nothing is ever sent but by `withdraw`: no account's code can stop a game.
abstract contract Money is IMoney {
    /// @dev One wei more than what an account is owed, once it has played. A storage word that is never emptied costs 5,000 gas to
    /// change and not 22,100 to fill, and who opens an account pays for that, not who decides its game.
    mapping(address account => uint256) private _accounts;

    /// @inheritdoc IMoney
    function withdrawable(address account) public view returns (uint256) {
        uint256 stored = _accounts[account];
        return stored == 0 ? 0 : stored - 1;
    }

    /// @dev Whoever may come to be owed something has an account.
    function _open(address account) internal {
        if (_accounts[account] == 0) _accounts[account] = 1;
    }

    function _credit(address account, uint256 amount) internal {
        if (amount == 0) return;
        uint256 stored = _accounts[account];
        _accounts[account] = (stored == 0 ? 1 : stored) + amount;
        emit Credited(account, amount);
    }

    /// @inheritdoc IMoney
    function withdraw() external {
        uint256 amount = withdrawable(msg.sender);
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        _accounts[msg.sender] = 1;
        emit Withdrawn(msg.sender, amount);
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert WithdrawalFailed(msg.sender, amount);
    }
}

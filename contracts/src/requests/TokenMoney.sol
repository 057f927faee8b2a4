// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITokenMoney} from "./ITokenMoney.sol";
import {Tokens} from "./Tokens.sol";

/// @title What accounts are owed in each token
/// @dev Nothing is ever sent but by withdrawals: no account's code, and no token's, can stop anybody else.
abstract contract TokenMoney is ITokenMoney {
    /// @dev One unit more than what an account is owed, once it has been owed something: a word that is never emptied is cheap to
    /// change.
    mapping(address token => mapping(address account => uint256)) private _accounts;

    /// @inheritdoc ITokenMoney
    function withdrawable(address token, address account) public view returns (uint256) {
        uint256 stored = _accounts[token][account];
        return stored == 0 ? 0 : stored - 1;
    }

    function _credit(address token, address account, uint256 amount) internal {
        if (amount == 0) return;
        uint256 stored = _accounts[token][account];
        _accounts[token][account] = (stored == 0 ? 1 : stored) + amount;
        emit Credited(token, account, amount);
    }

    /// @inheritdoc ITokenMoney
    function withdraw(address token) external {
        withdrawTo(token, msg.sender);
    }

    /// @inheritdoc ITokenMoney
    function withdrawTo(address token, address to) public {
        uint256 amount = withdrawable(token, msg.sender);
        if (amount == 0) revert NothingToWithdraw(token, msg.sender);
        _accounts[token][msg.sender] = 1;
        emit Withdrawn(token, msg.sender, to, amount);
        bool sent;
        if (token == address(0)) (sent,) = to.call{value: amount}("");
        else sent = Tokens.send(token, to, amount);
        if (!sent) revert WithdrawalFailed(token, to, amount);
    }
}

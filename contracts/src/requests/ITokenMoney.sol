// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What accounts are owed in each token, and fetch
/// @notice Token 0 is the chain's own coin.
interface ITokenMoney {
    error NothingToWithdraw(address token, address account);
    error WithdrawalFailed(address token, address to, uint256 amount);

    event Credited(address indexed token, address indexed account, uint256 amount);
    event Withdrawn(address indexed token, address indexed account, address to, uint256 amount);

    /// @notice Sends the sender what it is owed in a token.
    function withdraw(address token) external;

    /// @notice The same to another address, for accounts that can't receive it.
    function withdrawTo(address token, address to) external;

    function withdrawable(address token, address account) external view returns (uint256 amount);
}

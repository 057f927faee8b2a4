// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What accounts are owed, and fetch
interface IMoney {
    error NothingToWithdraw(address account);
    error WithdrawalFailed(address account, uint256 amount);

    event Credited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Sends the sender what it is owed.
    function withdraw() external;

    function withdrawable(address account) external view returns (uint256 amount);
}

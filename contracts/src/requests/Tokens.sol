// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev As much of ERC-20 as fees need.
interface IToken {
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
    function transfer(address to, uint256 amount) external returns (bool);
    function balanceOf(address account) external view returns (uint256);
}

/// @title Transfers of tokens that return true, nothing, or what they like
library Tokens {
    /// @dev The token didn't say that it moved the amount, or doesn't say what this contract has.
    error TokenRefused(address token);

    /// @dev Moves `amount` from an account to this contract. `arrived`: by how much its balance has grown, which is less where the
    /// token takes a cut. The caller sees to it that nothing else moves it meanwhile.
    function take(address token, address from, uint256 amount) internal returns (uint256 arrived) {
        uint256 before = _balance(token);
        if (!_call(token, abi.encodeCall(IToken.transferFrom, (from, address(this), amount)))) {
            revert TokenRefused(token);
        }
        uint256 after_ = _balance(token);
        if (after_ < before) revert TokenRefused(token);
        return after_ - before;
    }

    function send(address token, address to, uint256 amount) internal returns (bool sent) {
        return _call(token, abi.encodeCall(IToken.transfer, (to, amount)));
    }

    function _balance(address token) private view returns (uint256 amount) {
        bytes memory query = abi.encodeCall(IToken.balanceOf, (address(this)));
        bool known;
        assembly ("memory-safe") {
            known := staticcall(gas(), token, add(query, 32), mload(query), 0, 32)
            known := and(known, gt(returndatasize(), 31))
            amount := mload(0)
        }
        if (!known) revert TokenRefused(token);
    }

    /// @dev No more of what is returned is read than one word.
    function _call(address token, bytes memory data) private returns (bool done) {
        assembly ("memory-safe") {
            done := call(gas(), token, 0, add(data, 32), mload(data), 0, 32)
            switch returndatasize()
            case 0 { done := and(done, gt(extcodesize(token), 0)) }
            default { done := and(done, and(gt(returndatasize(), 31), eq(mload(0), 1))) }
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The arithmetic of one instruction
/// @dev Operands and result are slots read as little-endian integers: byte 0 of the slot is the lowest. A
/// scalar lies in the low bits; what an operand carries above its type is ignored, and a scalar result is
/// zero-extended.
interface IAlu {
    /// @notice The opcode isn't one of this unit's numerics.
    error UnknownOperation(uint256 opcode);

    /// @param opcode The base instruction's number in the opcode table; the `.imm` and `br.` variants run as
    /// their base.
    /// @param x The first operand.
    /// @param y The second operand, if there is one.
    /// @param z The third operand of a ternary; the lane of an extract or replace (taken modulo the lanes);
    /// the 16 indices of a shuffle.
    /// @return result The value; undefined if trapped.
    /// @return trapped Division by zero or overflow, or a float out of the integer's range.
    function execute(uint256 opcode, uint128 x, uint128 y, uint128 z)
        external
        pure
        returns (uint128 result, bool trapped);
}

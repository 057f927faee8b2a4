// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Points of bn254's G1, by the precompiles of EIP-196
/// @dev The group's order is prime and every point of the curve is in it, so a point that isn't (0, 0), the point at infinity,
/// generates all of it: a multiple of one is infinity only for a multiple of the order.
library Curve {
    uint256 internal constant GENERATOR_X = 1;
    uint256 internal constant GENERATOR_Y = 2;

    address private constant ADD = address(6);
    address private constant MULTIPLY = address(7);

    /// @dev Whether these are the coordinates, each below the field's modulus, of a point other than infinity.
    function isPoint(uint256 x, uint256 y) internal view returns (bool) {
        if (x == 0 && y == 0) return false;
        // Adding infinity costs 150 gas, and fails for what is no point.
        (bool done,) = ADD.staticcall(abi.encode(x, y, 0, 0));
        return done;
    }

    /// @dev k times a point for which `isPoint` is true.
    function multiply(uint256 x, uint256 y, uint256 k) internal view returns (uint256, uint256) {
        (bool done, bytes memory product) = MULTIPLY.staticcall(abi.encode(x, y, k));
        // Fails for no point, whatever k is.
        assert(done);
        return abi.decode(product, (uint256, uint256));
    }
}

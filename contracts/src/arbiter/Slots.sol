// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LittleEndian} from "./LittleEndian.sol";
import {Opening, Witness} from "./Witness.sol";

/// @title The slots of an opened set of leaves
library Slots {
    /// @dev All 16 bytes of a slot whose leaf is open.
    function read(Opening memory slots, uint256 slot) internal pure returns (uint256) {
        (uint256 place,) = _locate(slots, slot);
        return LittleEndian.load(place);
    }

    /// @dev Replaces the bits of a slot that `mask` has by those of `value`.
    function write(Opening memory slots, uint256 slot, uint256 value, uint256 mask) internal pure {
        (uint256 place, uint256 leaf) = _locate(slots, slot);
        LittleEndian.store(place, value & mask, mask);
        Witness.rehash(slots, leaf);
    }

    /// @dev Inserts into `count` ascending distinct numbers at a memory address, which must have room; the new count.
    function insert(uint256 numbers, uint256 count, uint256 item) internal pure returns (uint256 inserted) {
        assembly ("memory-safe") {
            inserted := count
            // Slots of a form often lie in one leaf.
            if iszero(and(iszero(iszero(count)), eq(mload(numbers), item))) {
                let end := add(numbers, shl(5, count))
                let place := numbers
                for {} and(lt(place, end), lt(mload(place), item)) {} { place := add(place, 32) }
                if iszero(and(lt(place, end), eq(mload(place), item))) {
                    for { let from := end } gt(from, place) { from := sub(from, 32) } {
                        mstore(from, mload(sub(from, 32)))
                    }
                    mstore(place, item)
                    inserted := add(count, 1)
                }
            }
        }
    }

    /// @dev Memory address of a slot, and which of the open leaves it lies in. There is no end to the search: the slots of a form
    /// are those that were opened for it.
    function _locate(Opening memory slots, uint256 slot) private pure returns (uint256 place, uint256 leaf) {
        uint256 node = slots.nodes;
        uint256 data = slots.data;
        assembly ("memory-safe") {
            let index := shr(3, slot)
            for {} iszero(eq(mload(node), index)) { node := add(node, 96) } { leaf := add(leaf, 1) }
            place := add(add(data, shl(7, leaf)), shl(4, and(slot, 7)))
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev The number of the active mutant, which is the block's. Places with a number of their own ask for it: at the block
/// COVER each reads a slot, which forge records; at the block PROBE + site the execution ends there.
function mutantAt(uint256 site) view returns (uint256 active) {
    assembly ("memory-safe") {
        active := number()
        switch active
        case COVER { if sload(add(COVER_SLOT, site)) { invalid() } }
        default { if eq(active, add(PROBE, site)) { invalid() } }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface Cheats {
    function roll(uint256 number) external;
    function warp(uint256 timestamp) external;
    function chainId(uint256 id) external;
    function stopPrank() external;
    function getBlockTimestamp() external view returns (uint256 timestamp);
    function getNonce(address account) external view returns (uint64 nonce);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address account);
    function record() external;
    function accesses(address target) external returns (bytes32[] memory reads, bytes32[] memory writes);
    function readFileBinary(string calldata path) external view returns (bytes memory content);
    function writeLine(string calldata path, string calldata line) external;
    function getCode(string calldata artifact) external view returns (bytes memory code);
    function toString(uint256 value) external pure returns (string memory text);
}

Cheats constant VM = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @dev The contract of an artifact, created with these arguments.
function created(string memory artifact, bytes memory arguments) returns (address made) {
    bytes memory code = abi.encodePacked(VM.getCode(artifact), arguments);
    assembly ("memory-safe") {
        made := create(0, add(code, 32), mload(code))
    }
    require(made != address(0), artifact);
}

/// @dev What the runs of all mutants share: a plan that the tool wrote, and a file of answers that it reads as they come.
abstract contract Harness {
    /// @dev A block without a mutant.
    uint256 internal constant ORIGINAL = 1;
    string internal constant ANSWERS = "run/answers.txt";

    /// @dev Numbers of 4 bytes, big-endian: how many vectors are tried, then for every mutant its id, how many cases follow,
    /// the cases.
    function _plan() internal view returns (bytes memory) {
        return VM.readFileBinary("run/plan.bin");
    }

    function _number(bytes memory content, uint256 place, uint256 width)
        internal
        pure
        returns (uint256 value)
    {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, width)), mload(add(add(content, 32), place)))
        }
    }

    function _say(uint256 x, uint256 y) internal {
        VM.writeLine(ANSWERS, string.concat(VM.toString(x), " ", VM.toString(y)));
    }

    /// @dev Writes the places that `target` has passed since the recording began: the case's number, then theirs.
    function _sayPlaces(uint256 number, address target, bool[] memory seen) internal returns (bool[] memory) {
        (bytes32[] memory reads,) = VM.accesses(target);
        for (uint256 i = 0; i < reads.length; i++) {
            uint256 site = uint256(reads[i]) - COVER_SLOT;
            if (site < seen.length && !seen[site]) {
                seen[site] = true;
                _say(number, site);
            }
        }
        return seen;
    }

    function _free() internal pure returns (uint256 free) {
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }

    /// @dev Lets the next round use this one's memory again.
    function _release(uint256 free) internal pure {
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }
}
